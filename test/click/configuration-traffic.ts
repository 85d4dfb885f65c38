/** Traffic for the Click configurations that are shipped, and what they make of it: each frame in a line of words. */
import { arp, checksummed, ethernet, icmp, ipv4, tcp, udp, type PacketTemplate } from '#src/kit/index.js';

export interface Arrival {
  readonly at: string;
  readonly frame: Uint8Array;
}

const address = (text: string) => text.split('.').reduce((value, part) => value * 256 + Number(part), 0);
const ROUTER = 0x0200_0000_0000;
const HOST = 0x0a00_0000_0000;

/** A frame from a host to the router's MAC address that ends so. */
function framed(router: number, packet: PacketTemplate): Uint8Array {
  return ethernet.make({ destination: ROUTER + router, source: HOST + 1, type: 0x0800 }, packet).bytes;
}

const between = (source: string, destination: string, more: Parameters<typeof ipv4.make>[0] = {}) => ({ source: address(source), destination: address(destination), ttl: 64, ...more });
export const udpFrame = (router: number, source: string, destination: string, ports: [number, number], more: Parameters<typeof ipv4.make>[0] = {}, bytes = 10) =>
  framed(router, checksummed(ipv4.make(between(source, destination, { protocol: 17, ...more }), udp.make({ source_port: ports[0], destination_port: ports[1] }, new Uint8Array(bytes)))));
export const tcpFrame = (router: number, source: string, destination: string, ports: [number, number], flags = 2, text = '') =>
  framed(router, checksummed(ipv4.make(between(source, destination, { protocol: 6 }), tcp.make({ source_port: ports[0], destination_port: ports[1], sequence: 1, flags, window: 1000 }, Buffer.from(text)))));
export const pingFrame = (router: number, source: string, destination: string, type = 8, identifier = 7) =>
  framed(router, ipv4.make(between(source, destination, { protocol: 1 }), icmp.make({ type, identifier, sequence: 1 }, new Uint8Array(8))));
export const greFrame = (router: number, source: string, destination: string, header: number[], inner: Uint8Array) =>
  framed(router, ipv4.make(between(source, destination, { protocol: 47 }), Uint8Array.from([...header, ...inner.subarray(14)])));
export const asks = (sender: string, target: string) =>
  ethernet.make({ destination: 0xffff_ffff_ffff, source: HOST + 1, type: 0x0806 }, arp.make({ operation: 1, sender_mac: HOST + 1, sender_address: address(sender), target_mac: 0, target_address: address(target) })).bytes;
export const answers = (router: number, sender: string, target: string) =>
  ethernet.make({ destination: ROUTER + router, source: HOST + 2, type: 0x0806 }, arp.make({ operation: 2, sender_mac: HOST + 2, sender_address: address(sender), target_mac: ROUTER + router, target_address: address(target) })).bytes;

const dotted = (frame: Uint8Array, at: number) => frame.subarray(at, at + 4).join('.');

/** A frame in words: what it is, from where to where, and what routers change. */
export function inWords(frame: Uint8Array): string {
  const word = (at: number) => frame[at]! * 256 + frame[at + 1]!;
  if (word(12) === 0x0806) return `arp ${word(20) === 1 ? 'asks' : 'answers'} ${dotted(frame, 28)} > ${dotted(frame, 38)}`;
  if (word(12) !== 0x0800) return `type ${word(12).toString(16)}`;
  return packetInWords(frame.subarray(14));
}

function packetInWords(packet: Uint8Array): string {
  const word = (at: number) => packet[at]! * 256 + packet[at + 1]!;
  const size = (packet[0]! & 15) * 4;
  const way = `${dotted(packet, 12)} > ${dotted(packet, 16)} ttl ${packet[8]}${packet[1] === 0 ? '' : ` tos ${packet[1]}`}`;
  if (packet[9] === 47) return `gre ${way} (${packetInWords(packet.subarray(size + (packet[size]! & 0x20 ? 8 : 4)))})`;
  if (packet[9] === 1) return `icmp ${packet[size]}/${packet[size + 1]} ${way}`;
  if (word(6) & 0x1fff) return `fragment ${way}`;
  return `${packet[9] === 6 ? 'tcp' : 'udp'} ${way} ports ${word(size)} > ${word(size + 2)}`;
}
