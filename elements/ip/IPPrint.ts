/**
 * Prints a line for each IPv4 packet, in the manner of tcpdump, and passes it on.
 *
 * `lan: 996033261.451094: 10.0.0.1.40000 > 10.0.0.2.80: S 1:2(1,60,60) win 65535`. The numbers in parentheses are bytes of sequence space, of
 * the packet, and of the IP packet by its header. Packets without a marked network header pass without a line.
 */
import { bool, booleanHandler, channelMark, checksummed, CONTENTS, contentsOf, defineElement, example, fileMark, filename, flag, ICMP_CODES, ICMP_TYPES, IP_PROTOCOL, integer, ipv4, logAddress, logTime, Packet, string, tcp, text, type Log, type u32 } from 'wirelet';
import { logFrameAddresses } from '../ethernet/frame-addresses.js';

const BYTES_MAX = 9216;
const BYTES_DEFAULT = 1500;
/** Bytes of a line in hex, and as text. */
const HEX_BYTES = 24;
const TEXT_BYTES = 48;
/** Numbers of bytes are what a C program takes for one; negative: all bytes. */
const BYTES = { min: -(2 ** 31), max: 2 ** 31 - 1 };
/** Protocols with a name in lines about unreachable ones. */
const PROTOCOLS = [{ value: 1, name: 'icmp' }, { value: 2, name: 'igmp' }, { value: 4, name: 'ipip' }, { value: 6, name: 'tcp' }, { value: 17, name: 'udp' }, { value: 33, name: 'dccp' }, { value: 132, name: 'sctp' }, { value: 136, name: 'udplite' }];
const TYPES = [...ICMP_TYPES].map(([name, value]) => ({ name, value }));
const CODES = Object.entries(ICMP_CODES).flatMap(([type, codes]) => {
  const seen = new Set<number>();
  return Object.entries(codes).flatMap(([name, code]) => (seen.has(code) ? [] : (seen.add(code), [{ type: Number(type), code, name }])));
});
const ECHO_REPLY = 0;
const UNREACHABLE = 3;
const ECHO = 8;
const outer = { source: 0x0a00_0001, destination: 0x0a00_0002 };
const segment = checksummed(ipv4.make({ ...outer, protocol: 6 }, tcp.make({ source_port: 1000, destination_port: 80, sequence: 7, acknowledgement: 9, flags: 0x18, window: 5 }, Uint8Array.from([1, 2]))));

interface Named {
  readonly protocols: readonly { readonly value: number; readonly name: string }[];
  readonly types: readonly { readonly value: number; readonly name: string }[];
  readonly codes: readonly { readonly type: number; readonly code: number; readonly name: string }[];
}

function logPair(log: Log, source: u32, destination: u32): void {
  logAddress(log, source);
  log.text(' > ');
  logAddress(log, destination);
  log.text(': ');
}

function logEndpoints(log: Log, packet: Packet, at: number, source: u32, destination: u32): void {
  logAddress(log, source);
  log.text('.');
  log.decimal(packet.loadU16(at));
  log.text(' > ');
  logAddress(log, destination);
  log.text('.');
  log.decimal(packet.loadU16(at + 2));
  log.text(': ');
}

/** `at`: where the segment begins, `size` how much of it is there, `bytes` how long it is by the IP header. */
function logTcp(log: Log, packet: Packet, at: number, size: number, bytes: number, total: number, source: u32, destination: u32): void {
  if (size < 4) {
    logPair(log, source, destination);
    log.text('truncated-tcp');
    return;
  }
  logEndpoints(log, packet, at, source, destination);
  if (size < 14) {
    log.text('truncated-tcp');
    return;
  }
  const bits = packet.loadU8(at + 13);
  const sequence = packet.loadU32(at + 4);
  let length = bytes - (packet.loadU8(at + 12) >>> 4) * 4;
  if ((bits & 2) !== 0) {
    log.text('S');
    length += 1;
  }
  if ((bits & 1) !== 0) {
    log.text('F');
    length += 1;
  }
  if ((bits & 4) !== 0) log.text('R');
  if ((bits & 8) !== 0) log.text('P');
  if ((bits & 15) === 0) log.text('.');
  log.text(' ');
  log.decimal(sequence);
  log.text(':');
  log.decimal((sequence + length) >>> 0);
  log.text('(');
  log.decimal(length);
  log.text(',');
  log.decimal(packet.length);
  log.text(',');
  log.decimal(total);
  log.text(')');
  if ((bits & 16) !== 0) {
    log.text(' ack ');
    log.decimal(packet.loadU32(at + 8));
  }
  if (size < 16) {
    log.text('truncated-tcp');
    return;
  }
  log.text(' win ');
  log.decimal(packet.loadU16(at + 14));
}

function logUdp(log: Log, packet: Packet, at: number, size: number, source: u32, destination: u32): void {
  if (size < 4) logPair(log, source, destination);
  else logEndpoints(log, packet, at, source, destination);
  if (size < 8) log.text('truncated-udp');
  else {
    log.text('udp ');
    log.decimal(packet.loadU16(at + 4));
  }
}

