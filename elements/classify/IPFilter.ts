/**
 * A firewall: rules are tried in order, and the first one that a packet matches decides. A rule is an action
 * and a pattern: `allow` sends packets on output 0, a number on that output, `deny` (or `drop`) drops them.
 * Packets that match no rule are dropped.
 *
 * As in FastClick, `file NAME` stands for the rules of a file, one a line.
 *
 * IPClassifier's page describes patterns: `allow src net 10.0.0.0/8 and dst tcp port 80 or 443`. However many
 * rules there are, they become one decision graph in which no packet is asked the same thing twice. The
 * input must have its IP header marked (CheckIPHeader, MarkIPHeader).
 */
import { classify, defineElement, drop, example, filterRule, IP_HEADER_BYTES, ipProgram, ipRulesProgram, ipv4, many, orRefused, programText, push, rest, tcp, udp, warnOfDeadRules, warnOfPatterns, type FilterRule } from 'wirelet';

const web = ipv4.make({ protocol: 6, destination: 0x0a00_0002 }, tcp.make({ destination_port: 80, flags: 0x02 }));
const name = ipv4.make({ protocol: 17 }, udp.make({ source_port: 5353, destination_port: 53 }));
const laterFragment = ipv4.make({ protocol: 17, fragment: 0x2001 }, Uint8Array.from([0, 53, 0, 53]));

const rulesOf = (rules: readonly FilterRule[]) => rules.map(({ condition, output }) => ({ condition, class: output }));

export default defineElement({
  name: 'IPFilter',
  config: { rules: { ...rest(filterRule({ doc: 'Rules in order: allow, deny or an output, and a pattern, such as allow dst tcp port 80; file NAME: those in the lines of a file.' }), { min: 1 }), fromFiles: true } },
  ports: {
    inputs: { in: push('IPv4 packets with a marked header.') },
    outputs: push(many('Packets that a rule sends to the output of that number; allow means 0.', { min: 0 })),
  },
  drops: {
    denied: 'Packets that a rule drops, or that match no rule.',
    short_header: 'Packets without a whole IPv4 header.',
    no_ethernet_header: 'A rule looks at the Ethernet header, but nothing upstream marked one.',
  },
  build({ config, outputs, fail, warn, chatter }) {
    const beyond = config.rules.find(({ output }) => output >= outputs.length);
    if (beyond !== undefined) fail(`the rule "${beyond.text}" names output ${beyond.output}, which is not connected`, undefined, `slot '${beyond.output}' out of range`);
    const rules = rulesOf(config.rules);
    warnOfPatterns(config.rules, 'rules', { warn, chatter });
    warnOfDeadRules(config.rules.map(({ text }) => text), rules, 'rule', warn, { networkBytes: IP_HEADER_BYTES });
    return orRefused(fail, () => ipProgram(rules, outputs.length));
  },
  process(packet, { built, outputs }) {
    if (outputs.length === 0) return drop('denied');
    if (packet.networkLength < IP_HEADER_BYTES) return drop('short_header');
    if (built.readsEthernet && !packet.hasMacHeader) return drop('no_ethernet_header');
    const output = classify(built.program, packet);
    if (output < 0) return drop('denied');
    return outputs[output];
  },
  handlers: {
    program: {
      doc: 'The tests of words that decide, a line each: where a packet goes that has the value under the mask, and one that has not.',
      read: ({ config }) => programText(ipRulesProgram(rulesOf(config.rules))),
    },
  },
  reconfigurable: true,
  examples: [
    example('lets through what a rule allows', web, { 0: web }, { config: 'allow dst tcp port 80, deny all', outputs: 1 }),
    example('drops what no rule allows', name, { drop: ['denied'] }, { config: 'allow tcp', outputs: 1 }),
    example('obeys the first rule that matches', web, { drop: ['denied'] }, { config: 'deny syn, allow tcp', outputs: 1 }),
    example('drops everything where it has no outputs', web, { drop: 'denied' }, { config: 'deny all', outputs: 0 }),
    example('sorts to other outputs', [web, name], { 0: [web], 1: [name] }, { config: 'allow tcp, 1 udp port dns', outputs: 2 }),
    example('finds no ports in later fragments', laterFragment, { 0: laterFragment }, { config: 'deny udp port 53, allow all', outputs: 1 }),
  ],
});
