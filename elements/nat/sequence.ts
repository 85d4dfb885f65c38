/**
 * Sequence numbers of TCP flows in which something was put in or taken out, as FTPPortMapper does: from the byte `trigger` on they are
 * moved by `delta`, before it by `delta_before`. The numbers are kept for each direction; acknowledgements of the other direction are
 * moved back (RFC 9293, 3.4), and so are the edges of selective ones (RFC 2018).
 */
import { checksum, i32, type Packet, tcp, u32 } from 'wirelet';

/** What sequenceState makes, as elements see it. */
export interface Sequence {
  readonly trigger: { [slot: number]: number };
  readonly delta: { [slot: number]: number };
  readonly delta_before: { [slot: number]: number };
}

const OPTION_END = 0;
const OPTION_NOTHING = 1;
const OPTION_SACK = 5;

/** Whether sequence number `a` is at or behind `b`, as they wrap around. */
function isAtOrBehind(a: u32, b: u32): boolean {
  return i32(a - b) >= 0;
}

/** The sequence number as the receiver knows it. */
export function moved(sequence: Sequence, slot: number, number: u32): u32 {
  return u32(number + (isAtOrBehind(number, sequence.trigger[slot]!) ? sequence.delta[slot]! : sequence.delta_before[slot]!));
}

/** The sequence number as the sender knows it, of one that the receiver named. */
export function movedBack(sequence: Sequence, slot: number, number: u32): u32 {
  const later = u32(number - sequence.delta[slot]!);
  return isAtOrBehind(later, sequence.trigger[slot]!) ? later : u32(number - sequence.delta_before[slot]!);
}

/** From `trigger` on, numbers of the flow's direction at `slot` move by `by` more. */
export function moveFrom(sequence: Sequence, slot: number, trigger: u32, by: number): void {
  // The same segment sent once more changes nothing.
  if (sequence.delta[slot] !== sequence.delta_before[slot] && sequence.trigger[slot] === trigger) return;
  sequence.trigger[slot] = trigger;
  sequence.delta_before[slot] = sequence.delta[slot]!;
  sequence.delta[slot] = i32(sequence.delta[slot]! + by);
}

/** Begins a flow: nothing is moved. */
export function clearSequence(sequence: Sequence, slot: number): void {
  sequence.trigger[slot] = 0;
  sequence.delta[slot] = 0;
  sequence.delta_before[slot] = 0;
}

/** Writes the segment's numbers anew, and updates its checksum. It travels in the direction of `slot`; `partner` is the other. */
export function applySequence(sequence: Sequence, packet: Packet, slot: number, partner: number): void {
  const segment = tcp.at(packet);
  const number = segment.sequence;
  const newNumber = moved(sequence, slot, number);
  segment.sequence = newNumber;
  let sum = checksum.updateU32(segment.checksum, number, newNumber);
  if ((segment.flags & 0x10) !== 0) {
    const acknowledged = segment.acknowledgement;
    const newAcknowledged = movedBack(sequence, partner, acknowledged);
    segment.acknowledgement = newAcknowledged;
    sum = checksum.updateU32(sum, acknowledged, newAcknowledged);
  }
  segment.checksum = sum;
  const size = segment.data_offset * 4;
  const offset = packet.transportHeaderOffset;
  if (size <= tcp.size || size > packet.transportLength || offset < 0) return;
  const before = checksum.sum(packet, offset, size);
  for (let at = tcp.size; at < size; at += 1) {
    const type = packet.loadU8(offset + at);
    if (type === OPTION_END) break;
    if (type !== OPTION_NOTHING) {
      if (at + 1 >= size) break;
      const length = packet.loadU8(offset + at + 1);
      if (length < 2 || at + length > size) break;
      if (type === OPTION_SACK) {
        for (let edge = 2; edge <= length - 4; edge += 4) packet.storeU32(offset + at + edge, movedBack(sequence, partner, packet.loadU32(offset + at + edge)));
      }
      at += length - 1;
    }
  }
  // An option may begin at any byte: the sums of the whole header tell what changed.
  segment.checksum = checksum.update(segment.checksum, before, checksum.sum(packet, offset, size));
}
