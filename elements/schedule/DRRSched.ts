/**
 * Shares bandwidth between its inputs by deficit round robin (Shreedhar and Varghese, "Efficient Fair Queuing using
 * Deficit Round Robin", SIGCOMM 1995): in each round an input may send QUANTUM bytes more than before; what it could
 * not use, because its next packet is longer, is carried over. An input that is found empty loses what it had.
 */
import { array, below, defineElement, ethernet, example, integer, many, packetLists, pull, register, u32 } from 'wirelet';

const from = (source: number, input: number, length = 46) => ({ ...ethernet.make({ source }, new Uint8Array(length)), input });
/** Bytes that an input may save up: more than any packet has. */
const DEFICIT_MAX = 4_294_967_295;
const QUANTUM_MAX = 1_000_000;

export default defineElement({
  name: 'DRRSched',
  config: { quantum: integer({ default: 500, min: -0x8000_0000, max: 0x7fff_ffff, doc: `Bytes added in each round, ${QUANTUM_MAX} at most.`, unit: 'bytes' }) },
  ports: { inputs: pull(many('Packets to take.', { min: 1 })), outputs: { out: pull('Packets of the inputs.') } },
  state: ({ inputs }) => ({
    next: register(below(inputs.length)),
    /** The next packet of each input, where it had to wait, and its length. */
    heads: packetLists(inputs.length, inputs.length),
    lengths: array('u16', inputs.length),
    deficits: array('u32', inputs.length),
  }),
  build({ config, fail }) {
    if (config.quantum <= 0) fail('QUANTUM is less than 1', undefined, 'bad QUANTUM');
    return { quantum: Math.min(config.quantum, QUANTUM_MAX) };
  },
  pull({ built, state, inputs }) {
    // Where the pull begins, an input gets what the last round gives it only when its turn comes again.
    for (let count = 0; count < 3 * inputs.length; count += 1) {
      // After a round in vain, as many rounds are left out as would be in vain.
      if (count === inputs.length) {
        let rounds = 65_536;
        for (let port = 0; port < inputs.length; port += 1) {
          if (state.heads.count(port) === 0) continue;
          const missing = Math.max(0, state.lengths[port]! - state.deficits[port]!);
          rounds = Math.min(rounds, Math.trunc((missing + built.quantum - 1) / built.quantum));
        }
        if (rounds === 65_536) return null;
        for (let port = 0; port < inputs.length; port += 1) {
          if (state.heads.count(port) === 0 || rounds < 2) continue;
          state.deficits[port] = Math.min(state.deficits[port]! + (rounds - 1) * built.quantum, DEFICIT_MAX);
        }
      }
      const port = state.next;
      if (state.heads.count(port) > 0) {
        if (state.lengths[port]! <= state.deficits[port]!) {
          state.deficits[port] = u32(state.deficits[port]! - state.lengths[port]!);
          return state.heads.take(port);
        }
      } else {
        const packet = inputs[port].pull();
        if (packet === null) {
          state.deficits[port] = 0;
        } else if (packet.length <= state.deficits[port]!) {
          state.deficits[port] = u32(state.deficits[port]! - packet.length);
          return packet;
        } else {
          state.lengths[port] = packet.length;
          state.heads.append(port, packet);
        }
      }
      const following = port + 1;
      const next = following < inputs.length ? following : 0;
      state.next = next;
      state.deficits[next] = Math.min(state.deficits[next]! + built.quantum, DEFICIT_MAX);
    }
    return null;
  },
  examples: [
    example(
      'gives inputs as many bytes, not as many packets',
      [from(1, 0, 486), from(2, 0, 486), from(3, 1, 236), from(4, 1, 236), from(5, 1, 236), from(6, 1, 236)],
      { out: [from(1, 0, 486), from(3, 1, 236), from(4, 1, 236), from(2, 0, 486), from(5, 1, 236), from(6, 1, 236)] },
      { inputs: 2, after: 'DelayUnqueue(1ms)' },
    ),
    example('passes packets much longer than the quantum', [from(1, 0, 1400), from(2, 1, 1400)], { out: [from(1, 0, 1400), from(2, 1, 1400)] }, { config: 'QUANTUM 1', inputs: 2 }),
    example('takes one after the other of an input that is alone', [from(1, 1, 986), from(2, 1, 986), from(3, 1, 986)], { out: [from(1, 1, 986), from(2, 1, 986), from(3, 1, 986)] }, { inputs: 2 }),
    example('takes what there is', from(1, 1), { out: from(1, 1) }, { inputs: 2 }),
  ],
});
