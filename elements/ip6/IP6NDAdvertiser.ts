/**
 * Answers neighbour solicitations for IPv6 addresses (RFC 4861, 7.2.4), as ARPResponder answers ARP requests. Each argument is addresses
 * or networks, and the MAC address to answer with: `2001:db8::1 fe80::1/64 02:00:00:00:00:01`.
 *
 * A host that looks whether an address is free (RFC 4862, 5.4) asks from the unspecified address: the answer goes to all nodes. What is
 * no solicitation, or a wrong one (7.1.1), is dropped. As Click's, answers do not ask hosts to replace another MAC address that they know (the override
 * flag, 4.4).
 */
import { bool, checksum, defineElement, drop, ethernet, ETHERTYPE, example, icmp6, ICMP6_TYPE, ipv6, IPV6_NEXT_HEADER, LINK_ADDRESS_OPTION, pseudoHeaderSum6, rest } from 'wirelet';
import { neighbourEntry, neighbourTable } from './neighbour-entry.js';

const SOLICITATION_BYTES = 24;
const ADVERTISEMENT_BYTES = 32;
const MESSAGE = ethernet.size + ipv6.size;
const FLAGS = { router: 0x8000_0000, solicited: 0x4000_0000 };
const ALL_NODES_MAC = 0x3333_0000_0001;

const config = '2001:db8::1 02:00:00:00:00:01, 2001:db8:1::/48 02:00:00:00:00:05';
const asker = 0x0200_0000_0002;
const ask = (target: string, source = '2001:db8::2', changes: Parameters<typeof ipv6.make>[0] = {}) =>
  ethernet.make({ destination: 0x3333_ff00_0001, source: asker, type: ETHERTYPE.ipv6 }, icmp6.makeNeighbour({ source, destination: icmp6.solicitedNode(target), ...changes }, ICMP6_TYPE.neighbour_solicitation, 0, target, source === '::' ? undefined : asker));
const answer = (target: string, mac: number, flags = FLAGS.router + FLAGS.solicited) =>
  ethernet.make({ destination: asker, source: mac, type: ETHERTYPE.ipv6 }, icmp6.makeNeighbour({ source: target, destination: '2001:db8::2' }, ICMP6_TYPE.neighbour_advertisement, flags, target, mac));
const wrong = ask('2001:db8::1').bytes.map((byte, at) => (at === 57 ? byte ^ 1 : byte));

