/** Real traffic made hostile: the same frames, some of them damaged, cut, or lying; the same for a seed. */
import { Dice } from '../differential/element-fuzz.js';
import { address, etherType, ETHERNET_BYTES, IP_TYPE, mac, sealIpv4, TCP, UDP, ICMP } from './frame.js';
import { PORTS, type Arrival, type ConfigName } from './traffic.js';

/** Addresses on both sides of every rule. */
const ADDRESSES = [
  '192.0.2.10', '192.0.2.80', '192.0.2.100', '192.0.2.255', '192.0.3.1', '198.51.100.3', '198.51.100.22', '198.51.100.53',
  '198.51.100.99', '203.0.113.66', '10.0.0.66', '172.16.0.1', '172.32.0.1', '192.168.9.9', '0.0.0.1', '127.0.0.1', '224.0.0.1', '255.255.255.255',
].map(address);
const TRANSPORT_PORTS = [22, 23, 25, 53, 80, 81, 123, 443, 5201, 8080, 40_000];

type Change = (frame: Buffer, dice: Dice) => Buffer;

const flipBits: Change = (frame, dice) => {
  for (let times = dice.below(4); times >= 0; times -= 1) frame[dice.below(frame.length)]! ^= 1 << dice.below(8);
  return frame;
};

const cut: Change = (frame, dice) => frame.subarray(0, 1 + dice.below(frame.length));

const pad: Change = (frame, dice) => Buffer.concat([frame, Buffer.alloc(1 + dice.below(40), 0xaa)]);

/** Changes one field of an IPv4 header or of the ports and flags behind it, and makes the header sound again. */
const lie: Change = (frame, dice) => {
  if (frame.length < ETHERNET_BYTES + 20 || etherType(frame) !== IP_TYPE) return flipBits(frame, dice);
  const packet = frame.subarray(ETHERNET_BYTES);
  const transport = packet.subarray((packet[0]! & 15) * 4);
  const changes = [
    () => packet.writeUInt32BE(ADDRESSES[dice.below(ADDRESSES.length)]!, 12),
    () => packet.writeUInt32BE(ADDRESSES[dice.below(ADDRESSES.length)]!, 16),
    () => (packet[9] = [TCP, UDP, ICMP, 47][dice.below(4)]!),
    () => packet.writeUInt16BE(dice.below(3) === 0 ? 0x2000 : dice.below(0x10000), 6),
    () => transport.length >= 4 && transport.writeUInt16BE(TRANSPORT_PORTS[dice.below(TRANSPORT_PORTS.length)]!, 2 * dice.below(2)),
    () => transport.length >= 14 && (transport[13] = dice.below(64)),
    () => transport.length >= 1 && (transport[0] = dice.below(20)),
    () => packet.writeUInt16BE(20 + dice.below(packet.length), 2),
  ];
  for (let times = 1 + dice.below(3); times > 0; times -= 1) changes[dice.below(changes.length)]!();
  sealIpv4(packet);
  return frame;
};

const spendHops: Change = (frame, dice) => {
  if (frame.length < ETHERNET_BYTES + 20 || etherType(frame) !== IP_TYPE) return frame;
  frame[ETHERNET_BYTES + 8] = dice.below(4);
  sealIpv4(frame.subarray(ETHERNET_BYTES));
  return frame;
};

const swapEthernet: Change = (frame, dice) => {
  mac(`02:00:00:00:01:1${dice.below(8)}`).copy(frame, 6 * dice.below(2));
  return frame;
};

const CHANGES: Record<ConfigName, readonly Change[]> = {
  wire: [flipBits, cut, pad],
  bridge: [flipBits, cut, pad, swapEthernet],
  firewall: [flipBits, cut, pad, lie, lie, lie],
  router: [damageIpv4(flipBits), damageIpv4(cut), pad, spendHops],
  nat: [damageIpv4(cut), pad, spendHops],
  'dns-server': [flipBits, cut, pad, lie],
};

/** Leaves ARP alone, and the Ethernet header: what neighbours say stays true. */
function damageIpv4(change: Change): Change {
  return (frame, dice) => {
    if (etherType(frame) !== IP_TYPE) return frame;
    const head = frame.subarray(0, ETHERNET_BYTES);
    return Buffer.concat([head, change(Buffer.from(frame.subarray(ETHERNET_BYTES)), dice)]);
  };
}

/** About half of the frames are changed; on a bridge some also arrive somewhere else. */
export function hostile(config: ConfigName, arrivals: readonly Arrival[], seed: number): Arrival[] {
  const dice = new Dice(seed);
  const changes = CHANGES[config];
  return arrivals.map((arrival) => {
    if (dice.below(2) === 0) return arrival;
    const port = config === 'bridge' ? PORTS.bridge[dice.below(4)]! : arrival.port;
    return { ...arrival, port, bytes: changes[dice.below(changes.length)]!(Buffer.from(arrival.bytes), dice) };
  });
}
