/**
 * Lets FTP in active mode pass a network address translator (RFC 959, 4.1.2): finds the PORT commands that clients send, has
 * DATA_REWRITER remember a flow for the connection that the server will open, as if a packet of it had come by input
 * DATA_REWRITER_INPUT, and writes the new address and port into the command.
 *
 * Packets must pass CONTROL_REWRITER next, which moves the sequence numbers behind a command whose length has changed, and must know their
 * connection already. Both are rewriters of addresses and ports, and may be the same. A command must be the first thing in a packet, and end in it;
 * the server's data port is the one before that of the control connection. Everything else passes as it is, and so does a command for which no
 * port is free.
 */
import { checksum, checksummed, copyBytes, defineElement, type ElementFacts, example, integer, IP_PROTOCOL, ipv4, type Packet, pseudoHeaderSum, tcp, text, u16, u32 } from 'wirelet';
import { chooseVariation, findFlow, noteAnnotation, remember, STAGE } from './flow-table.js';
import { timesOf } from './port-rewriter.js';
import { moveFrom } from './sequence.js';
import { INPUT, resolveInputs } from './read-specification.js';

const KINDS: Readonly<Record<string, 'tcp' | 'udp' | 'both'>> = { IPRewriter: 'both', TCPRewriter: 'tcp', UDPRewriter: 'udp' };

/** "PORT" in either case of letters, and the blank behind it. */
const COMMAND = 0x504f_5254;
const CAPITALS = 0xdfdf_dfdf;
const BLANK = 0x20;
const COMMA = 0x2c;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** Blanks before the numbers, at most. */
const BLANKS_MAX = 1500;
/** Six numbers of three digits, and five commas. */
const NUMBERS_BYTES = 23;

/** Writes a number from 0 to 255 in decimal; the bytes it took. */
function writeNumber(packet: Packet, at: u32, value: number): number {
  const number = value & 0xff;
  if (number >= 100) {
    packet.storeU8(at, 48 + Math.trunc(number / 100));
    packet.storeU8(at + 1, 48 + (Math.trunc(number / 10) % 10));
    packet.storeU8(at + 2, 48 + (number % 10));
    return 3;
  }
  if (number >= 10) {
    packet.storeU8(at, 48 + Math.trunc(number / 10));
    packet.storeU8(at + 1, 48 + (number % 10));
    return 2;
  }
  packet.storeU8(at, 48 + number);
  return 1;
}

/** Bytes that such a number takes. */
function digitsOf(value: number): number {
  const number = value & 0xff;
  return number >= 100 ? 3 : number >= 10 ? 2 : 1;
}

const [OUTSIDE, LITTLE, HOST, SERVER] = [0xc000_0201, 0x0100_0001, 0x0a00_0002, 0xc633_6401];
const WRONG = ['PORT 10,0,0,2,3,9', 'PORT 10,0,0,2,3\r\n', 'PORT 10,0,0,256,3,9\r\n', 'PORT \r\n', 'PORT', 'PRT 1,2,3,4,5,6\r\n', 'PORT 10,0,0,2,3,9999\r\n'];
const segment = (source: number, sequence: number, data: string, source_port = 6587) =>
  checksummed(ipv4.make({ protocol: 6, source, destination: SERVER }, tcp.make({ source_port, destination_port: 21, sequence, flags: 0x18 }, Buffer.from(data))));
const rewriter = 'IPRewriter(pattern 192.0.2.1 9000-14000# - - 0 1, drop)';
const beside = `m :: ${rewriter}; FromDevice(none) -> [1]m; m[1] -> Discard`;
const config = 'm, m, 0';
const command = 'PORT 10,0,0,2,3,9\r\n';
const changed = 'PORT 192,0,2,1,35,40\r\n';

