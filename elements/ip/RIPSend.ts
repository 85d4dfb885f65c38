/**
 * Announces a route by RIP version 2 (RFC 2453): a UDP packet from SRC to DST, three seconds after the start and then every thirty, which says
 * that networks within PREFIX are METRIC hops away by SRC.
 */
import { background, checksummed, defineElement, example, formatPrefix, integer, ipv4, ipv4Address, maskOfLength, parsed, push, readPrefix, udp, type Prefix } from 'wirelet';

const FIRST_US = 3_000_000;
const INTERVAL_US = 30_000_000;
const PORT = 520;
const FRESH_TTL = 200;
const RESPONSE = 2;
const VERSION = 2;
const INTERNET = 2;

const words = (...values: number[]) => Uint8Array.from(values.flatMap((value) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]));

/** An announcement; numbers are as the packet has them. */
function announcement(source: number, destination: number, network: number, mask: number, metric: number) {
  const entry = words((RESPONSE << 24) | (VERSION << 16), INTERNET << 16, network, mask, source, metric);
  return checksummed(ipv4.make({ protocol: 17, ttl: FRESH_TTL, source, destination }, udp.make({ source_port: PORT, destination_port: PORT }, entry)));
}

const INT = { min: -0x8000_0000, max: 0x7fff_ffff } as const;

export default defineElement({
  name: 'RIPSend',
  config: {
    src: ipv4Address({ doc: 'The source, which is the way to those networks.' }),
    dst: ipv4Address({ doc: 'The destination.' }),
    prefix: parsed<Prefix>('IPv4 prefix', { doc: 'The networks that it announces.' }, (text, scope) => {
      const value = text.includes('/') ? readPrefix(text, scope) : scope.address(text, 'prefix');
      return typeof value === 'object' ? { value } : { error: `expected an IPv4 prefix such as 10.0.0.0/8, got "${text}"` };
    }, formatPrefix),
    metric: integer({ ...INT, doc: 'Hops to there.' }),
  },
  ports: { outputs: { out: push('Announcements, as IPv4 packets with marked headers.') } },
  build: ({ config: { src, dst, prefix, metric } }) => ({ bytes: announcement(src, dst, prefix.address, maskOfLength(prefix.length), metric).bytes }),
  initialize({ timers }) {
    timers.next.after(FIRST_US);
  },
  timers: {
    next: background(({ built, timers, outputs, packets, emit }) => {
      timers.next.after(INTERVAL_US);
      const packet = packets.copyOf(built.bytes);
      if (packet === null) return;
      packet.markNetworkHeader(0);
      packet.markTransportHeader(ipv4.size);
      emit(outputs.out, packet);
    }),
  },
  examples: [example('announces nothing at once', [], {}, { config: '18.4.0.1, 18.4.0.255, 10.0.0.0/8, 10' })],
});
