/** Packets as plain values, for examples, tests and constants: bytes and where their headers begin. */
import { ANNOTATIONS, Packet } from './packet.js';

export interface PacketTemplate {
  readonly bytes: Uint8Array;
  /** Offset of the network header in `bytes`, when it is marked. */
  readonly networkHeader?: number;
  /** Offset of the transport header in `bytes`, when it is marked. */
  readonly transportHeader?: number;
  readonly paint?: number;
  readonly destinationAddress?: number;
  /** Byte that an ICMP parameter problem is about. */
  readonly icmpParameter?: number;
  /** Whether FixIPSrc shall set the source address. */
  readonly fixIpSource?: boolean;
  /** PACKET_TYPE: whether it was sent to one host or to many on the link. */
  readonly packetType?: number;
}

/** A template of `header` followed by `payload`, keeping the payload's marks. */
export function template(
  header: Uint8Array,
  payload: PacketTemplate | Uint8Array = new Uint8Array(),
  marks: { networkHeader?: number; transportHeader?: number } = {},
): PacketTemplate {
  const rest = bytesOf(payload);
  const bytes = new Uint8Array(header.length + rest.length);
  bytes.set(header);
  bytes.set(rest, header.length);
  const inner: Partial<PacketTemplate> = payload instanceof Uint8Array ? {} : payload;
  const shifted = (at: number | undefined) => (at === undefined ? undefined : at + header.length);
  return {
    ...inner,
    bytes,
    networkHeader: marks.networkHeader ?? shifted(inner.networkHeader),
    transportHeader: marks.transportHeader ?? shifted(inner.transportHeader),
  };
}

/** The same packet without the mark of its headers: as an interface would deliver it. */
export function unmarked(packet: PacketTemplate): PacketTemplate {
  return { bytes: packet.bytes };
}

export function bytesOf(packet: PacketTemplate | Uint8Array): Uint8Array {
  return packet instanceof Uint8Array ? packet : packet.bytes;
}

/** A packet as the template describes it. */
export function packetFrom(source: PacketTemplate | Uint8Array): Packet {
  const packet = Packet.from(bytesOf(source));
  if (source instanceof Uint8Array) return packet;
  if (source.networkHeader !== undefined) packet.markNetworkHeader(source.networkHeader);
  if (source.transportHeader !== undefined) packet.markTransportHeader(source.transportHeader);
  if (source.paint !== undefined) packet.paint = source.paint;
  if (source.destinationAddress !== undefined) packet.destinationAddress = source.destinationAddress;
  if (source.icmpParameter !== undefined) packet.setAnnotationU8(ANNOTATIONS.icmp_parameter.offset, source.icmpParameter);
  if (source.fixIpSource === true) packet.setAnnotationU8(ANNOTATIONS.fix_ip_source.offset, 1);
  if (source.packetType !== undefined) packet.setAnnotationU8(ANNOTATIONS.packet_type.offset, source.packetType);
  return packet;
}
