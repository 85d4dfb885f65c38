/**
 * Answers ARP requests for addresses (RFC 826). Each argument is addresses or networks, and the MAC address to
 * answer with: `10.0.0.1 02:00:00:00:00:01`, `10.1.0.0/16 02:00:00:00:00:01`, or the name of an interface,
 * which has both. Requests for other addresses, and everything else, leave by `other`.
 */
import { type ArgumentScope, arp, ARP_REPLY, ARP_REQUEST, defineElement, ethernet, ETHERTYPE, example, formatMac, formatMacDashed, formatPrefix, HandlerError, optional, parsed, type Parsed, parseIpv4, parseMac, parsePrefix, prefix, type Prefix, rest } from 'wirelet';

interface Entry {
  readonly networks: readonly Prefix[];
  readonly mac: number;
}

function readEntry(text: string, scope: ArgumentScope): Parsed<Entry> {
  const networks: Prefix[] = [];
  let mac: number | undefined;
  let named: number | undefined;
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const net = parsePrefix(word);
    const address = scope.address(word, 'ipv4');
    const own = parseMac(word) ?? scope.address(word, 'mac');
    const wide = /:(ip)?net$/.test(word) ? scope.address(word, 'prefix') : undefined;
    if (net !== undefined) networks.push(net);
    else if (typeof wide === 'object') networks.push(wide);
    else if (typeof address === 'number') networks.push(prefix(address, 32));
    if (parseMac(word) !== undefined || (typeof own === 'number' && address === undefined && net === undefined)) mac = own as number;
    else if (typeof own === 'number') named ??= own;
    if (net === undefined && address === undefined && wide === undefined && typeof own !== 'number') return { error: `"${word}" is neither an IPv4 address or network, a MAC address, nor a name for one` };
  }
  const answer = mac ?? named;
  if (networks.length === 0) return { error: 'an IPv4 address or network is missing' };
  if (answer === undefined) return { error: 'the MAC address to answer with is missing' };
  return { value: { networks, mac: answer } };
}

interface Built {
  readonly entries: readonly { readonly network: number; readonly mask: number; readonly length: number; readonly mac: number }[];
}

const entriesOf = (built: Built) => built.entries.map(({ network, length, mac }) => ({ net: formatPrefix(prefix(network, length)), mac }));

/** The entries without some networks. */
function withoutNetworks(entries: readonly Entry[], gone: readonly Prefix[]): Entry[] {
  const names = new Set(gone.map(formatPrefix));
  return entries.map(({ networks, mac }) => ({ mac, networks: networks.filter((net) => !names.has(formatPrefix(net))) })).filter(({ networks }) => networks.length > 0);
}

const config = '10.0.0.1 02:00:00:00:00:01, 10.1.0.0/16 02:00:00:00:00:05';
const ask = (address: number) => ethernet.make({ destination: 0xffff_ffff_ffff, source: 2, type: ETHERTYPE.arp }, arp.make({ operation: 1, sender_mac: 2, sender_address: 0x0a000002, target_address: address }));
const answer = (address: number, mac: number) => ethernet.make({ destination: 2, source: mac, type: ETHERTYPE.arp }, arp.make({ operation: 2, sender_mac: mac, sender_address: address, target_mac: 2, target_address: 0x0a000002 }));
const padded = (frame: Uint8Array) => Uint8Array.from([...frame, ...new Uint8Array(18)]);
const lying = ethernet.make({ source: 2, type: ETHERTYPE.arp }, arp.make({ hardware_length: 8, sender_mac: 2, target_address: 0x0a000001 }));

