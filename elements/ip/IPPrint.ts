/**
 * Prints a line for each IPv4 packet, in the manner of tcpdump, and passes it on.
 *
 * `lan: 996033261.451094: 10.0.0.1.40000 > 10.0.0.2.80: S 1:2(1,60,60) win 65535`. The numbers in parentheses are bytes of sequence space, of
 * the packet, and of the IP packet by its header. Packets without a marked network header pass without a line.
 */
import { bool, booleanHandler, checksummed, defineElement, example, flag, icmp, IP_PROTOCOL, integer, ipv4, oneOf, tcp, text, udp, type Log, type u32 } from 'wirelet';

const BYTES_MAX = 9216;
/** Bytes of a line in hex; as text twice as many. */
const HEX_BYTES = 24;
const LINE_BYTES = 48;
const CONTENTS = ['NO', 'FALSE', 'NONE', 'YES', 'TRUE', 'HEX', 'ASCII'] as const;
const outer = { source: 0x0a00_0001, destination: 0x0a00_0002 };
const segment = checksummed(ipv4.make({ ...outer, protocol: 6 }, tcp.make({ source_port: 1000, destination_port: 80, sequence: 7, acknowledgement: 9, flags: 0x18, window: 5 }, Uint8Array.from([1, 2]))));

function address(log: Log, value: u32): void {
  log.decimal(value >>> 24);
  log.text('.');
  log.decimal((value >>> 16) & 255);
  log.text('.');
  log.decimal((value >>> 8) & 255);
  log.text('.');
  log.decimal(value & 255);
}

function endpoint(log: Log, value: u32, port: number): void {
  address(log, value);
  if (port >= 0) {
    log.text('.');
    log.decimal(port);
  }
}

function endpoints(log: Log, source: u32, sport: number, destination: u32, dport: number): void {
  endpoint(log, source, sport);
  log.text(' > ');
  endpoint(log, destination, dport);
  log.text(': ');
}

/** Six digits of microseconds, or nine where there are nanoseconds. */
function fraction(log: Log, nanoseconds: number): void {
  const micro = Math.trunc(nanoseconds / 1000);
  log.text('.');
  if (micro < 100_000) log.text('0');
  if (micro < 10_000) log.text('0');
  if (micro < 1_000) log.text('0');
  if (micro < 100) log.text('0');
  if (micro < 10) log.text('0');
  log.decimal(micro);
  const rest = nanoseconds - micro * 1000;
  if (rest !== 0) {
    if (rest < 100) log.text('0');
    if (rest < 10) log.text('0');
    log.decimal(rest);
  }
}

