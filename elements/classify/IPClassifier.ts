/**
 * Sorts IPv4 packets by patterns in the language of tcpdump. Each pattern has an output; a packet leaves on
 * that of the first pattern it matches, and is dropped when it matches none.
 *
 * Primitives: `[src|dst|src or dst|src and dst] host 10.0.0.1`, `net 10.0.0.0/8`, `[tcp|udp] port www`; `ip
 * proto tcp`, `ip vers|hl|tos|dscp|len|id|ttl|csum 7`, `ip ect`, `ip ce`, `ip frag`, `ip unfrag`; `tcp opt
 * syn`, `tcp win 0`, `icmp type echo`; bytes of a word of four bytes of a header, `ip[6:2] & 0x1fff == 0`, `tcp[13] &
 * 2 != 0`, `transp[0:2] 53`; `ether src|dst 02:00:00:00:00:01`; `true`, `false`, and for a whole pattern `-`, `any`,
 * `all`, `none`. Between field and value may stand `& mask` and one of `== != < <= > >=`. They are joined by
 * `and`, `or`, `not` (`&&`, `||`, `!`), `? :`, parentheses, and side by side, which means `and`. What a
 * primitive leaves out is that of the one before: `dst tcp port 80 or 443`. Names of addresses are those that
 * AddressInfo declares.
 *
 * Ports, flags and ICMP types are found in the first fragment of a packet only. Where a packet ends before
 * a field, no comparison holds, nor does `!=`; `not` before one is the contrary of that. The input must have its IP
 * header marked (CheckIPHeader, MarkIPHeader).
 */
import { classify, defineElement, drop, example, HandlerError, IP_HEADER_BYTES, ipPattern, ipProgram, ipRulesProgram, ipv4, many, orRefused, programText, push, readIpPattern, rest, tcp, udp, warnOfDeadRules, warnOfPatterns, type IpPattern } from 'wirelet';

const web = ipv4.make({ protocol: 6, destination: 0x0a00_0002 }, tcp.make({ destination_port: 80, flags: 0x02 }));
const name = ipv4.make({ protocol: 17 }, udp.make({ source_port: 5353, destination_port: 53 }));

const rulesOf = (patterns: readonly IpPattern[]) => patterns.map(({ condition }, index) => ({ condition, class: index }));

export default defineElement({
  name: 'IPClassifier',
  config: { patterns: rest(ipPattern({ doc: 'A pattern for each output, such as dst tcp port 80, or - for all packets.' }), { min: 1, max: 1024 }) },
  ports: {
    inputs: { in: push('IPv4 packets with a marked header.') },
    outputs: push(many('Packets that match the pattern of that number first.', { min: 1, count: (config) => config.patterns.length, perArgument: true })),
  },
  drops: {
    unmatched: 'Packets that match no pattern.',
    short_header: 'Packets without a whole IPv4 header.',
    no_ethernet_header: 'A pattern looks at the Ethernet header, but nothing upstream marked one.',
  },
  build({ config, fail, warn, chatter }) {
    const rules = rulesOf(config.patterns);
    warnOfPatterns(config.patterns, 'patterns', { warn, chatter });
    warnOfDeadRules(config.patterns.map(({ text }) => text), rules, 'pattern', warn, { networkBytes: IP_HEADER_BYTES });
    return orRefused(fail, () => ipProgram(rules, config.patterns.length));
  },
  process(packet, { built, outputs }) {
    if (packet.networkLength < IP_HEADER_BYTES) return drop('short_header');
    if (built.readsEthernet && !packet.hasMacHeader) return drop('no_ethernet_header');
    const output = classify(built.program, packet);
    if (output < 0) return drop('unmatched');
    return outputs[output];
  },
  handlers: {
    program: {
      doc: 'The tests of words that decide, a line each: where a packet goes that has the value under the mask, and one that has not.',
      read: ({ config }) => programText(ipRulesProgram(rulesOf(config.patterns))),
    },
  },
  handlersFor: ({ patterns }) => Object.fromEntries(patterns.map((_, index) => [`pattern${index}`, {
    doc: `The pattern of output ${index}.`,
    read: ({ config }) => config.patterns[index]?.text ?? '',
    write({ config, scope, replace }, value) {
      const pattern = readIpPattern(value, scope);
      if ('error' in pattern) throw new HandlerError(pattern.click?.replaceAll('%i', String(index)) ?? pattern.error);
      replace('patterns', config.patterns.map((old, place) => (place === index ? pattern.value : old)));
    },
  }])),
  reconfigurable: true,
  examples: [
    example('sorts by port', [web, name], { 0: [web], 1: [name] }, { config: 'dst tcp port 80 or 443, udp', outputs: 2 }),
    example('sees flags', web, { 0: web }, { config: 'syn and not ack, tcp', outputs: 2 }),
    example('sorts by network', web, { 1: web }, { config: 'dst net 10.1.0.0/16, 10.0.0.0/8, -', outputs: 3 }),
    example('drops what matches nothing', name, { drop: ['unmatched'] }, { config: 'icmp type echo', outputs: 1 }),
    example('compares bytes', name, { 0: name }, { config: 'transp[2:2] & 0xff == 53, -', outputs: 2 }),
  ],
});
