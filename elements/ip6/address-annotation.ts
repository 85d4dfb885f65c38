/** The destination annotation of IPv6 packets: sixteen bytes, by which LookupIP6Route goes. */
import { ANNOTATIONS, type Packet, type u32 } from 'wirelet';

/** Sets the annotation to the address with these words. */
export function setDestination(packet: Packet, w0: u32, w1: u32, w2: u32, w3: u32): void {
  const { offset } = ANNOTATIONS.destination_address6;
  packet.setAnnotationU32(offset, w0);
  packet.setAnnotationU32(offset + 4, w1);
  packet.setAnnotationU32(offset + 8, w2);
  packet.setAnnotationU32(offset + 12, w3);
}
