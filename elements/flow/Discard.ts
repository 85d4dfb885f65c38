/**
 * Ends packets, as they should end: they count as arrived here, not as dropped. Where packets must be pulled, it pulls
 * up to BURST in each round.
 *
 * Put it where a graph wants nothing to do with some packets, under a name that says why.
 */
import { bool, booleanValue, consumed, counterHandler, defineElement, ethernet, example, flag, integer, resetHandler } from 'wirelet';

const BURST_MAX = 1024;

export default defineElement({
  name: 'Discard',
  config: {
    active: bool({ default: true, keyword: true, doc: 'Whether it pulls packets.' }),
    burst: integer({ default: 1, keyword: true, doc: `Packets pulled in one round; ${BURST_MAX} at most, and with 0.` }),
  },
  ports: { inputs: { in: 'Packets to end.' } },
  counters: { count: 'Packets that ended here.' },
  split: 'each',
  state: ({ config }) => ({ active: flag(config.active) }),
  build: ({ config }) => ({ burst: config.burst === 0 ? BURST_MAX : Math.min(config.burst, BURST_MAX) }),
  process(_packet, { counters }) {
    counters.count.add(1);
    return consumed;
  },
  run({ built, counters, state, inputs, emit }) {
    let worked = false;
    for (let index = 0; index < built.burst; index += 1) {
      if (!state.active) break;
      const packet = inputs.in.pull();
      if (packet === null) break;
      counters.count.add(1);
      worked = true;
      emit(consumed, packet);
    }
    return worked;
  },
  handlers: {
    count: counterHandler('count', 'Packets that ended here.'),
    reset_counts: resetHandler(),
    active: {
      doc: 'Whether it pulls packets.',
      when: ({ inputs }) => inputs[0]?.processing === 'pull',
      read: ({ state }) => String(state.active),
      write: ({ state }, value) => void (state.active = booleanValue(value, 'syntax error')),
    },
  },
  examples: [example('ends a packet', ethernet.make({}), {})],
});