export default defineElement({
  name: 'IP6NDAdvertiser',
  config: {
    entries: rest(neighbourEntry({ doc: 'Addresses to answer for, and the MAC address to answer with.' }), { min: 1, max: 256 }),
    router: bool({ default: true, keyword: true, doc: 'Whether the answers say that they come from a router.' }),
  },
  ports: { inputs: { in: 'Ethernet frames with neighbour solicitations.' }, outputs: { out: 'Neighbour advertisements, as Ethernet frames.' } },
  drops: { no_solicitation: 'It is no neighbour solicitation.', bad_solicitation: 'It came from farther than the link, is cut off, or its checksum is wrong.', not_ours: 'It asks for another address.' },
  build: ({ config }) => ({ entries: neighbourTable(config.entries) }),
  process(packet, { config, built, outputs }) {
    if (packet.length < MESSAGE + SOLICITATION_BYTES) return drop('no_solicitation');
    const frame = ethernet.at(packet);
    const header = ipv6.atOffset(packet, ethernet.size);
    const message = icmp6.atOffset(packet, MESSAGE);
    if (frame.type !== ETHERTYPE.ipv6 || header.version !== 6 || header.next_header !== IPV6_NEXT_HEADER.icmp6) return drop('no_solicitation');
    if (message.type !== ICMP6_TYPE.neighbour_solicitation || message.code !== 0) return drop('no_solicitation');
    const length = header.payload_length;
    if (header.hop_limit !== 255 || length < SOLICITATION_BYTES || MESSAGE + length > packet.length) return drop('bad_solicitation');
    const sum = checksum.add(pseudoHeaderSum6(packet, ethernet.size, IPV6_NEXT_HEADER.icmp6, length), checksum.sum(packet, MESSAGE, length));
    if (sum !== 0xffff) return drop('bad_solicitation');
    const target0 = message.target_0;
    const target1 = message.target_1;
    const target2 = message.target_2;
    const target3 = message.target_3;
    let mac = -1;
    for (const { network, mask, mac: own } of built.entries) {
      const same01 = (target0 & mask[0]!) >>> 0 === network[0]! && (target1 & mask[1]!) >>> 0 === network[1]!;
      const same23 = (target2 & mask[2]!) >>> 0 === network[2]! && (target3 & mask[3]!) >>> 0 === network[3]!;
      if (mac < 0 && same01 && same23) mac = own;
    }
    if (mac < 0) return drop('not_ours');
    packet.truncate(MESSAGE + ADVERTISEMENT_BYTES);
    packet.append(Math.max(0, MESSAGE + ADVERTISEMENT_BYTES - packet.length));
    const unspecified = header.source_0 === 0 && header.source_1 === 0 && header.source_2 === 0 && header.source_3 === 0;
    frame.destination = unspecified ? ALL_NODES_MAC : frame.source;
    frame.source = mac;
    header.destination_0 = unspecified ? 0xff02_0000 : header.source_0;
    header.destination_1 = header.source_1;
    header.destination_2 = header.source_2;
    header.destination_3 = unspecified ? 1 : header.source_3;
    header.source_0 = target0;
    header.source_1 = target1;
    header.source_2 = target2;
    header.source_3 = target3;
    header.payload_length = ADVERTISEMENT_BYTES;
    message.type = ICMP6_TYPE.neighbour_advertisement;
    message.rest = (config.router ? FLAGS.router : 0) + (unspecified ? 0 : FLAGS.solicited);
    packet.storeU8(MESSAGE + 24, LINK_ADDRESS_OPTION.target);
    packet.storeU8(MESSAGE + 25, 1);
    packet.storeU48(MESSAGE + 26, mac);
    message.checksum = 0;
    message.checksum = checksum.finish(checksum.add(pseudoHeaderSum6(packet, ethernet.size, IPV6_NEXT_HEADER.icmp6, ADVERTISEMENT_BYTES), checksum.sum(packet, MESSAGE, ADVERTISEMENT_BYTES)));
    return outputs.out;
  },
  examples: [
    example('answers for an address', ask('2001:db8::1'), { out: answer('2001:db8::1', 0x0200_0000_0001) }, { config }),
    example('answers for a network', ask('2001:db8:1::77'), { out: answer('2001:db8:1::77', 0x0200_0000_0005) }, { config }),
    example('answers as a host', ask('2001:db8::1'), { out: answer('2001:db8::1', 0x0200_0000_0001, FLAGS.solicited) }, { config: `${config}, ROUTER false` }),
    example(
      'tells all nodes that an address is taken',
      ask('2001:db8::1', '::'),
      { out: ethernet.make({ destination: ALL_NODES_MAC, source: 0x0200_0000_0001, type: ETHERTYPE.ipv6 }, icmp6.makeNeighbour({ source: '2001:db8::1', destination: 'ff02::1' }, ICMP6_TYPE.neighbour_advertisement, FLAGS.router, '2001:db8::1', 0x0200_0000_0001)) },
      { config },
    ),
    example('leaves other addresses to others', ask('2001:db8::9'), { drop: 'not_ours' }, { config }),
    example('does not answer what a router passed on', ask('2001:db8::1', '2001:db8::2', { hop_limit: 254 }), { drop: 'bad_solicitation' }, { config }),
    example('does not answer a wrong checksum', wrong, { drop: 'bad_solicitation' }, { config }),
    example('does not answer what is cut off', ask('2001:db8::1').bytes.subarray(0, 80), { drop: 'bad_solicitation' }, { config }),
    example('drops advertisements', answer('2001:db8::1', 7), { drop: 'no_solicitation' }, { config }),
    example('drops what is too short', new Uint8Array(77), { drop: 'no_solicitation' }, { config }),
  ],
});
