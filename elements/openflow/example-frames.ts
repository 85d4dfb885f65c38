/** Frames for examples of switches. */
import { checksummed, ethernet, icmp, ipv4, tcp } from 'wirelet';

const segment = (to: number, port: number, ttl: number) => checksummed(ipv4.make({ protocol: 6, destination: to, ttl }, tcp.make({ source_port: 40_000, destination_port: port, flags: 2 })));
const bytes = (destination: number, packet: ReturnType<typeof segment>) => ethernet.make({ destination }, packet).bytes;
const web = bytes(0x0200_0000_0002, segment(0x0a00_0002, 80, 64));

export const exampleFrames = {
  web,
  ping: ethernet.make({}, ipv4.make({ protocol: 1 }, icmp.make({ type: 8 }))).bytes,
  /** `web` in VLAN 7. */
  tagged: Uint8Array.from([...web.subarray(0, 12), 0x81, 0, 0, 7, ...web.subarray(12)]),
  readdressed: bytes(0x0200_0000_0009, segment(0x0a00_0002, 80, 64)),
  changed: bytes(0x0200_0000_0009, segment(0x0a00_0009, 8080, 63)),
};
