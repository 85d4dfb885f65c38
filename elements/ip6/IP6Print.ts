/**
 * Prints a line about each IPv6 packet and passes it on: a label, the addresses, length, next header, hop limit, and with CONTENTS the
 * packet's bytes in hex, 24 on a line of their own. Packets without a marked header, or with one that is cut off, are said to be so.
 *
 * `lan: 2001:db8::1 -> 2001:db8::2 plen 8, next 17, hlim 64`
 */
import { bool, booleanHandler, defineElement, ethernet, example, flag, integer, ipv6, logAddress6, string, type Log, type Packet } from 'wirelet';

const BYTES_MAX = 9216;
const LINE_BYTES = 24;

/** Bytes from the first one on, with a blank behind each four; what a full line is followed by is a line, too. */
function logBytes(log: Log, packet: Packet, shown: number): void {
  for (let at = 0; at <= BYTES_MAX; at += LINE_BYTES) {
    if (at > shown) break;
    const count = Math.min(LINE_BYTES, shown - at);
    log.text('\n  ');
    log.hex(packet, at, Math.max(0, count));
    if (count > 0 && count < LINE_BYTES && count % 4 === 0) log.text(' ');
  }
}

const packet = ipv6.make({}, new Uint8Array(8));

export default defineElement({
  name: 'IP6Print',
  config: {
    label: string({ default: '', doc: 'What the line begins with.' }),
    nbytes: integer({ default: 1500, keyword: true, doc: 'Bytes shown with CONTENTS.' }),
    contents: bool({ default: false, keyword: true, doc: 'Show the bytes of packets.' }),
    active: bool({ default: true, keyword: true, doc: 'Whether lines are printed.' }),
  },
  ports: { inputs: { in: 'IPv6 packets with a marked header.' }, outputs: { out: 'The same packets.' } },
  split: 'each',
  state: ({ config }) => ({ active: flag(config.active) }),
  build: ({ config }) => ({ shown: Math.min(config.nbytes, BYTES_MAX) }),
  process(packet, { config, built, state, outputs, log }) {
    if (!state.active) return outputs.out;
    if (config.label.length > 0) {
      log.text(config.label);
      log.text(': ');
    }
    if (!packet.hasNetworkHeader) {
      log.text('(no IPv6 header)');
      log.end();
      return outputs.out;
    }
    if (packet.networkHeaderOffset < 0 || packet.networkLength < ipv6.size) {
      log.text('(IPv6 header cut off)');
      log.end();
      return outputs.out;
    }
    const header = ipv6.at(packet);
    logAddress6(log, header.source_0, header.source_1, header.source_2, header.source_3);
    log.text(' -> ');
    logAddress6(log, header.destination_0, header.destination_1, header.destination_2, header.destination_3);
    log.text(' plen ');
    log.decimal(header.payload_length);
    log.text(', next ');
    log.decimal(header.next_header);
    log.text(', hlim ');
    log.decimal(header.hop_limit);
    if (config.contents) logBytes(log, packet, Math.min(packet.length, built.shown));
    log.end();
    return outputs.out;
  },
  handlers: { active: booleanHandler('active', 'Whether lines are printed.') },
  examples: [
    example('passes packets on', packet, { out: packet }, { config: 'lan' }),
    example('shows their bytes', { ...ethernet.make({}, packet), networkHeader: 14 }, { out: ethernet.make({}, packet) }, { config: 'CONTENTS true, NBYTES 44' }),
    example('passes what has no header', [new Uint8Array(60), new Uint8Array()], { out: [new Uint8Array(60), new Uint8Array()] }),
    example('passes a header that is cut off', { bytes: packet.bytes.subarray(0, 39), networkHeader: 0 }, { out: packet.bytes.subarray(0, 39) }),
    example('is silent when told to', packet, { out: packet }, { config: 'ACTIVE false' }),
  ],
});
