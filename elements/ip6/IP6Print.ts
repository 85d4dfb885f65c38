/**
 * Prints a line about each IPv6 packet and passes it on: a label, the addresses, length, next header, hop limit, traffic class, and
 * with CONTENTS the first bytes in hex. Packets without a marked header, or with one that is cut off, are said to be so.
 *
 * `lan: 20010DB8000000000000000000000001 > 20010DB8000000000000000000000002, plen 8, next 17, hlim 64`
 */
import { bool, booleanHandler, defineElement, ethernet, example, flag, integer, ipv6, text, type Log } from 'wirelet';

/** The four words of an address, as 32 digits. */
function address(log: Log, word0: number, word1: number, word2: number, word3: number): void {
  log.hexadecimal(word0, 8);
  log.hexadecimal(word1, 8);
  log.hexadecimal(word2, 8);
  log.hexadecimal(word3, 8);
}

const packet = ipv6.make({}, new Uint8Array(8));

export default defineElement({
  name: 'IP6Print',
  config: {
    label: text({ default: '', doc: 'What the line begins with.' }),
    nbytes: integer({ default: 1500, max: 9216, keyword: true, doc: 'Bytes shown with CONTENTS.' }),
    contents: bool({ default: false, keyword: true, doc: 'Show the bytes of packets, from the IPv6 header on.' }),
    active: bool({ default: true, keyword: true, doc: 'Whether lines are printed.' }),
  },
  ports: { inputs: { in: 'IPv6 packets with a marked header.' }, outputs: { out: 'The same packets.' } },
  split: 'each',
  state: ({ config }) => ({ active: flag(config.active) }),
  process(packet, { config, state, outputs, log }) {
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
    const start = packet.networkHeaderOffset;
    const length = packet.networkLength;
    if (start < 0 || length < ipv6.size) {
      log.text('(IPv6 header cut off)');
      log.end();
      return outputs.out;
    }
    const header = ipv6.at(packet);
    address(log, header.source_0, header.source_1, header.source_2, header.source_3);
    log.text(' > ');
    address(log, header.destination_0, header.destination_1, header.destination_2, header.destination_3);
    log.text(', plen ');
    log.decimal(header.payload_length);
    log.text(', next ');
    log.decimal(header.next_header);
    log.text(', hlim ');
    log.decimal(header.hop_limit);
    if (header.traffic_class !== 0) {
      log.text(', class ');
      log.decimal(header.traffic_class);
    }
    if (config.contents) {
      log.text(' | ');
      log.hex(packet, start, Math.min(length, config.nbytes));
    }
    log.end();
    return outputs.out;
  },
  handlers: { active: booleanHandler('active', 'Whether lines are printed.') },
  examples: [
    example('passes packets on', packet, { out: packet }, { config: 'lan' }),
    example('shows their bytes', { ...ethernet.make({}, packet), networkHeader: 14 }, { out: ethernet.make({}, packet) }, { config: 'CONTENTS true, NBYTES 44' }),
    example('shows the class', ipv6.make({ traffic_class: 0xb8 }), { out: ipv6.make({ traffic_class: 0xb8 }) }),
    example('passes what has no header', [new Uint8Array(60), new Uint8Array()], { out: [new Uint8Array(60), new Uint8Array()] }),
    example('passes a header that is cut off', { bytes: packet.bytes.subarray(0, 39), networkHeader: 0 }, { out: packet.bytes.subarray(0, 39) }),
    example('is silent when told to', packet, { out: packet }, { config: 'ACTIVE false' }),
  ],
});
