/**
 * configs/nat.yaml: address and port translation after RFC 3022, every checksum from scratch. A source port
 * that is free is kept; traffic in which two machines want the same one is not for this oracle.
 */
import { ArpSide, type Outgoing } from './arp-side.js';
import { address, ARP_TYPE, etherType, Ipv4View, IP_TYPE, sealIpv4, sealTransport, soundIpv4, TCP, UDP, within } from './frame.js';
import { echoReply, isEcho, timeExceeded } from './icmp-answers.js';
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
    if (view.protocol !== TCP && view.protocol !== UDP) return;
    const translated = Buffer.from(packet);
    translated[8] = view.ttl - 1;
    const known = side === inside ? fromInside(view, translated) : fromOutside(view, translated);
    if (!known) return;
    sealIpv4(translated);
    sealTransport(translated);
    send({ packet: translated }, now);
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

  function send(outgoing: Outgoing, now: bigint): void {
    const { destination } = new Ipv4View(outgoing.packet);
    const side = within(destination, inside.network) ? inside : outside;
    side.send(outgoing, within(destination, side.network) ? destination : GATEWAY, now);
  }
}
