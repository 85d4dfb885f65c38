/**
 * Rewrites the addresses and ports of TCP and UDP packets, connection by connection: network address and port
 * translation (RFC 3022).
 *
 * A packet of a known connection is rewritten as its connection is, whatever input it came by, and leaves by that
 * mapping's output. What becomes of the first packet of another one, the argument for its input says:
 *
 * - `drop`: it is dropped as `not_mapped`;
 * - `pass OUTPUT` (or `nochange OUTPUT`): it leaves as it is, and is not remembered;
 * - `keep FOUTPUT ROUTPUT`: it is remembered, and not changed;
 * - `pattern SADDR SPORT DADDR DPORT FOUTPUT ROUTPUT`: each of the four is replaced, or kept where it says `-`.
 *   Answers leave by ROUTPUT, rewritten back. A range of source ports, `1024-65535`, keeps the packet's own port if
 *   it is in the range and free, else takes a free one at random; `1024-65535#` takes one after the other,
 *   `1024-65535?` always a random one.
 *
 * Mappings end when no packet used them for a time that depends on the protocol and, for TCP, on how far the
 * connection is (RFC 5382, RFC 4787). When the table is full, the one that would end first gives way. Checksums
 * are updated, not computed anew (RFC 1624). Fragments without ports are dropped unless the input passes.
 */
import { below, bool, checksum, defineElement, drop, duration, example, formatIpv4, integer, IP_PROTOCOL, ipv4, many, parseInteger, parseIpv4, parsed, push, register, rest, table, tableSlots, tcp, TIME_RANGE, u16, udp, type ArgumentScope, type Parsed } from 'wirelet';

type Choice = 'keep' | 'own-first' | 'sequential' | 'random';

interface Specification {
  readonly kind: 'drop' | 'pass' | 'map';
  /** Replacements; -1: kept. */
  readonly saddr: number;
  readonly daddr: number;
  readonly dport: number;
  readonly low: number;
  readonly count: number;
  readonly choice: Choice;
  readonly forward: number;
  readonly reverse: number;
  readonly text: string;
}

const OUTPUTS_MAX = 256;

function readSpecification(text: string, scope: ArgumentScope): Parsed<Specification> {
  const [kind, ...words] = text.trim().split(/\s+/);
  const none = { saddr: -1, daddr: -1, dport: -1, low: 0, count: 0, choice: 'keep' as const, forward: 0, reverse: 0, text };
  const output = (word: string | undefined) => {
    const value = word === undefined ? 0 : parseInteger(word);
    return value !== undefined && value >= 0 && value < OUTPUTS_MAX ? value : undefined;
  };
  const outputs = (from: number): [number, number] | undefined => {
    const [forward, reverse] = [output(words[from]), output(words[from + 1] ?? words[from])];
    return forward === undefined || reverse === undefined || words.length > from + 2 ? undefined : [forward, reverse];
  };
  const wrongOutputs = { error: `expected outputs from 0 to ${OUTPUTS_MAX - 1} at the end of "${text}"` };
  switch (kind) {
    case 'drop':
    case 'discard':
      return words.length === 0 ? { value: { ...none, kind: 'drop' } } : { error: 'drop takes nothing more' };
    case 'pass':
    case 'nochange': {
      const found = outputs(0);
      return found === undefined ? wrongOutputs : { value: { ...none, kind: 'pass', forward: found[0] } };
    }
    case 'keep': {
      const found = outputs(0);
      return found === undefined ? wrongOutputs : { value: { ...none, kind: 'map', forward: found[0], reverse: found[1] } };
    }
    case 'pattern':
      return readPattern(words, scope, outputs(4), wrongOutputs, text);
    default:
      return { error: `expected drop, pass, keep or pattern, got "${kind ?? ''}"`, hint: 'For example: pattern 192.0.2.1 1024-65535 - - 0 1', place: { offset: 0, length: Math.max(1, kind?.length ?? 1) } };
  }
}

