/**
 * Pulls packets from its inputs in turn, up to BURST from one input in each round, and pushes them on by the output of the same number.
 */
import { below, counterHandler, defineElement, ethernet, example, integer, many, pull, push, register, sameAsInputs } from 'wirelet';

const from = (source: number, input: number) => ({ ...ethernet.make({ source }), input });
/** Packets of one round, at most. */
const BURST_MAX = 1024;

export default defineElement({
  name: 'RoundRobinUnqueue',
  config: { burst: integer({ default: 1, max: 0xffff_ffff, doc: `Packets from one input in a round, at most ${BURST_MAX}; 0: as many as there are.` }) },
  ports: { inputs: pull(many('Packets to pull.', { min: 1 })), outputs: push(sameAsInputs('The packets of the input of that number.')) },
  counters: { packets: 'Packets passed on.' },
  state: ({ inputs }) => ({ next: register(below(inputs.length)), idle: register({ low: 0, high: inputs.length }) }),
  build: ({ config }) => ({ burst: config.burst === 0 ? BURST_MAX : Math.min(config.burst, BURST_MAX) }),
  run({ built, state, counters, inputs, outputs, emit }) {
    const port = state.next;
    let worked = false;
    for (let count = 0; count < built.burst; count += 1) {
      const packet = inputs[port].pull();
      if (packet === null) break;
      counters.packets.add(1);
      worked = true;
      emit(outputs[port], packet);
    }
    const following = port + 1;
    state.next = following < inputs.length ? following : 0;
    // Others may have something: only when all had their turn for nothing is there nothing to do.
    const idle = state.idle + 1;
    state.idle = worked || idle >= inputs.length ? 0 : idle;
    return worked || idle < inputs.length;
  },
  handlers: { packets: { ...counterHandler('packets', 'Packets passed on.'), read: ({ counters }) => `${counters.packets.value} packets\n` } },
  examples: [
    example('passes packets from input to output', [from(1, 0), from(2, 1)], { 0: from(1, 0), 1: from(2, 1) }, { inputs: 2, outputs: 2 }),
    example('goes on past inputs that have nothing', [from(1, 1), from(2, 1)], { 1: [from(1, 1), from(2, 1)] }, { inputs: 2, outputs: 2 }),
  ],
});
