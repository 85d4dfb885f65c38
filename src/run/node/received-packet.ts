/** The packets that an engine makes of frames, as an interface of the compiled appliance does (native/runtime/wl_packet.h). */
import { ANNOTATIONS, Packet, PACKET_TYPE } from '../../kit/packet.js';
import { NOTE_BYTES_MAX } from '../stations.js';

export interface FrameTime {
  readonly seconds: number;
  readonly nanoseconds: number;
}

export function receivedPacket(frame: Uint8Array, timestamp: FrameTime): Packet {
  const packet = Packet.from(frame);
  packet.markMacHeader(0);
  packet.timestampSeconds = timestamp.seconds;
  packet.timestampNanoseconds = timestamp.nanoseconds;
  // A group address has the lowest bit of its first byte set (IEEE 802.3, 3.2.3).
  if (((frame[0] ?? 0) & 1) !== 0) packet.setAnnotationU8(ANNOTATIONS.packet_type.offset, PACKET_TYPE.group);
  return packet;
}

/** The beginning of a frame that another copy takes. */
export function notedPacket(frame: Uint8Array): Packet {
  const packet = Packet.from(frame.subarray(0, NOTE_BYTES_MAX));
  packet.markMacHeader(0);
  return packet;
}
