/** A loop in a loop; both conditions are decided for their first round, and the inner one compares a sum. */
import { defineElement, drop, example, type Packet } from 'wirelet';

function copyWords(target: Packet, source: Packet, count: number): void {
  for (let at = 0; at + 4 <= count; at += 4) target.storeU32(at, source.loadU32(at));
}

const bytes = Uint8Array.from([1, ...Array.from({ length: 27 }, (_, index) => 100 + index)]);
const copy = Uint8Array.from([...bytes.subarray(0, 24), ...new Uint8Array(8)]);

export default defineElement({
  name: 'NestedCopy',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Three copies of their first bytes.' } },
  drops: { no_room: 'No packet buffer was free.', copied: 'The packet has been copied.' },
  process(packet, { outputs, packets, emit }) {
    const count = 20 + packet.loadU8(0) * 4;
    for (let at = 0; at < count; at += 8) {
      const piece = packets.ofLength(32);
      if (piece === null) return drop('no_room');
      copyWords(piece, packet, count);
      emit(outputs.out, piece);
    }
    return drop('copied');
  },
  examples: [example('copies as often as the packet says', bytes, { out: [copy, copy, copy], drop: 'copied' })],
});
