/**
 * configs/nat.yaml: address and port translation after RFC 3022, pings and ICMP errors after RFC 5508, every checksum from scratch. A source
 * port or identifier that is free is kept; traffic in which two machines want the same one is not for this oracle.
 */
import { ArpSide, type Outgoing } from './arp-side.js';
import { address, ARP_TYPE, etherType, ICMP, internetChecksum, Ipv4View, IP_TYPE, sealIpv4, sealTransport, soundIpv4, TCP, UDP, within } from './frame.js';
import { echoReply, ERRORS, isEcho, timeExceeded } from './icmp-answers.js';
import type { Arrival, Departures } from './traffic.js';

const GATEWAY = address('198.51.100.254');
const BAD_SOURCES = ['10.0.0.255', '198.51.100.255', '0.0.0.0', '255.255.255.255'];

export function nat(arrivals: readonly Arrival[]): Departures {
  const inside = new ArpSide('02:00:00:00:fe:01', '10.0.0.1', '10.0.0.0/24');
  const outside = new ArpSide('02:00:00:00:fe:02', '198.51.100.1', '198.51.100.0/24');
  /** From "protocol remote-address remote-port own-port" to the machine inside; the port is the same. */
  const flows = new Map<string, number>();

  for (const { port, time, bytes } of arrivals) {
    const side = port === 'inside' ? inside : outside;
    for (const each of [inside, outside]) each.advance(time);
    if (!side.accepts(bytes)) continue;
    if (etherType(bytes) === ARP_TYPE) side.receiveArp(bytes);
    const isUnicast = (bytes[0]! & 1) === 0;
    const packet = etherType(bytes) === IP_TYPE && isUnicast ? soundIpv4(bytes) : undefined;
    if (packet !== undefined) receive(packet, side, time);
  }
  for (const each of [inside, outside]) each.advance();
  return { inside: inside.out, outside: outside.out };

  function receive(packet: Buffer, side: ArpSide, now: bigint): void {
    const view = new Ipv4View(packet);
    if (BAD_SOURCES.some((bad) => within(view.source, bad))) return;
    if (view.destination === side.address && isEcho(view)) return send(echoReply(packet), now);
    if (view.ttl <= 1) {
      const error = timeExceeded(packet, side.address);
      if (error !== undefined) send(error, now);
      return;
    }
    const translated = Buffer.from(packet);
    translated[8] = view.ttl - 1;
    if (view.protocol === TCP || view.protocol === UDP) {
      const known = side === inside ? fromInside(view, translated) : fromOutside(view, translated);
      if (!known) return;
      sealIpv4(translated);
      sealTransport(translated);
      send({ packet: translated }, now);
    } else if (view.protocol === ICMP && message(view, side, translated)) {
      sealIpv4(translated);
      sealIcmp(translated);
      send({ packet: translated }, now);
    }
  }

  function fromInside(view: Ipv4View, translated: Buffer): boolean {
    const { protocol, source, destination } = view;
    const own = within(destination, inside.network) || destination === outside.address;
    if (own || within(destination, '224.0.0.0/3')) return false;
    const [from, to] = [view.sourcePort(protocol), view.destinationPort(protocol)];
    if (from === undefined || to === undefined) return false;
    const key = `${protocol} ${destination} ${to} ${from}`;
    const owner = flows.get(key) ?? source;
    if (owner !== source || from < 1024) throw new Error(`the oracle cannot tell which port ${key} gets`);
    flows.set(key, source);
    translated.writeUInt32BE(outside.address, 12);
    return true;
  }

  function fromOutside(view: Ipv4View, translated: Buffer): boolean {
    const { protocol, source, destination } = view;
    if (destination !== outside.address) return false;
    const owner = flows.get(`${protocol} ${source} ${view.sourcePort(protocol)} ${view.destinationPort(protocol)}`);
    if (owner === undefined) return false;
    translated.writeUInt32BE(owner, 16);
    return true;
  }

  /** Whether a message of ICMP goes on, and as what. */
  function message(view: Ipv4View, side: ArpSide, translated: Buffer): boolean {
    const { source, destination, packet, headerBytes } = view;
    const body = packet.subarray(headerBytes);
    if (view.isFragment || body.length < 8 || internetChecksum(body) !== 0) return false;
    if (side === inside ? within(destination, inside.network) || destination === outside.address || within(destination, '224.0.0.0/3') : destination !== outside.address) return false;
    const isError = ERRORS.includes(body[0]!);
    if (isError) return body.length >= 36 && error(translated.subarray(headerBytes + 8), translated, side);
    const key = `ping ${side === inside ? destination : source} ${body.readUInt16BE(4)}`;
    if (side === inside) {
      if (body[0] !== 8) return false;
      if ((flows.get(key) ?? source) !== source) throw new Error(`the oracle cannot tell which identifier ${key} gets`);
      flows.set(key, source);
      translated.writeUInt32BE(outside.address, 12);
      return true;
    }
    const owner = body[0] === 0 ? flows.get(key) : undefined;
    if (owner === undefined) return false;
    translated.writeUInt32BE(owner, 16);
    return true;
  }

  /** An error about `quoted`, which was sent from inside and translated, or came from outside and was given on inside. */
  function error(quoted: Buffer, translated: Buffer, side: ArpSide): boolean {
    const view = new Ipv4View(quoted);
    const header = view.headerBytes;
    if (quoted[0]! >> 4 !== 4 || view.isLaterFragment || header < 20 || quoted.length < header + 8) return false;
    const [first, second] = [quoted.readUInt16BE(header), quoted.readUInt16BE(header + 2)];
    const sent = side === outside;
    const [far, ours] = sent ? [view.destination, view.source] : [view.source, view.destination];
    const kind = sent ? 8 : 0;
    if (view.protocol === ICMP && quoted[header] !== kind) return false;
    const key = view.protocol === ICMP ? `ping ${far} ${quoted.readUInt16BE(header + 4)}` : `${view.protocol} ${far} ${sent ? second : first} ${sent ? first : second}`;
    const owner = flows.get(key);
    if (owner === undefined || ours !== (sent ? outside.address : owner)) return false;
    const there = sent ? owner : outside.address;
    quoted.writeUInt32BE(there, sent ? 12 : 16);
    sealIpv4(quoted);
    const at = view.protocol === TCP ? header + 16 : header + 6;
    if (view.protocol !== ICMP && at + 2 <= quoted.length && !(view.protocol === UDP && quoted.readUInt16BE(at) === 0)) {
      // What is not quoted cannot be added up again: the difference of the addresses can (RFC 1624).
      const words = [quoted.readUInt16BE(at) ^ 0xffff, ...[ours ^ 0xffff_ffff, there].flatMap((word) => [(word >>> 16) & 0xffff, word & 0xffff])];
      const sum = internetChecksum(Buffer.from(words.flatMap((word) => [word >> 8, word & 255])));
      quoted.writeUInt16BE(view.protocol === UDP && sum === 0 ? 0xffff : sum, at);
    }
    if (sent) translated.writeUInt32BE(owner, 16);
    else translated.writeUInt32BE(outside.address, 12);
    return true;
  }

  function sealIcmp(packet: Buffer): void {
    const body = packet.subarray(new Ipv4View(packet).headerBytes);
    body.writeUInt16BE(0, 2);
    body.writeUInt16BE(internetChecksum(body), 2);
  }

  function send(outgoing: Outgoing, now: bigint): void {
    const { destination } = new Ipv4View(outgoing.packet);
    const side = within(destination, inside.network) ? inside : outside;
    side.send(outgoing, within(destination, side.network) ? destination : GATEWAY, now);
  }
}