function readPattern(words: readonly string[], scope: ArgumentScope, outputs: [number, number] | undefined, wrongOutputs: { error: string }, text: string): Parsed<Specification> {
  const place = (word: string) => ({ offset: Math.max(0, text.indexOf(word)), length: word.length });
  const wrong = (word: string | undefined, expected: string) =>
    word === undefined ? { error: `${expected} is missing`, hint: 'Write pattern SADDR SPORT DADDR DPORT FOUTPUT ROUTPUT.' } : { error: `expected ${expected}, got "${word}"`, place: place(word) };
  const address = (word: string | undefined) => (word === '-' ? -1 : word === undefined ? undefined : (parseIpv4(word) ?? scope.address(word, 'ipv4')));
  const [sa, sp, da, dp] = words;
  const saddr = address(sa);
  if (typeof saddr !== 'number') return wrong(sa, 'a source address or -');
  const ports = readPorts(sp ?? '');
  if (ports === undefined) return wrong(sp, 'a source port, a range such as 1024-65535, or -');
  const daddr = address(da);
  if (typeof daddr !== 'number') return wrong(da, 'a destination address or -');
  const dport = dp === '-' ? -1 : parseInteger(dp ?? '');
  if (dport === undefined || dport < -1 || dport > 65_535) return wrong(dp, 'a destination port or -');
  if (outputs === undefined) return wrongOutputs;
  return { value: { kind: 'map', saddr, daddr, dport, ...ports, forward: outputs[0], reverse: outputs[1], text } };
}

