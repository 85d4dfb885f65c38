/** A packet of Node as the bytes of a slot in compiled code: struct wl_packet, then headroom and data (native/runtime/wl_packet.h). */
import { HEADROOM_BYTES, SLOT_HEADER_BYTES } from '../../kit/limits.js';
import { Packet } from '../../kit/packet.js';

/** Where the members of the structure lie. */
const [CAPACITY, LOW, DATA, END, MAC, NETWORK, TRANSPORT, SECONDS, NANOSECONDS, ANNOTATIONS] = [4, 6, 8, 10, 12, 14, 16, 24, 28, 64] as const;

export function packetOfImage(image: Buffer): Packet {
  const packet = Packet.ofLength(image.length - SLOT_HEADER_BYTES - HEADROOM_BYTES);
  packet.bytes.set(image.subarray(SLOT_HEADER_BYTES));
  const place = (at: number) => image.readUInt16LE(at) - SLOT_HEADER_BYTES;
  const mark = (at: number) => (image.readUInt16LE(at) === 0 ? -1 : place(at));
  packet.low = place(LOW);
  packet.start = place(DATA);
  packet.end = place(END);
  packet.macHeader = mark(MAC);
  packet.networkHeader = mark(NETWORK);
  packet.transportHeader = mark(TRANSPORT);
  packet.timestampSeconds = image.readUInt32LE(SECONDS);
  packet.timestampNanoseconds = image.readUInt32LE(NANOSECONDS);
  packet.annotations.set(image.subarray(ANNOTATIONS, ANNOTATIONS + packet.annotations.length));
  return packet;
}

export function imageOfPacket(packet: Packet): Buffer {
  const image = Buffer.alloc(SLOT_HEADER_BYTES + packet.bytes.length);
  image.set(packet.bytes, SLOT_HEADER_BYTES);
  const put = (at: number, place: number) => image.writeUInt16LE(place + SLOT_HEADER_BYTES, at);
  image.writeUInt16LE(image.length, CAPACITY);
  put(LOW, packet.low);
  put(DATA, packet.start);
  put(END, packet.end);
  // An offset of 0: not marked.
  if (packet.hasMacHeader) put(MAC, packet.macHeader);
  if (packet.hasNetworkHeader) put(NETWORK, packet.networkHeader);
  if (packet.hasTransportHeader) put(TRANSPORT, packet.transportHeader);
  image.writeUInt32LE(packet.timestampSeconds, SECONDS);
  image.writeUInt32LE(packet.timestampNanoseconds, NANOSECONDS);
  image.set(packet.annotations, ANNOTATIONS);
  return image;
}
