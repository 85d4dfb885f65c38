/**
 * Pulls packets and pushes them on, up to BURST in each round.
 */
import { bool, defineElement, ethernet, example, integer, pull, push, register, u32 } from 'wirelet';

export default defineElement({
  name: 'Unqueue',
  config: {
    burst: integer({ default: 1, min: 1, max: 1024, doc: 'Packets in one round.' }),
    limit: integer({ default: 0, keyword: true, doc: 'Packets in all; 0: no limit.' }),
    active: bool({ default: true, keyword: true, doc: 'Whether it works.' }),
  },
  ports: { inputs: { in: pull('Packets to pull.') }, outputs: { out: push('The same packets.') } },
  counters: { count: 'Packets passed on.' },
  state: { passed: register('u32') },
  run({ config, state, counters, inputs, outputs, emit }) {
    if (!config.active) return false;
    let worked = false;
    for (let index = 0; index < config.burst; index += 1) {
      if (config.limit > 0 && state.passed >= config.limit) break;
      const packet = inputs.in.pull();
      if (packet === null) break;
      if (config.limit > 0) state.passed = u32(state.passed + 1);
      counters.count.add(1);
      worked = true;
      emit(outputs.out, packet);
    }
    return worked;
  },
  handlers: { count: { doc: 'Packets passed on.', read: ({ counters }) => String(counters.count.value) } },
  examples: [example('passes packets on', [ethernet.make({}), ethernet.make({ type: 1 })], { out: [ethernet.make({}), ethernet.make({ type: 1 })] })],
});
