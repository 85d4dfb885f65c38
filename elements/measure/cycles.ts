/** Time of the run's clock in the annotation that Click has cycles of the processor in, so that every run replays: a cycle is a microsecond. */
import { ANNOTATIONS, type Packet, u32, type u53 } from 'wirelet';

const OFFSET = ANNOTATIONS.perfctr.offset;
const WORD = 4_294_967_296;

export function noteCycles(packet: Packet, now: u53): void {
  packet.setAnnotationU32(OFFSET, u32(Math.trunc(now / WORD)));
  packet.setAnnotationU32(OFFSET + 4, u32(now % WORD));
}

/** When the packet's annotation was set; 0: it was not. */
export function notedCycles(packet: Packet): u53 {
  const high = Math.min(packet.annotationU32(OFFSET), 0xf_ffff);
  return high * WORD + packet.annotationU32(OFFSET + 4);
}
