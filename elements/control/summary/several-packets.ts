/** Packets that one stands for, by its annotations: their number, and the time of the first. */
import type { Packet } from 'wirelet';

const UDP = 17;

/** The packets that one stands for: they share its length, the last gets what is left, and its time lies between the first's and its own. */
export function* severalOf(packet: Packet, count: number): Generator<Packet> {
  const whole = packet.length + packet.annotationU32(28);
  const share = Math.max(packet.length, Math.trunc(whole / count));
  const [first, end] = [nanosecondsOf(packet.annotationU32(32), packet.annotationU32(36)), nanosecondsOf(packet.timestampSeconds, packet.timestampNanoseconds)];
  const step = first === 0n ? 0n : (end - first) / BigInt(count - 1);
  for (let index = 0; index < count; index += 1) {
    const one = packet.clone();
    const length = index === count - 1 ? Math.max(packet.length, whole - share * (count - 1)) : share;
    one.setAnnotationU32(24, 0);
    one.setAnnotationU32(28, length - packet.length);
    if (one.hasNetworkHeader && one.networkLength >= 20) setLengths(one, length);
    const time = index === count - 1 || first === 0n ? end : first + step * BigInt(index);
    one.timestampSeconds = Number(time / 1_000_000_000n);
    one.timestampNanoseconds = Number(time % 1_000_000_000n);
    yield one;
  }
}

const nanosecondsOf = (seconds: number, nanoseconds: number): bigint => BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);

function setLengths(packet: Packet, length: number): void {
  const ip = packet.networkHeaderOffset;
  const header = (packet.loadU8(ip) & 15) * 4;
  packet.storeU16(ip + 2, Math.min(0xffff, length));
  if (packet.loadU8(ip + 9) === UDP && packet.length >= ip + header + 6) packet.storeU16(ip + header + 4, Math.max(0, Math.min(0xffff, length - header)));
}
