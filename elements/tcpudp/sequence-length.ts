/** How much of its connection's sequence a segment takes. */
import { ipv4, tcp, TCP_FLAG, u32, type Packet } from 'wirelet';

/** Its data, and one for a beginning or an end, by the lengths that its headers say. */
export function sequenceLength(packet: Packet): u32 {
  const header = ipv4.at(packet);
  const transport = tcp.at(packet);
  const ends = (transport.flags & (TCP_FLAG.syn | TCP_FLAG.fin)) !== 0 ? 1 : 0;
  return u32(header.total_length - header.header_length * 4 - transport.data_offset * 4 + ends);
}