function logCode(log: Log, named: Named, type: number, code: number, always: boolean): void {
  let known = false;
  for (const entry of named.codes) {
    if (type === entry.type && code === entry.code) {
      log.text(entry.name);
      known = true;
    }
  }
  if (!known && (always || code !== 0)) {
    log.text('code ');
    log.decimal(code);
  }
}

/** What an error says that something is unreachable, and what of the packet that it quotes. */
function logUnreachable(log: Log, packet: Packet, named: Named, at: number, size: number): void {
  const code = packet.loadU8(at + 1);
  if (size < 28) {
    log.text('unreachable ');
    logCode(log, named, UNREACHABLE, code, true);
    log.text(' truncated-icmp');
    return;
  }
  logAddress(log, packet.loadU32(at + 24));
  log.text(' unreachable ');
  logCode(log, named, UNREACHABLE, code, true);
  const protocol = packet.loadU8(at + 17);
  if (code === 2 || code === 3) {
    let known = false;
    log.text(' ');
    for (const entry of named.protocols) {
      if (protocol === entry.value) {
        log.text(entry.name);
        known = true;
      }
    }
    if (!known) {
      if (code === 3) log.text('protocol ');
      log.decimal(protocol);
    }
  }
  if (code === 3) {
    const header = (packet.loadU8(at + 8) & 15) * 4;
    if (size < 8 + header + 4) log.text('truncated-icmp');
    else {
      log.text('/');
      log.decimal(packet.loadU16(at + 8 + header + 2));
    }
  }
  if (code === 4 && packet.loadU16(at + 6) !== 0) {
    log.text(' (mtu ');
    log.decimal(packet.loadU16(at + 6));
    log.text(')');
  }
}

function logIcmp(log: Log, packet: Packet, named: Named, at: number, size: number, swap: boolean): void {
  if (size < 2) {
    log.text('truncated-icmp');
    return;
  }
  const type = packet.loadU8(at);
  const code = packet.loadU8(at + 1);
  log.text('icmp ');
  if (type === ECHO_REPLY || type === ECHO) {
    if (type === ECHO) log.text('echo ');
    else log.text('echo-reply ');
    if (size < 8) {
      log.text('truncated-icmp');
      return;
    }
    const id = packet.loadU16(at + 4);
    const sequence = packet.loadU16(at + 6);
    log.text('(');
    log.decimal(swap ? id : (id & 255) * 256 + (id >>> 8));
    log.text(', ');
    log.decimal(swap ? sequence : (sequence & 255) * 256 + (sequence >>> 8));
    log.text(')');
  } else if (type === UNREACHABLE) logUnreachable(log, packet, named, at, size);
  else {
    let known = false;
    for (const entry of named.types) {
      if (type === entry.value) {
        log.text(entry.name);
        known = true;
      }
    }
    if (!known) {
      log.text('type ');
      log.decimal(type);
    }
    let hasCode = code !== 0;
    for (const entry of named.codes) if (type === entry.type && code === entry.code) hasCode = true;
    if (hasCode) log.text(' ');
    logCode(log, named, type, code, false);
  }
}

/** Bytes from `start` on, on lines of their own. */
function logBytes(log: Log, packet: Packet, start: number, shown: number, asText: boolean): void {
  if (asText) {
    for (let at = 0; at < BYTES_MAX; at += TEXT_BYTES) {
      if (at >= shown) break;
      log.text('\n ');
      log.ascii(packet, start + at, Math.max(0, Math.min(TEXT_BYTES, shown - at)));
    }
  } else {
    for (let at = 0; at < BYTES_MAX; at += HEX_BYTES) {
      if (at >= shown) break;
      log.text('\n  ');
      log.hex(packet, start + at, Math.max(0, Math.min(HEX_BYTES, shown - at)));
    }
  }
}

