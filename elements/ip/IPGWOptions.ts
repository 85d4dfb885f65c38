/**
 * Does what every router on the way must do for the options of an IPv4 header (RFC 791, 3.1; RFC 1812, 4.2.2.2):
 * writes its address into Record Route, and the time into Timestamp. Source routes are left to others. The
 * header checksum is updated; packets without options pass untouched.
 *
 * Packets with a wrong option leave by `bad` as they came; their annotation `icmp_parameter` says which byte of
 * the header is wrong, for an `ICMPError(..., parameterproblem)`. Use it on the way to an interface, behind the
 * route look-up: MYADDR is the address of that interface.
 */
import { defineElement, drop, example, ipv4, ipv4Address, optional, words } from 'wirelet';
import { ANSWER, answerOptions } from './gateway-options.js';

const withOptions = (...options: number[]) => ipv4.make({}, new Uint8Array(4), Uint8Array.from(options));
/** 10.9.9.9 */
const ADDRESS = [10, 9, 9, 9];
/** Examples take place at 01:46:40, 6,400,000 ms after midnight. */
const TIME = [0, 0x61, 0xa8, 0];

export default defineElement({
  name: 'IPGWOptions',
  config: {
    myaddr: ipv4Address({ doc: 'The address of the interface by which packets leave.' }),
    otheraddrs: words(ipv4Address({ doc: "The router's other addresses, for Timestamp options that name one." })),
  },
  ports: {
    inputs: { in: 'IPv4 packets with a checked header.' },
    outputs: { out: 'The same packets, their options answered.', bad: optional('Packets with a wrong option, as they came.') },
  },
  counters: { packets_recorded: 'Packets in which an address or time was written.', packets_bad: 'Packets with a wrong option.' },
  drops: { bad_header: 'The header is said to be shorter than 20 bytes, or longer than the packet.' },
  build: ({ config }) => ({ own: [...new Set([config.myaddr, ...config.otheraddrs])] }),
  process(packet, { config, built, clock, counters, outputs }) {
    const answer = answerOptions(packet, config.myaddr, built.own, clock);
    if (answer === ANSWER.no_header) return drop('bad_header');
    if (answer === ANSWER.wrong) {
      counters.packets_bad.add(1);
      return outputs.bad;
    }
    if (answer === ANSWER.written) counters.packets_recorded.add(1);
    return outputs.out;
  },
  handlers: { drops: { doc: 'Packets with a wrong option.', read: ({ counters }) => String(counters.packets_bad.value) } },
  examples: [
    example('records the route', withOptions(7, 7, 4, 0, 0, 0, 0, 0), { out: withOptions(7, 7, 8, ...ADDRESS, 0) }, { config: '10.9.9.9', counters: { packets_recorded: 1 } }),
    example('records it at an odd place', withOptions(1, 7, 7, 4, 0, 0, 0, 0), { out: withOptions(1, 7, 7, 8, ...ADDRESS) }, { config: '10.9.9.9' }),
    example('leaves a full record alone', withOptions(7, 7, 8, 1, 2, 3, 4, 0), { out: withOptions(7, 7, 8, 1, 2, 3, 4, 0) }, { config: '10.9.9.9', counters: { packets_recorded: 0 } }),
    example('writes the time', withOptions(68, 8, 5, 0, 0, 0, 0, 0), { out: withOptions(68, 8, 9, 0, ...TIME) }, { config: '10.9.9.9' }),
    example('writes address and time', withOptions(68, 12, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0), { out: withOptions(68, 12, 13, 1, ...ADDRESS, ...TIME) }, { config: '10.9.9.9' }),
    example('writes the time where its other address is asked', withOptions(68, 12, 5, 3, 10, 8, 8, 8, 0, 0, 0, 0), { out: withOptions(68, 12, 13, 3, 10, 8, 8, 8, ...TIME) }, { config: '10.9.9.9, 10.7.7.7 10.8.8.8' }),
    example('leaves it where another router is asked', withOptions(68, 12, 5, 3, 10, 8, 8, 1, 0, 0, 0, 0), { out: withOptions(68, 12, 5, 3, 10, 8, 8, 1, 0, 0, 0, 0) }, { config: '10.9.9.9' }),
    example('counts routers without room', withOptions(68, 8, 9, 0x20, 1, 2, 3, 4), { out: withOptions(68, 8, 9, 0x30, 1, 2, 3, 4) }, { config: '10.9.9.9' }),
    example('finds that it can count no more', withOptions(68, 8, 9, 0xf0, 1, 2, 3, 4), { bad: withOptions(68, 8, 9, 0xf0, 1, 2, 3, 4) }, { config: '10.9.9.9', counters: { packets_bad: 1 } }),
    example('finds room for half an address', withOptions(7, 6, 4, 0, 0, 0, 0, 0), { bad: withOptions(7, 6, 4, 0, 0, 0, 0, 0) }, { config: '10.9.9.9' }),
    example('finds a pointer far behind the record', withOptions(7, 7, 12, 1, 2, 3, 4, 0), { bad: withOptions(7, 7, 12, 1, 2, 3, 4, 0) }, { config: '10.9.9.9' }),
    example('finds an option that is longer than the header', withOptions(7, 39, 4, 0), { bad: withOptions(7, 39, 4, 0) }, { config: '10.9.9.9' }),
    example('leaves a packet whole when only its last option is wrong', withOptions(7, 7, 4, 0, 0, 0, 0, 7), { bad: withOptions(7, 7, 4, 0, 0, 0, 0, 7) }, { config: '10.9.9.9' }),
    example('drops a header that is longer than the packet', ipv4.make({ header_length: 15 }), { drop: 'bad_header' }, { config: '10.9.9.9' }),
    example('lets packets without options pass', ipv4.make({}), { out: ipv4.make({}) }, { config: '10.9.9.9' }),
  ],
});
