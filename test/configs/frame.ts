/**
 * Frames as the oracles see them: plain numbers at plain offsets, written from the RFCs and on purpose
 * without anything of src/kit.
 */

export const ETHERNET_BYTES = 14;
export const IP_TYPE = 0x0800;
export const ARP_TYPE = 0x0806;
export const ICMP = 1;
export const TCP = 6;
export const UDP = 17;

/** The Ethernet type; undefined for a frame that ends before it. */
export function etherType(frame: Buffer): number | undefined {
  return frame.length >= ETHERNET_BYTES ? frame.readUInt16BE(12) : undefined;
}

/** An IPv4 address as a number. */
export function address(text: string): number {
  return text.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
}

/** Whether `value` lies in a network such as 10.0.0.0/8. */
export function within(value: number, network: string): boolean {
  const [base = '', length = '32'] = network.split('/');
  const size = 2 ** (32 - Number(length));
  return Math.floor(value / size) === Math.floor(address(base) / size);
}

export function mac(text: string): Buffer {
  return Buffer.from(text.replaceAll(':', ''), 'hex');
}

/** The checksum of RFC 1071 over `bytes`, with `start` added. */
export function internetChecksum(bytes: Buffer, start = 0): number {
  let sum = start;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes[at]! * 256 + (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
  return 0xffff - sum;
}

/**
 * The IPv4 packet in a frame, without padding behind it, when its header is sound (RFC 1122, 3.2.1):
 * whole, version 4, lengths that agree, right checksum. Else undefined.
 */
export function soundIpv4(frame: Buffer): Buffer | undefined {
  const packet = frame.subarray(ETHERNET_BYTES);
  if (packet.length < 20 || packet[0]! >> 4 !== 4) return undefined;
  const header = (packet[0]! & 15) * 4;
  const total = packet.readUInt16BE(2);
  if (header < 20 || header > packet.length || total < header || total > packet.length) return undefined;
  if (internetChecksum(packet.subarray(0, header)) !== 0) return undefined;
  return packet.subarray(0, total);
}

/** What rules look at in an IPv4 packet with a sound header. */
export class Ipv4View {
  constructor(readonly packet: Buffer) {}

  get headerBytes(): number {
    return (this.packet[0]! & 15) * 4;
  }

  get totalLength(): number {
    return this.packet.readUInt16BE(2);
  }

  get isFragment(): boolean {
    return (this.packet.readUInt16BE(6) & 0x3fff) !== 0;
  }

  get isLaterFragment(): boolean {
    return (this.packet.readUInt16BE(6) & 0x1fff) !== 0;
  }

  get ttl(): number {
    return this.packet[8]!;
  }

  get protocol(): number {
    return this.packet[9]!;
  }

  get source(): number {
    return this.packet.readUInt32BE(12);
  }

  get destination(): number {
    return this.packet.readUInt32BE(16);
  }

  /** The byte of the transport header at `offset`; undefined where there is none. */
  transportByte(protocol: number, offset: number): number | undefined {
    if (this.protocol !== protocol || this.isLaterFragment) return undefined;
    return this.packet[this.headerBytes + offset];
  }

  transportWord(protocol: number, offset: number): number | undefined {
    const [high, low] = [this.transportByte(protocol, offset), this.transportByte(protocol, offset + 1)];
    return high === undefined || low === undefined ? undefined : high * 256 + low;
  }

  sourcePort(protocol: number): number | undefined {
    return this.transportWord(protocol, 0);
  }

  destinationPort(protocol: number): number | undefined {
    return this.transportWord(protocol, 2);
  }

  get icmpType(): number | undefined {
    return this.transportByte(ICMP, 0);
  }

  get tcpFlags(): number | undefined {
    return this.transportByte(TCP, 13);
  }
}

/** Writes the header checksum anew, from scratch. */
export function sealIpv4(packet: Buffer): void {
  const header = packet.subarray(0, (packet[0]! & 15) * 4);
  header.writeUInt16BE(0, 10);
  header.writeUInt16BE(internetChecksum(header), 10);
}

/** Writes the checksum of a TCP segment or UDP datagram anew, with the pseudo-header (RFC 9293, 3.1; RFC 768). */
export function sealTransport(packet: Buffer): void {
  const view = new Ipv4View(packet);
  const transport = packet.subarray(view.headerBytes);
  const at = view.protocol === TCP ? 16 : 6;
  if (view.protocol === UDP && transport.readUInt16BE(at) === 0) return;
  transport.writeUInt16BE(0, at);
  const words = [packet.readUInt16BE(12), packet.readUInt16BE(14), packet.readUInt16BE(16), packet.readUInt16BE(18)];
  const pseudo = words.reduce((sum, word) => sum + word, view.protocol + transport.length);
  const sum = internetChecksum(transport, pseudo);
  transport.writeUInt16BE(view.protocol === UDP && sum === 0 ? 0xffff : sum, at);
}

export function ethernetFrame(destination: Buffer, source: Buffer, type: number, payload: Buffer): Buffer {
  const head = Buffer.concat([destination, source, Buffer.from([type >> 8, type & 255])]);
  return Buffer.concat([head, payload]);
}
