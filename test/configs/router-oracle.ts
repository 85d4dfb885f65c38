/** configs/router.yaml: an IPv4 router after RFC 1812, one frame at a time, every checksum from scratch. */
import { ArpSide, type Outgoing } from './arp-side.js';
import { address, ARP_TYPE, etherType, Ipv4View, IP_TYPE, sealIpv4, soundIpv4, within } from './frame.js';
import { echoReply, isEcho, timeExceeded } from './icmp-answers.js';
import type { Arrival, Departures } from './traffic.js';

const DEFAULT_GATEWAY = address('198.51.100.254');

/** Never forwarded, never answered. */
const REFUSED = ['10.0.0.255', '192.0.2.255', '198.51.100.255', '0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/3'];
/** Nobody's source address. */
const BAD_SOURCES = ['10.0.0.255', '192.0.2.255', '198.51.100.255', '0.0.0.0', '255.255.255.255'];

export function router(arrivals: readonly Arrival[]): Departures {
  const sides: Record<string, ArpSide> = {
    lan: new ArpSide('02:00:00:00:fe:01', '10.0.0.1', '10.0.0.0/24'),
    dmz: new ArpSide('02:00:00:00:fe:02', '192.0.2.1', '192.0.2.0/24'),
    wan: new ArpSide('02:00:00:00:fe:03', '198.51.100.1', '198.51.100.0/24'),
  };
  const all = Object.values(sides);
  for (const { port, time, bytes } of arrivals) {
    const side = sides[port]!;
    for (const each of all) each.advance(time);
    if (!side.accepts(bytes)) continue;
    if (etherType(bytes) === ARP_TYPE) side.receiveArp(bytes);
    const isUnicast = (bytes[0]! & 1) === 0;
    if (etherType(bytes) === IP_TYPE && isUnicast) route(soundIpv4(bytes), side, time);
  }
  for (const each of all) each.advance();
  return Object.fromEntries(Object.entries(sides).map(([port, { out }]) => [port, out]));

  function route(packet: Buffer | undefined, from: ArpSide, now: bigint): void {
    if (packet === undefined) return;
    const view = new Ipv4View(packet);
    if (BAD_SOURCES.some((network) => within(view.source, network))) return;
    if (all.some((side) => side.address === view.destination)) {
      if (isEcho(view)) send(echoReply(packet), now);
      return;
    }
    if (REFUSED.some((network) => within(view.destination, network))) return;
    if (view.ttl <= 1) {
      const error = timeExceeded(packet, from.address);
      if (error !== undefined) send(error, now);
      return;
    }
    const forwarded = Buffer.from(packet);
    forwarded[8] = view.ttl - 1;
    sealIpv4(forwarded);
    send({ packet: forwarded }, now);
  }

  /** To the network that the destination lies in, else to the provider. */
  function send(outgoing: Outgoing, now: bigint): void {
    const { destination } = new Ipv4View(outgoing.packet);
    if (all.some((side) => side.address === destination)) return;
    if (REFUSED.some((network) => within(destination, network))) return;
    const attached = all.find((side) => within(destination, side.network));
    if (attached !== undefined) attached.send(outgoing, destination, now);
    else sides.wan!.send(outgoing, DEFAULT_GATEWAY, now);
  }
}