export default defineElement({
  name: 'ARPResponder',
  config: {
    entries: rest(parsed('addresses with a MAC address', { doc: 'Addresses to answer for, and the MAC address to answer with.' }, readEntry, ({ networks, mac }) => `${networks.map(formatPrefix).join(' ')} ${formatMac(mac)}`), { max: 1024 }),
  },
  ports: { inputs: { in: 'Ethernet frames with ARP requests.' }, outputs: { out: 'Answers, as Ethernet frames.', other: optional('What it has no answer for.') } },
  build: ({ config }) => {
    const all = config.entries.flatMap(({ networks, mac }) => networks.map(({ address, mask, length }) => ({ network: (address & mask) >>> 0, mask: mask >>> 0, mac, length })));
    // The narrowest network decides.
    return { entries: all.sort((a, b) => b.length - a.length) };
  },
  process(packet, { built, outputs }) {
    if (packet.length < 42) return outputs.other;
    const frame = ethernet.at(packet);
    const request = arp.atOffset(packet, 14);
    if (frame.type !== ETHERTYPE.arp || request.operation !== ARP_REQUEST) return outputs.other;
    if (request.hardware_type !== 1 || request.protocol_type !== ETHERTYPE.ipv4 || request.hardware_length !== 6 || request.protocol_length !== 4) return outputs.other;
    const wanted = request.target_address;
    let mac = -1;
    for (const entry of built.entries) if (mac < 0 && (wanted & entry.mask) >>> 0 === entry.network) mac = entry.mac;
    if (mac < 0) return outputs.other;
    const asker = request.sender_mac;
    request.operation = ARP_REPLY;
    request.target_mac = asker;
    request.target_address = request.sender_address;
    request.sender_mac = mac;
    request.sender_address = wanted;
    frame.destination = asker;
    frame.source = mac;
    return outputs.out;
  },
  handlers: {
    table: { doc: 'Networks and the MAC addresses to answer with, a line each.', read: ({ built }) => entriesOf(built).map(({ net, mac }) => `${net} ${formatMacDashed(mac)}\n`).join('') },
    add: {
      doc: 'Answers for more addresses: ADDRESS[/LENGTH] MAC.',
      write({ config, scope, replace }, value) {
        const read = readEntry(value.trim(), scope);
        if ('error' in read) throw new HandlerError(read.error);
        replace('entries', [...withoutNetworks(config.entries, read.value.networks), read.value]);
      },
    },
    remove: {
      doc: 'No longer answers for ADDRESS[/LENGTH].',
      write({ config, replace, built }, value) {
        const net = parsePrefix(value.trim());
        if (net === undefined) throw new HandlerError('expected IP/MASK');
        if (!entriesOf(built).some((entry) => entry.net === formatPrefix(net))) throw new HandlerError(`${formatPrefix(net)} not found`);
        replace('entries', withoutNetworks(config.entries, [net]));
      },
    },
    lookup: {
      doc: 'The MAC address to answer with for an address.',
      read({ built }, value) {
        const address = parseIpv4(value.trim());
        if (address === undefined) throw new HandlerError('expected IP address');
        const found = (built as Built).entries.find(({ network, mask }) => (address & mask) >>> 0 === network);
        return found === undefined ? '' : formatMacDashed(found.mac);
      },
    },
  },
  reconfigurable: true,
  examples: [
    example('answers for an address', ask(0x0a000001), { out: answer(0x0a000001, 0x0200_0000_0001) }, { config }),
    example('answers for a network', ask(0x0a010203), { out: answer(0x0a010203, 0x0200_0000_0005) }, { config }),
    example('leaves other requests alone', ask(0x0a000009), { other: ask(0x0a000009) }, { config }),
    example('keeps the padding of a request', padded(ask(0x0a000001).bytes), { out: padded(answer(0x0a000001, 0x0200_0000_0001).bytes) }, { config }),
    example('leaves answers alone', answer(0x0a000001, 2), { other: answer(0x0a000001, 2) }, { config }),
    example('leaves a request alone whose addresses are not six and four bytes long', lying, { other: lying }, { config }),
    example('leaves what is too short alone', new Uint8Array(41), { other: new Uint8Array(41) }, { config }),
  ],
});
