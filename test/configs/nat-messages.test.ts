/**
 * ICMP errors through configs/nat.yaml (RFC 5508): about packets of the shipped captures, as routers and hosts on either side would send
 * them, whole and cut short, and such that must not pass; against the oracle.
 */
import t from 'tap';
import { differences, expectedOutput } from './expected.js';
import { address, ethernetFrame, etherType, ETHERNET_BYTES, ICMP, internetChecksum, Ipv4View, IP_TYPE, mac, sealIpv4, TCP, UDP } from './frame.js';
import { runConfig } from './run-config.js';
import { inOrder, shippedArrivals, type Arrival } from './traffic.js';

const SIDES = {
  outside: { from: mac('02:00:00:00:03:fe'), to: mac('02:00:00:00:fe:02'), router: address('198.51.100.254') },
  inside: { from: mac('02:00:00:00:01:10'), to: mac('02:00:00:00:fe:01'), router: address('10.0.0.77') },
} as const;
/** Type, code, and the word behind the checksum: too long, a port that is closed, no hops left, a source quench. */
const KINDS = [[3, 4, 1280], [3, 3, 0], [11, 0, 0], [4, 0, 0]] as const;
const EVERY = 3;

/** An error about `packet`, sent by `from` to its sender; `damage` changes it before its checksums are made right. */
function errorAbout(packet: Buffer, from: number, [type, code, rest]: readonly [number, number, number], quoted: number, damage?: (message: Buffer) => void): Buffer {
  const message = Buffer.concat([Buffer.from([type, code, 0, 0, 0, 0, rest >> 8, rest & 255]), packet.subarray(0, quoted)]);
  damage?.(message);
  message.writeUInt16BE(0, 2);
  message.writeUInt16BE(internetChecksum(message), 2);
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(20 + message.length, 2);
  header[8] = 61;
  header[9] = ICMP;
  header.writeUInt32BE(from, 12);
  header.writeUInt32BE(new Ipv4View(packet).source, 16);
  sealIpv4(header);
  return Buffer.concat([header, message]);
}

/** Errors that arrive at `side` about what left there, one for every third packet. */
function errors(side: keyof typeof SIDES): { arrivals: Arrival[]; kept: number } {
  const { from, to, router } = SIDES[side];
  const left = expectedOutput('nat')[side]!.map(({ bytes }) => bytes).filter((frame) => {
    const view = new Ipv4View(frame.subarray(ETHERNET_BYTES));
    return etherType(frame) === IP_TYPE && (view.protocol === TCP || view.protocol === UDP || view.icmpType === 8);
  });
  const times = shippedArrivals('nat').map(({ time }) => time);
  // They come when all has been sent: by then every flow is known, and still remembered.
  const last = times.at(-1)!;
  const arrivals = left.filter((_, index) => index % EVERY === 0).map((frame, index) => {
    const packet = frame.subarray(ETHERNET_BYTES);
    const host = new Ipv4View(packet).destination;
    const kind = KINDS[index % KINDS.length]!;
    // From the host that it was for, or from a router before it; eight bytes quoted, or more.
    const message = errorAbout(packet, index % 2 === 0 ? host : router, kind, index % 5 === 0 ? 28 : 548);
    return { port: side, time: last + BigInt(index + 1) * 1_000_000n, bytes: ethernetFrame(to, from, IP_TYPE, message) };
  });
  return { arrivals, kept: arrivals.length };
}

/** Messages that nobody may get. */
function wrong(): Arrival[] {
  const { from, to, router } = SIDES.outside;
  const frame = expectedOutput('nat')['outside']!.map(({ bytes }) => bytes).find((bytes) => etherType(bytes) === IP_TYPE && new Ipv4View(bytes.subarray(ETHERNET_BYTES)).protocol === TCP)!;
  const packet = frame.subarray(ETHERNET_BYTES);
  const messages = [
    errorAbout(packet, router, KINDS[0], 27),
    errorAbout(packet, router, KINDS[0], 28, (message) => { message[8] = 0x65; }),
    errorAbout(packet, router, KINDS[0], 28, (message) => { message[8] = 0x4f; }),
    errorAbout(packet, router, KINDS[0], 28, (message) => { message.writeUInt16BE(0x0001, 8 + 6); }),
    errorAbout(packet, router, KINDS[0], 28, (message) => { message.writeUInt16BE(9, 28); }),
    errorAbout(packet, router, KINDS[0], 28, (message) => { message.writeUInt32BE(address('203.0.113.9'), 8 + 16); }),
    errorAbout(packet, router, [40, 0, 0], 28),
  ];
  const damaged = errorAbout(packet, router, KINDS[0], 28);
  damaged[23]! ^= 1;
  const last = shippedArrivals('nat').at(-1)!.time;
  return [...messages, damaged].map((message, index) => ({ port: 'outside', time: last + BigInt(index + 1) * 900_000n, bytes: ethernetFrame(to, from, IP_TYPE, message) }));
}

for (const vmm of ['node', 'native'] as const) {
  await t.test(`errors about what was translated reach whom they are for (${vmm})`, async (t) => {
    const [came, sent] = [errors('outside'), errors('inside')];
    const arrivals = inOrder([...shippedArrivals('nat'), ...came.arrivals, ...sent.arrivals, ...wrong()]);
    const expected = expectedOutput('nat', arrivals);
    const isError = ({ bytes }: { bytes: Buffer }) => etherType(bytes) === IP_TYPE && [3, 4, 11].includes(new Ipv4View(bytes.subarray(ETHERNET_BYTES)).icmpType ?? -1);
    const without = expectedOutput('nat');
    const more = (side: 'inside' | 'outside') => expected[side]!.filter(isError).length - without[side]!.filter(isError).length;
    t.ok(came.kept > 20 && sent.kept > 20, `${came.kept} and ${sent.kept} errors`);
    t.equal(more('inside'), came.kept, 'all that are right go inside');
    t.equal(more('outside'), sent.kept, 'and outside');
    const { frames } = await runConfig('nat', vmm, arrivals);
    t.same(differences(expected, frames), []);
    const leaked = frames['outside']!.filter((frame) => frame.includes(Buffer.from([10, 0, 0, 10])) && etherType(frame) === IP_TYPE && new Ipv4View(frame.subarray(ETHERNET_BYTES)).protocol === ICMP && [3, 4].includes(new Ipv4View(frame.subarray(ETHERNET_BYTES)).icmpType ?? -1));
    t.equal(leaked.length, 0, 'nobody outside is told an address of inside');
  });
}
