/**
 * Answers ARP requests for addresses (RFC 826). Each argument is addresses or networks, and the MAC address to
 * answer with: `10.0.0.1 02:00:00:00:00:01`, `10.1.0.0/16 02:00:00:00:00:01`, or the name of an interface,
 * which has both. Requests for other addresses, and everything else, leave by `other`.
 */
import { type ArgumentScope, arp, ARP_REPLY, ARP_REQUEST, defineElement, ethernet, ETHERTYPE, example, formatMac, formatMacDashed, formatPrefix, HandlerError, optional, parsed, type Parsed, parseMac, prefix, type Prefix, readIpv4, readPrefix, rest } from 'wirelet';

interface Entry {
  readonly networks: readonly Prefix[];
  readonly mac: number;
}

/** What is wrong is told, in Click's words, of the argument that it is in. */
const wrong = (error: string, click: string): { error: string; click: string } => ({ error, click: `argument %i: ${click}` });

function readEntry(text: string, scope: ArgumentScope): Parsed<Entry> {
  const networks: Prefix[] = [];
  let mac: number | undefined;
  let named: number | undefined;
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const address = readIpv4(word, scope);
    const net = address === undefined ? readPrefix(word, scope) : prefix(address, 32);
    const own = parseMac(word) ?? scope.address(word, 'mac');
    if (net !== undefined) {
      networks.push(net);
      if (typeof own === 'number') named ??= own;
    } else if (typeof own !== 'number') {
      return wrong(`"${word}" is neither an IPv4 address or network, a MAC address, nor a name for one`, 'expected IP/MASK ETH');
    } else if (mac !== undefined) {
      return wrong('there are two MAC addresses to answer with', 'more than one ETH');
    } else mac = own;
  }
  const answer = mac ?? named;
  if (networks.length === 0) return wrong('an IPv4 address or network is missing', 'missing IP/MASK');
  if (answer === undefined) return wrong('the MAC address to answer with is missing', 'missing ETH');
  return { value: { networks, mac: answer } };
}

interface Answer {
  readonly network: number;
  readonly mask: number;
  readonly length: number;
  readonly mac: number;
}

interface Built {
  readonly entries: readonly Answer[];
}

const sameNetwork = (a: Answer, b: Answer): boolean => a.network === b.network && a.length === b.length;

/** The networks in the order in which they are looked through: a network before those around it, and else as they were given. Of two for the same network, the later. */
function answersOf(entries: readonly Entry[]): { answers: Answer[]; twice: Answer[] } {
  const answers: Answer[] = [];
  const twice: Answer[] = [];
  for (const { networks, mac } of entries) {
    for (const { address, mask, length } of networks) {
      const answer = { network: (address & mask) >>> 0, mask: mask >>> 0, length, mac };
      const before = answers.findIndex((other) => sameNetwork(other, answer));
      const around = answers.findIndex((other) => other.length < length && (answer.network & other.mask) >>> 0 === other.network);
      if (before >= 0) {
        twice.push(answer);
        answers[before] = answer;
      } else if (around >= 0) answers.splice(around, 0, answer);
      else answers.push(answer);
    }
  }
  return { answers, twice };
}

const textOf = ({ network, length }: { readonly network: number; readonly length: number }) => formatPrefix(prefix(network, length));

const entriesOf = (built: Built) => built.entries.map((answer) => ({ net: textOf(answer), mac: answer.mac }));

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
  build({ config, warn }): Built {
    const { answers, twice } = answersOf(config.entries);
    for (const answer of twice) warn(`there are several entries for ${textOf(answer)}: the last one counts`, 'Leave one of them.', undefined, `multiple entries for ${textOf(answer)}`);
    return { entries: answers };
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
    // An answer is no longer than it has to be, and has nothing of what was noted about the question but its VLAN.
    packet.truncate(42);
    packet.paint = 0;
    packet.destinationAddress = 0;
    packet.timestampSeconds = 0;
    packet.timestampNanoseconds = 0;
    packet.markMacHeader(0);
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
        if ('error' in read) throw new HandlerError((read.click ?? read.error).replace('argument %i: ', ''));
        replace('entries', [...withoutNetworks(config.entries, read.value.networks), read.value]);
      },
    },
    remove: {
      doc: 'No longer answers for ADDRESS[/LENGTH].',
      write({ config, scope, replace, built }, value) {
        const net = readPrefix(value.trim(), scope);
        if (net === undefined) throw new HandlerError('expected IP/MASK');
        if (!entriesOf(built).some((entry) => entry.net === formatPrefix(net))) throw new HandlerError(`${formatPrefix(net)} not found`);
        replace('entries', withoutNetworks(config.entries, [net]));
      },
    },
    lookup: {
      doc: 'The MAC address to answer with for an address.',
      read({ built, scope }, value) {
        const address = readIpv4(value.trim(), scope);
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
    example('leaves the padding of a request behind', padded(ask(0x0a000001).bytes), { out: answer(0x0a000001, 0x0200_0000_0001) }, { config }),
    example('answers with the narrowest network', ask(0x0a010203), { out: answer(0x0a010203, 9) }, { config: '10.1.0.0/16 02:00:00:00:00:05, 10.1.2.3 00:00:00:00:00:09' }),
    example('leaves answers alone', answer(0x0a000001, 2), { other: answer(0x0a000001, 2) }, { config }),
    example('leaves a request alone whose addresses are not six and four bytes long', lying, { other: lying }, { config }),
    example('leaves what is too short alone', new Uint8Array(41), { other: new Uint8Array(41) }, { config }),
  ],
});
