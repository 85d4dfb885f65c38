/** The headers of a packet as summaries look at them: each only if it is there and makes sense. */
import type { Packet } from 'wirelet';

export interface Headers {
  readonly packet: Packet;
  readonly data: Uint8Array;
  /** Where the IPv4 header begins; absent: none, or a wrong one. */
  readonly ip?: number;
  /** Where the transport header begins; absent: none, or not the first fragment. */
  readonly transport?: number;
  readonly protocol?: number;
  /** What is wrong, for `!bad`. */
  readonly bad?: string;
}

export const u16 = (data: Uint8Array, at: number): number => data[at]! * 256 + data[at + 1]!;
export const u32 = (data: Uint8Array, at: number): number => u16(data, at) * 65_536 + u16(data, at + 2);

/** The annotation of bytes that were there but are not kept. */
export const extraLength = (packet: Packet): number => packet.annotationU32(28);

export function headersOf(packet: Packet): Headers {
  const data = packet.data();
  const bad = (text: string): Headers => ({ packet, data, bad: text });
  if (!packet.hasNetworkHeader) return bad('no IP header');
  const ip = packet.networkHeaderOffset;
  if (ip < 0 || data.length < ip + 20) return bad('truncated IP header');
  const [version, header] = [data[ip]! >>> 4, (data[ip]! & 15) * 4];
  if (version !== 4) return bad(`IP version ${version}`);
  if (header < 20) return bad(`IP header length ${header / 4}`);
  if (data.length < ip + header) return bad('truncated IP header');
  const length = u16(data, ip + 2);
  if (length < header) return bad(`IP length ${length}`);
  const protocol = data[ip + 9]!;
  const isFirst = (u16(data, ip + 6) & 0x1fff) === 0;
  const headers = { packet, data, ip, protocol };
  if (data.length + extraLength(packet) < ip + length) return { ...headers, ...(isFirst ? { transport: ip + header } : {}), bad: `IP length ${length}` };
  if (!isFirst) return headers;
  const transport = ip + header;
  const room = Math.min(data.length, ip + length) - transport;
  const whole = { ...headers, transport };
  const cut = (u16(data, ip + 6) & 0x2000) === 0 ? 'truncated' : 'fragmented';
  if (protocol === 6) {
    if (room < 20) return { ...whole, bad: `${cut} TCP header` };
    const size = (data[transport + 12]! >>> 4) * 4;
    if (size < 20) return { ...whole, bad: `TCP header length ${size / 4}` };
    if (room < size) return { ...whole, bad: `${cut} TCP header` };
  }
  return protocol === 17 && room < 8 ? { ...whole, bad: `${cut} UDP header` } : whole;
}

/** Where the payload begins and how long it is by the lengths of the headers. */
export function payloadOf({ packet, data, ip, transport, protocol }: Headers): { start: number; length: number } {
  if (ip === undefined) return { start: 0, length: data.length + extraLength(packet) };
  const end = ip + u16(data, ip + 2);
  let start = transport ?? ip + (data[ip]! & 15) * 4;
  if (transport !== undefined && protocol === 6) start = transport + 13 <= data.length ? transport + (data[transport + 12]! >>> 4) * 4 : end;
  if (transport !== undefined && protocol === 17) start = transport + 8;
  return { start, length: Math.max(0, end - start) };
}