export default defineElement({
  name: 'IPPrint',
  config: {
    label: text({ default: '', doc: 'What the line begins with.' }),
    contents: oneOf(CONTENTS, { default: 'NO', keyword: true, doc: 'How the bytes of the packet are shown, on lines of their own.' }),
    payload: oneOf(CONTENTS, { default: 'NO', keyword: true, doc: 'How the bytes behind the headers are shown.' }),
    maxlength: integer({ default: 1500, min: -1, max: BYTES_MAX, keyword: true, doc: 'Bytes shown; -1: all.' }),
    nbytes: integer({ default: 1500, min: -1, max: BYTES_MAX, keyword: true, doc: 'Another name of MAXLENGTH.' }),
    id: bool({ default: false, keyword: true, doc: 'Whether the identification is shown.' }),
    timestamp: bool({ default: true, keyword: true, doc: "Whether the packet's time is shown." }),
    paint: bool({ default: false, keyword: true, doc: 'Whether the paint is shown.' }),
    tos: bool({ default: false, keyword: true, doc: 'Whether the type of service is shown.' }),
    ttl: bool({ default: false, keyword: true, doc: 'Whether the time to live is shown.' }),
    swap: bool({ default: false, keyword: true, doc: 'Whether the bytes of ICMP identifiers and sequence numbers are swapped.' }),
    length: bool({ default: false, keyword: true, doc: 'Whether the length of the IP packet is shown.' }),
    aggregate: bool({ default: false, keyword: true, doc: 'Whether the aggregate annotation is shown.' }),
    active: bool({ default: true, keyword: true, doc: 'Whether lines are printed.' }),
  },
  ports: { inputs: { in: 'IPv4 packets with marked headers.' }, outputs: { out: 'The same packets.' } },
  state: ({ config }) => ({ active: flag(config.active) }),
  build({ config: { maxlength, nbytes, contents, payload } }) {
    const shown = maxlength !== 1500 ? maxlength : nbytes;
    const kind = (value: string) => (value === 'ASCII' ? 2 : value === 'YES' || value === 'TRUE' || value === 'HEX' ? 1 : 0);
    return { shown: shown < 0 ? BYTES_MAX : shown, contents: kind(contents) || kind(payload), behind: kind(contents) === 0 };
  },
  process(packet, { config, built, outputs, state, log }) {
    if (!state.active || !packet.hasNetworkHeader || packet.networkLength < ipv4.size) return outputs.out;
    const header = ipv4.at(packet);
    const source = header.source;
    const destination = header.destination;
    const protocol = header.protocol;
    const total = header.total_length;
    const behind = total - header.header_length * 4;
    const first = header.fragment_offset === 0;
    const room = packet.hasTransportHeader ? packet.transportLength : 0;
    if (config.label.length > 0) {
      log.text(config.label);
      log.text(': ');
    }
    if (config.timestamp) {
      log.decimal(packet.timestampSeconds);
      fraction(log, packet.timestampNanoseconds);
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
    let skipped = header.header_length * 4;
    if (first && protocol === IP_PROTOCOL.tcp && room >= tcp.size) {
      const view = tcp.at(packet);
      const bits = view.flags;
      const offset = view.data_offset * 4;
      skipped += offset;
      endpoints(log, source, view.source_port, destination, view.destination_port);
      let bytes = behind - offset;
      if ((bits & 2) !== 0) {
        log.text('S');
        bytes += 1;
      }
      if ((bits & 1) !== 0) {
        log.text('F');
        bytes += 1;
      }
      if ((bits & 4) !== 0) log.text('R');
      if ((bits & 8) !== 0) log.text('P');
      if ((bits & 15) === 0) log.text('.');
      log.text(' ');
      log.decimal(view.sequence);
      log.text(':');
      log.decimal((view.sequence + bytes) >>> 0);
      log.text('(');
      log.decimal(bytes);
      log.text(',');
      log.decimal(packet.length);
      log.text(',');
      log.decimal(total);
      log.text(')');
      if ((bits & 16) !== 0) {
        log.text(' ack ');
        log.decimal(view.acknowledgement);
      }
      log.text(' win ');
      log.decimal(view.window);
    } else if (first && protocol === IP_PROTOCOL.udp && room >= udp.size) {
      const view = udp.at(packet);
      skipped += udp.size;
      endpoints(log, source, view.source_port, destination, view.destination_port);
      log.text('udp ');
      log.decimal(view.length);
    } else if (first && protocol === IP_PROTOCOL.icmp && room >= icmp.size) {
      const view = icmp.at(packet);
      skipped += icmp.size;
      endpoints(log, source, -1, destination, -1);
      log.text('icmp');
      if (view.type === 0 || view.type === 8) {
        const id = view.identifier;
        const sequence = view.sequence;
        if (view.type === 0) log.text(': echo reply (');
        else log.text(': echo request (');
        log.decimal(config.swap ? (id & 255) * 256 + (id >>> 8) : id);
        log.text(', ');
        log.decimal(config.swap ? (sequence & 255) * 256 + (sequence >>> 8) : sequence);
        log.text(')');
      } else {
        log.text(': type ');
        log.decimal(view.type);
      }
    } else {
      endpoints(log, source, -1, destination, -1);
      if (protocol === IP_PROTOCOL.tcp) log.text('tcp');
      else if (protocol === IP_PROTOCOL.udp) log.text('udp');
      else if (protocol === IP_PROTOCOL.icmp) log.text('icmp');
      else {
        log.text('ip-proto-');
        log.decimal(protocol);
      }
    }
    if (!first || header.more_fragments === 1) {
      log.text(' (frag ');
      log.decimal(header.identification);
      log.text(':');
      log.decimal(behind);
      log.text('@');
      log.decimal(header.fragment_offset * 8);
      if (header.more_fragments === 1) log.text('+');
      log.text(')');
    }
    if (built.contents > 0) {
      log.end();
      const start = built.behind ? Math.max(0, packet.networkHeaderOffset) + skipped : 0;
      const shown = Math.min(built.shown, packet.length - start);
      for (let at = 0; at < BYTES_MAX; at += LINE_BYTES) {
        if (at > 0 && at > shown) break;
        if (at > 0) log.end();
        const size = Math.max(0, Math.min(built.contents === 1 ? HEX_BYTES : LINE_BYTES, shown - at));
        if (size === 0) {
          log.text('  ');
          break;
        }
        if (built.contents === 1) {
          log.text('  ');
          log.hex(packet, start + at, size);
          if (size < HEX_BYTES && size % 4 === 0) log.text(' ');
          if (size === HEX_BYTES) {
            log.end();
            log.text('  ');
            const more = Math.max(0, Math.min(HEX_BYTES, shown - at - HEX_BYTES));
            if (more > 0) log.hex(packet, start + at + HEX_BYTES, more);
            if (more > 0 && more < HEX_BYTES && more % 4 === 0) log.text(' ');
            if (more < HEX_BYTES) break;
          } else break;
        } else {
          log.text(' ');
          log.ascii(packet, start + at, size);
          if (size < LINE_BYTES) {
            if (size % 8 === 0) log.text(' ');
            break;
          }
        }
      }
    }
    log.end();
    return outputs.out;
  },
  handlers: { active: booleanHandler('active', 'Whether lines are printed.') },
  examples: [example('passes packets on', segment, { out: segment }, { config: 'lan' })],
});