export default defineElement({
  name: 'IPPrint',
  config: {
    label: string({ default: '', doc: 'What the line begins with.' }),
    contents: contentsOf('contents', { default: CONTENTS.none, doc: 'How the bytes of the packet are shown, on lines of their own.' }),
    payload: contentsOf('payload', { default: CONTENTS.none, doc: 'How the bytes behind the headers are shown.' }),
    maxlength: integer({ default: 1500, ...BYTES, keyword: true, doc: 'Bytes shown; -1: all.' }),
    nbytes: integer({ default: 1500, ...BYTES, keyword: true, doc: 'Another name of MAXLENGTH.' }),
    ether: bool({ default: false, keyword: true, doc: 'Whether the addresses of the Ethernet header before the IP header are shown, as in FastClick.' }),
    id: bool({ default: false, keyword: true, doc: 'Whether the identification is shown.' }),
    timestamp: bool({ default: true, keyword: true, doc: "Whether the packet's time is shown." }),
    paint: bool({ default: false, keyword: true, doc: 'Whether the paint is shown.' }),
    tos: bool({ default: false, keyword: true, doc: 'Whether the type of service is shown.' }),
    ttl: bool({ default: false, keyword: true, doc: 'Whether the time to live is shown.' }),
    swap: bool({ default: true, keyword: true, doc: 'Whether ICMP identifiers and sequence numbers are shown as they are sent; else with their bytes swapped.' }),
    length: bool({ default: false, keyword: true, doc: 'Whether the length of the IP packet is shown.' }),
    aggregate: bool({ default: false, keyword: true, doc: 'Whether the aggregate annotation is shown.' }),
    active: bool({ default: true, keyword: true, doc: 'Whether lines are printed.' }),
    outfile: filename({ default: '', keyword: true, doc: "A file that lines are written to, under Click's driver." }),
    channel: text({ default: '', keyword: true, doc: "The channel of a ChatterSocket that lines go to, under Click's driver." }),
  },
  ports: { inputs: { in: 'IPv4 packets with marked headers.' }, outputs: { out: 'The same packets.' } },
  split: 'each',
  state: ({ config }) => ({ active: flag(config.active) }),
  build({ config: { maxlength, nbytes, contents, payload, outfile, channel }, chatter, fail }) {
    const shown = maxlength !== BYTES_DEFAULT ? maxlength : nbytes;
    if (contents > 0 && payload > 0) return fail('specify at most one of PAYLOAD and CONTENTS');
    if (outfile !== '' && chatter === '') return fail('OUTFILE writes a file, which an appliance does not have');
    const mark = chatter === '' ? '' : outfile !== '' ? fileMark(outfile) : channelMark(channel);
    return { shown: shown < 0 ? BYTES_MAX : Math.min(shown, BYTES_MAX), contents: contents || payload, behind: payload > 0, mark, protocols: PROTOCOLS, types: TYPES, codes: CODES };
  },
  process(packet, { config, built, outputs, state, log }) {
    if (!state.active || !packet.hasNetworkHeader) return outputs.out;
    if (built.mark.length > 0) log.text(built.mark);
    if (config.label.length > 0) {
      log.text(config.label);
      log.text(': ');
    }
    if (config.timestamp) {
      logTime(log, packet.timestampSeconds, packet.timestampNanoseconds);
      log.text(': ');
    }
    if (config.aggregate) {
      log.text('#');
      log.decimal(packet.annotationU32(20));
    }
    if (config.paint) {
      if (config.aggregate) log.text('.');
      else log.text('paint ');
      log.decimal(packet.paint);
    }
    if (config.aggregate || config.paint) log.text(': ');
    const ip = packet.networkHeaderOffset;
    if (config.ether) logFrameAddresses(log, packet, ip);
    if (packet.networkLength < ipv4.size || ip < 0) {
      log.text('truncated-ip');
      log.end();
      return outputs.out;
    }
    const header = ipv4.at(packet);
    const source = header.source;
    const destination = header.destination;
    const protocol = header.protocol;
    const total = header.total_length;
    const bytes = total - header.header_length * 4;
    const first = header.fragment_offset === 0;
    const at = packet.hasTransportHeader ? Math.max(0, packet.transportHeaderOffset) : packet.length;
    const size = Math.min(packet.length - at, bytes);
    if (config.id) {
      log.text('id ');
      log.decimal(header.identification);
      log.text(' ');
    }
    if (config.ttl) {
      log.text('ttl ');
      log.decimal(header.ttl);
      log.text(' ');
    }
    if (config.tos) {
      log.text('tos ');
      log.decimal(header.tos);
      log.text(' ');
    }
    if (config.length) {
      log.text('length ');
      log.decimal(total);
      log.text(' ');
    }
    let skipped = at;
    if (protocol === IP_PROTOCOL.tcp && first) {
      logTcp(log, packet, at, size, bytes, total, source, destination);
      if (size > 12) skipped = at + (packet.loadU8(at + 12) >>> 4) * 4;
    } else if (protocol === IP_PROTOCOL.udp && first) {
      logUdp(log, packet, at, size, source, destination);
      skipped = at + 8;
    } else {
      logPair(log, source, destination);
      if (protocol === IP_PROTOCOL.icmp && first) logIcmp(log, packet, built, at, size, config.swap);
      else if (protocol === IP_PROTOCOL.icmp) log.text('icmp');
      else if (protocol === IP_PROTOCOL.tcp) log.text('tcp');
      else if (protocol === IP_PROTOCOL.udp) log.text('udp');
      else {
        log.text('ip-proto-');
        log.decimal(protocol);
      }
    }
    if (!first || header.more_fragments === 1) {
      log.text(' (frag ');
      log.decimal(header.identification);
      log.text(':');
      log.decimal(bytes);
      log.text('@');
      log.decimal(header.fragment_offset * 8);
      if (header.more_fragments === 1) log.text('+');
      log.text(')');
    }
    if (built.contents > 0) {
      const start = built.behind ? Math.min(skipped, packet.length) : 0;
      logBytes(log, packet, start, Math.min(built.shown, packet.length - start), built.contents === 2);
    }
    log.end();
    return outputs.out;
  },
  handlers: { active: booleanHandler('active', 'Whether lines are printed.') },
  examples: [example('passes packets on', segment, { out: segment }, { config: 'lan' })],
});