export default defineElement({
  name: 'FTPPortMapper',
  config: {
    control_rewriter: text({ doc: 'The rewriter that the control connection passes next.' }),
    data_rewriter: text({ doc: 'The rewriter that the data connection will pass.' }),
    data_rewriter_input: integer({ min: -0x8000_0000, max: 0x7fff_ffff, doc: 'The input of it whose pattern the data connection gets.' }),
  },
  ports: { inputs: { in: 'TCP packets to FTP servers, with marked headers.' }, outputs: { out: 'The same packets, PORT commands changed.' } },
  counters: { commands: 'PORT commands changed.', failures: 'PORT commands for which no port was free, or no room.' },
  split: { never: 'the connection for the data, which it announces, would go to another copy' },
  peers: ({ control_rewriter, data_rewriter }) => [control_rewriter, data_rewriter],
  build(context) {
    const { config, elements, fail } = context;
    const [control, data] = [elements.named(config.control_rewriter), elements.named(config.data_rewriter)];
    const wrong = (argument: string, name: string, found: ElementFacts | undefined, kinds: readonly string[], type: string) =>
      found === undefined
        ? [{ said: `there is no element "${name}"`, click: `${argument}: does not name an element` }]
        : kinds.includes(found.className) ? [] : [{ said: `"${name}" is no rewriter of addresses and ports`, click: `${argument}: element type mismatch, expected ${type}` }];
    const mistakes = [
      ...wrong('CONTROL_REWRITER', config.control_rewriter, control, ['IPRewriter', 'TCPRewriter'], 'TCPRewriter'),
      ...wrong('DATA_REWRITER', config.data_rewriter, data, Object.keys(KINDS), 'IPRewriterBase'),
    ];
    if (mistakes.length > 0 || data === undefined) return fail(mistakes.map(({ said }) => said).join('; '), undefined, mistakes.map(({ click }) => click).join('\n'));
    if (config.data_rewriter_input < 0 || config.data_rewriter_input >= data.inputs) return fail(`"${config.data_rewriter}" has no input ${config.data_rewriter_input}`, undefined, 'DATA_REWRITER_INPUT out of range');
    const resolved = resolveInputs(data.config, { elements, fail, outputs: { length: data.outputs } }, true);
    const input = resolved.inputs[config.data_rewriter_input]!;
    if (input.kind === INPUT.round_robin || input.kind === INPUT.source_hash) return fail(`input ${config.data_rewriter_input} of "${config.data_rewriter}" has a mapper instead of a pattern`);
    const ways = input.kind === INPUT.map ? [resolved.ways[input.first]!] : [];
    return { which: input.first, ways, times: timesOf(KINDS[data.className]!, data.config), input: config.data_rewriter_input };
  },
  process(packet, { built, counters, outputs, peers, clock, random, copies }) {
    const header = ipv4.at(packet);
    const start = packet.transportHeaderOffset;
    const base = packet.networkHeaderOffset;
    if (header.protocol !== IP_PROTOCOL.tcp || header.fragment_offset !== 0 || base < 0 || start < 0 || packet.transportLength < tcp.size) return outputs.out;
    const control = tcp.at(packet);
    const end = base + header.total_length;
    const data = start + control.data_offset * 4;
    if (end > packet.length || data + 6 > end || (packet.loadU32(data) & CAPITALS) !== COMMAND || packet.loadU8(data + 4) !== BLANK) return outputs.out;
    const now = clock.microseconds;
    const server = header.destination;
    const controls = peers[0]!.state.flows;
    const own = findFlow(peers[0]!.state, IP_PROTOCOL.tcp, header.source, server, (control.source_port * 65_536 + control.destination_port) >>> 0, now);
    if (own < 0) return outputs.out;
    let first = data + 5;
    for (let blanks = 0; blanks < BLANKS_MAX; blanks += 1) {
      if (first >= end || packet.loadU8(first) !== BLANK) break;
      first += 1;
    }
    let number = 0;
    let value = 0;
    let address = 0;
    let port = 0;
    let last = 0;
    // Numbers that are not there are 0.
    for (let place = 0; place <= NUMBERS_BYTES; place += 1) {
      if (first + place >= end) break;
      const byte = packet.loadU8(first + place);
      if (byte >= 48 && byte <= 57) {
        value = value * 10 + byte - 48;
        if (value > 255) return outputs.out;
      } else {
        if (number < 4) address = u32(address * 256 + value);
        else port = u16(port * 256 + value);
        value = 0;
        if (number === 5) {
          if (byte === CARRIAGE_RETURN || byte === LINE_FEED) last = first + place;
          break;
        }
        if (byte !== COMMA) return outputs.out;
        number = Math.min(number + 1, 5);
      }
    }
    // The command may go on in another packet: it is recognised whole or not at all.
    if (last === 0) return outputs.out;
    const { flows } = peers[1]!.state;
    const serverPort = u16(control.destination_port - 1);
    const ports = (port * 65_536 + serverPort) >>> 0;
    let slot = findFlow(peers[1]!.state, IP_PROTOCOL.tcp, address, server, ports, now);
    if (slot < 0) {
      for (const way of built.ways) {
        const variation = chooseVariation(peers[1]!.state, way, peers[1]!.state.next, built.which, random, copies, IP_PROTOCOL.tcp, address, server, port, serverPort, now);
        if (variation >= 0) {
          const newAddress = way.varies_address ? (way.saddr + variation) >>> 0 : way.saddr >= 0 ? way.saddr : address;
          const newPort = (way.sport >= 0 ? way.sport : port) + (way.varies_address ? 0 : variation);
          const newServer = way.daddr >= 0 ? way.daddr : server;
          const newServerPort = way.dport >= 0 ? way.dport : serverPort;
          slot = remember(peers[1]!.state, IP_PROTOCOL.tcp, address, server, ports, IP_PROTOCOL.tcp, newServer, newAddress, (newServerPort * 65_536 + newPort) >>> 0, way, built.input, built.times, now);
        }
      }
      if (slot < 0) {
        counters.failures.add(1);
        return outputs.out;
      }
    }
    const newAddress = flows.new_source[slot];
    const newPort = flows.new_ports[slot] >>> 16;
    const length = 5 + digitsOf(newAddress >>> 24) + digitsOf(newAddress >>> 16) + digitsOf(newAddress >>> 8) + digitsOf(newAddress) + digitsOf(newPort >>> 8) + digitsOf(newPort);
    const growth = length - Math.max(0, last - first);
    const rest = Math.max(0, end - last);
    if (growth > 0) {
      packet.truncate(end);
      packet.append(growth);
    }
    copyBytes(packet, Math.max(0, last + growth), packet, last, rest);
    packet.truncate(Math.max(0, end + growth));
    let at = first;
    for (let place = 0; place < 6; place += 1) {
      const shift = place < 4 ? 24 - 8 * place : 40 - 8 * place;
      at += writeNumber(packet, at, (place < 4 ? newAddress : newPort) >>> shift);
      if (place < 5) packet.storeU8(at, COMMA);
      at += 1;
    }
    const total = u16(header.total_length + growth);
    header.checksum = checksum.update(header.checksum, header.total_length, total);
    header.total_length = total;
    const bytes = Math.max(0, packet.length - start);
    control.checksum = 0;
    control.checksum = checksum.finish(checksum.add(pseudoHeaderSum(header.source, header.destination, IP_PROTOCOL.tcp, u16(bytes)), checksum.sum(packet, start, bytes)));
    counters.commands.add(1);
    noteAnnotation(flows, slot, controls.reply_anno[own]);
    if (growth !== 0) {
      const partner = controls.partner[own];
      moveFrom(peers[0]!.state, own, u32(control.sequence + Math.max(0, end - data)), growth);
      controls.stage[own] = controls.stage[own] | STAGE.adjusted;
      controls.stage[partner] = controls.stage[own];
    }
    return outputs.out;
  },
  examples: [
    example(
      'has the sequence numbers behind the command moved',
      [segment(HOST, 1, 'USER x\r\n'), segment(HOST, 9, command), segment(HOST, 9 + command.length, 'LIST\r\n')],
      { out: [segment(OUTSIDE, 1, 'USER x\r\n', 9000), segment(OUTSIDE, 9, changed.replace('40', '41'), 9000), segment(OUTSIDE, 9 + changed.length, 'LIST\r\n', 9000)] },
      { config, beside, after: '[0]m[0]' },
    ),
    example(
      'shortens the command where it can',
      [segment(HOST, 1, 'USER x\r\n'), segment(HOST, 9, 'port   10,0,0,200,200,200\r\n')],
      { out: [segment(LITTLE, 1, 'USER x\r\n', 9000), segment(LITTLE, 9, 'port   1,0,0,1,35,41\r\n', 9000)] },
      { config, beside: beside.replace('192.0.2.1', '1.0.0.1'), after: '[0]m[0]' },
    ),
    example('leaves alone what is said in connections that nobody knows', segment(HOST, 1, command), { out: segment(HOST, 1, command) }, { config, beside: `${beside}; FromDevice(other) -> [0]m; m[0] -> Discard` }),
    example(
      'leaves alone what is no whole command',
      [segment(HOST, 1, 'USER x\r\n'), ...WRONG.map((data) => segment(HOST, 9, data))],
      { out: [segment(OUTSIDE, 1, 'USER x\r\n', 9000), ...WRONG.map((data) => segment(OUTSIDE, 9, data, 9000))] },
      { config, beside, after: '[0]m[0]' },
    ),
  ],
});