function readPorts(text: string): { low: number; count: number; choice: Choice } | undefined {
  if (text === '-') return { low: 0, count: 0, choice: 'keep' };
  const match = /^(\d+)(?:-(\d+)([#?])?)?$/.exec(text);
  if (match === null) return undefined;
  const [low, high] = [Number(match[1]), Number(match[2] ?? match[1])];
  if (low > high || high > 65_535) return undefined;
  const choice = match[3] === '#' ? 'sequential' : match[3] === '?' ? 'random' : 'own-first';
  return { low, count: high - low + 1, choice };
}

/** Ports that are tried for a new connection before it is given up. */
const TRIES = 32;

/** How far a connection is: one side has spoken, both have, it is being closed. */
const OPENED = 0;
const ANSWERED = 1;
const CLOSING = 2;

const config = 'pattern 192.0.2.1 1024-65535 - - 0 1, drop';
const inside = (port: number) => ipv4.make({ protocol: 17, source: 0x0a000002, destination: 0xc6336401 }, udp.make({ source_port: port, destination_port: 53 }));
const outside = (port: number) => ipv4.make({ protocol: 17, source: 0xc0000201, destination: 0xc6336401 }, udp.make({ source_port: port, destination_port: 53 }));


export default defineElement({
  name: 'IPRewriter',
  config: {
    inputs: rest(parsed<Specification>('rewriter input', { doc: 'For each input: drop, pass, keep, or a pattern.' }, readSpecification, ({ text }) => text), { min: 1, max: 64 }),
    tcp_timeout: duration({ default: 86_400e6, keyword: true, doc: 'For TCP connections that were answered.' }),
    tcp_nodata_timeout: duration({ default: 300e6, keyword: true, doc: 'For TCP connections that were not answered yet.' }),
    tcp_done_timeout: duration({ default: 240e6, keyword: true, doc: 'For TCP connections that are being closed.' }),
    udp_timeout: duration({ default: 300e6, keyword: true, doc: 'For UDP.' }),
    udp_streaming_timeout: duration({ required: false, keyword: true, doc: 'For UDP that was answered; as UDP_TIMEOUT unless given.' }),
    mapping_capacity: integer({ default: 8192, min: 1, max: 2 ** 21, keyword: true, doc: 'Connections remembered at once.' }),
    dst_anno: bool({ default: true, keyword: true, doc: 'Make the new destination the destination annotation.' }),
  },
  ports: {
    inputs: push(many('IPv4 packets with marked headers.', { min: 1, count: (config) => config.inputs.length })),
    outputs: push(many('Packets for which a mapping or an input names it.', { min: 1, count: (config) => Math.max(...config.inputs.map(({ forward, reverse }: Specification) => Math.max(forward, reverse))) + 1 })),
  },
  counters: { mappings_made: 'Connections that were remembered.', mappings_ended: 'Connections that gave way to others.' },
  drops: {
    not_mapped: 'It belongs to no known connection, and its input drops those.',
    no_ports: 'Neither TCP nor UDP, or a fragment without ports, or too short.',
    ports_exhausted: 'No free port was found for a new connection.',
    table_full: 'No room for a new connection.',
  },
  state: ({ config, outputs }) => ({
    flows: table({
      key: { protocol: 'u8', source: 'u32', destination: 'u32', ports: 'u32' },
      fields: { new_source: 'u32', new_destination: 'u32', new_ports: 'u32', partner: below(tableSlots(config.mapping_capacity * 2)), output: below(outputs.length), reply: 'u8', stage: 'u8', expires_us: TIME_RANGE },
      capacity: config.mapping_capacity * 2,
      evict: 'expires_us',
    }),
    next: register('u16'),
  }),
  build: ({ config }) => ({ streaming: config.udp_streaming_timeout ?? config.udp_timeout }),
  process(packet, { config, built, state, counters, outputs, port, clock, random }) {
    const { flows } = state;
    const specification = config.inputs[port]!;
    const header = ipv4.at(packet);
    const protocol = header.protocol;
    const isTcp = protocol === IP_PROTOCOL.tcp;
    if ((!isTcp && protocol !== IP_PROTOCOL.udp) || header.fragment_offset !== 0 || packet.transportLength < (isTcp ? 18 : 8)) {
      return specification.kind === 'pass' ? outputs[specification.forward] : drop('no_ports');
    }
    const now = clock.microseconds;
    const source = header.source;
    const destination = header.destination;
    const segment = udp.at(packet);
    const sport = segment.source_port;
    const dport = segment.destination_port;
    const ports = (sport * 65_536 + dport) >>> 0;
    let slot = flows.find(protocol, source, destination, ports);
    if (slot >= 0 && flows.expires_us[slot] < now) {
      flows.remove(flows.partner[slot]);
      flows.remove(slot);
      slot = -1;
    }
    if (slot < 0) {
      if (specification.kind === 'pass') return outputs[specification.forward];
      if (specification.kind === 'drop') return drop('not_mapped');
      const newSource = specification.saddr >= 0 ? specification.saddr : source;
      const newDestination = specification.daddr >= 0 ? specification.daddr : destination;
      const newDport = specification.dport >= 0 ? specification.dport : dport;
      let newSport = sport;
      if (specification.choice !== 'keep') {
        let free = false;
        let variation = 0;
        if (specification.choice === 'sequential') variation = state.next < specification.count ? state.next : 0;
        else if (specification.choice === 'own-first' && sport >= specification.low && sport < specification.low + specification.count) variation = sport - specification.low;
        else variation = random.below(specification.count);
        for (let attempt = 0; attempt < TRIES; attempt += 1) {
          newSport = u16(specification.low + variation);
          const other = flows.find(protocol, newDestination, newSource, (newDport * 65_536 + newSport) >>> 0);
          if (other < 0 || flows.expires_us[other] < now) {
            if (other >= 0) {
              flows.remove(flows.partner[other]);
              flows.remove(other);
            }
            free = true;
            break;
          }
          variation = specification.choice === 'sequential' ? (variation + 1 < specification.count ? variation + 1 : 0) : random.below(specification.count);
        }
        if (!free) return drop('ports_exhausted');
        if (specification.choice === 'sequential') state.next = u16(variation + 1);
      } else {
        const other = flows.find(protocol, newDestination, newSource, (newDport * 65_536 + newSport) >>> 0);
        if (other >= 0 && flows.expires_us[other] >= now) return drop('ports_exhausted');
        if (other >= 0) {
          flows.remove(flows.partner[other]);
          flows.remove(other);
        }
      }
      const expires = Math.min(now + (isTcp ? config.tcp_nodata_timeout : config.udp_timeout), TIME_RANGE.high);
      const newPorts = (newSport * 65_536 + newDport) >>> 0;
      const victim = flows.victim(protocol, source, destination, ports);
      if (victim >= 0) {
        flows.remove(flows.partner[victim]);
        counters.mappings_ended.add(1);
      }
      slot = flows.insert(protocol, source, destination, ports);
      if (slot < 0) return drop('table_full');
      flows.new_source[slot] = newSource;
      flows.new_destination[slot] = newDestination;
      flows.new_ports[slot] = newPorts;
      flows.output[slot] = specification.forward;
      flows.reply[slot] = 0;
      flows.stage[slot] = OPENED;
      flows.expires_us[slot] = expires;
      const backPorts = (newDport * 65_536 + newSport) >>> 0;
      const other = flows.victim(protocol, newDestination, newSource, backPorts);
      if (other === slot) {
        flows.remove(slot);
        return drop('table_full');
      }
      if (other >= 0) {
        flows.remove(flows.partner[other]);
        counters.mappings_ended.add(1);
      }
      const back = flows.insert(protocol, newDestination, newSource, backPorts);
      if (back < 0 || back === slot) {
        flows.remove(slot);
        return drop('table_full');
      }
      flows.new_source[back] = destination;
      flows.new_destination[back] = source;
      flows.new_ports[back] = (dport * 65_536 + sport) >>> 0;
      flows.output[back] = specification.reverse;
      flows.reply[back] = 1;
      flows.stage[back] = OPENED;
      flows.expires_us[back] = expires;
      flows.partner[back] = slot;
      flows.partner[slot] = back;
      counters.mappings_made.add(1);
    }
    const partner = flows.partner[slot];
    let stage = flows.stage[slot];
    if (flows.reply[slot] === 1 && stage === OPENED) stage = ANSWERED;
    if (isTcp && (tcp.at(packet).flags & 5) !== 0) stage = CLOSING;
    const udpTime = stage === OPENED ? config.udp_timeout : built.streaming;
    const tcpTime = stage === OPENED ? config.tcp_nodata_timeout : stage === ANSWERED ? config.tcp_timeout : config.tcp_done_timeout;
    const until = Math.min(now + (isTcp ? tcpTime : udpTime), TIME_RANGE.high);
    flows.stage[slot] = stage;
    flows.stage[partner] = stage;
    flows.expires_us[slot] = until;
    flows.expires_us[partner] = until;
    const newSource = flows.new_source[slot];
    const newDestination = flows.new_destination[slot];
    const newPorts = flows.new_ports[slot];
    header.source = newSource;
    header.destination = newDestination;
    const addresses = checksum.difference(source, newSource) + checksum.difference(destination, newDestination);
    header.checksum = checksum.apply(header.checksum, addresses);
    segment.source_port = newPorts >>> 16;
    segment.destination_port = newPorts & 0xffff;
    if (isTcp) {
      const view = tcp.at(packet);
      view.checksum = checksum.apply(view.checksum, addresses + checksum.difference(ports, newPorts));
    } else if (segment.checksum !== 0) {
      const sum = checksum.apply(segment.checksum, addresses + checksum.difference(ports, newPorts));
      // Zero would say that there is none (RFC 768).
      segment.checksum = sum === 0 ? 0xffff : sum;
    }
    if (config.dst_anno) packet.destinationAddress = newDestination;
    return outputs[flows.output[slot]!]!;
  },
  handlers: {
    size: { doc: 'Connections remembered, both directions counted.', read: ({ state }) => String(state.flows.length) },
    mapping_failures: { doc: 'Connections that gave way to others.', read: ({ counters }) => String(counters.mappings_ended.value) },
    table: { doc: 'The arguments.', read: ({ config }) => config.inputs.map(({ text, saddr }) => `${text}${saddr >= 0 ? ` (${formatIpv4(saddr)})` : ''}`).join('\n') },
  },
  examples: [
    example('gives packets from inside an address outside', inside(5000), { 0: outside(5000) }, { config, inputs: 2, outputs: 2, counters: { mappings_made: 1 } }),
    example('drops what nobody asked for', outside(5000), { drop: 'not_mapped' }, { config, input: 1, inputs: 2, outputs: 2 }),
    example('takes a port from the range when the own one is outside it', inside(80), { 0: outside(2000) }, { config: 'pattern 192.0.2.1 2000-2000 - - 0 1, drop', inputs: 2, outputs: 2 }),
    example('passes as it is where the input says so', inside(7), { 0: inside(7) }, { config: 'pass 0', inputs: 1, outputs: 1 }),
    example('drops what has no ports', ipv4.make({ protocol: 1 }, new Uint8Array(8)), { drop: 'no_ports' }, { config, inputs: 2, outputs: 2 }),
  ],
});
