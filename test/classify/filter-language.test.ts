import t from 'tap';
import type { Expression } from '#src/kit/classify/expression.js';
import { readFilterRule, readIpPattern } from '#src/kit/classify/filter-rule.js';
import { buildProgram, classify, icmp, ipv4, packetFrom, prefix, tcp, udp, type ArgumentScope, type PacketTemplate } from '#src/kit/index.js';
import { wellKnownPort } from '#src/graph/well-known-ports.js';

const scope: ArgumentScope = {
  address: (name, family) =>
    name === 'lan' && family === 'prefix' ? prefix(0x0a010000, 16)
    : name === 'server' && family === 'ipv4' ? 0x0a010002
    : name === 'lan:ip' && family === 'ipv4' ? 0x0a010001 : undefined,
  port: (name, protocol) => (name === 'game' ? 27015 : wellKnownPort(name, protocol)),
};

function matches(pattern: string, packet: PacketTemplate): boolean {
  const parsed = readIpPattern(pattern, scope);
  if ('error' in parsed) throw new Error(`${pattern}: ${parsed.error}`);
  const condition: Expression = parsed.value.condition;
  return classify(buildProgram([{ condition, class: 0 }], 1, { networkBytes: 20 }), packetFrom(packet)) === 0;
}

const ack = ipv4.make({ protocol: 6, source: 0x0a010002, destination: 0xc0a80001, ttl: 3, tos: 0xb9 }, tcp.make({ source_port: 80, destination_port: 40000, flags: 0x10 }));
const query = ipv4.make({ protocol: 17, source: 0x0a010001, destination: 0x08080808 }, udp.make({ source_port: 27015, destination_port: 53 }));
const echo = ipv4.make({ protocol: 1 }, icmp.make({ type: 8 }));
const lateFragment = ipv4.make({ protocol: 17, fragment: 0x2005 }, Uint8Array.from([0, 53, 0, 53]));
const cutOff = ipv4.make({ protocol: 6 }, Uint8Array.from([0, 80]));
const optioned = ipv4.make({ protocol: 6 }, tcp.make({ destination_port: 22 }), Uint8Array.from([1, 1, 1, 1]));

/** Pattern, packet, whether it matches. */
const CASES: readonly [string, PacketTemplate, boolean][] = [
  ['tcp', ack, true], ['ip proto tcp', ack, true], ['ip proto 6', ack, true], ['proto udp', ack, false], ['ip proto & 4 == 4', ack, true],
  ['host 10.1.0.2', ack, true], ['src host 10.1.0.2', ack, true], ['dst host 10.1.0.2', ack, false], ['src or dst 192.168.0.1', ack, true],
  ['src and dst host 10.1.0.2', ack, false], ['dest 192.168.0.1', ack, true], ['src != 10.1.0.2', ack, false], ['host != 10.1.0.2', ack, false],
  ['net 10.0.0.0/8', ack, true], ['src net 10.1.0.0 mask 255.255.0.0', ack, true], ['10.1.0.0/255.255.0.0', ack, true], ['dst net 10.0.0.0/8', ack, false],
  ['src lan', ack, true], ['src net lan', ack, true], ['host server', ack, true], ['src host lan:ip', ack, false], ['src lan:ip', query, true],
  ['port 80', ack, true], ['src port www', ack, true], ['src tcp port www', ack, true], ['tcp src port http', ack, true], ['dst www', ack, false], ['udp port 80', ack, false],
  ['src udp port game', query, true], ['dst port domain', query, true], ['udp port ssh', query, false], ['dns', query, true],
  ['dst port > 1023', ack, true], ['src port > 1023', ack, false], ['dst port <= 40000', ack, true], ['dst port < 40000', ack, false], ['dst port >= 40000', ack, true],
  ['src port & 10 == 0', ack, true], ['src tcp port != 80', ack, false], ['src tcp port != 80', query, false], ['not src tcp port 80', query, true],
  ['dst tcp port 80 or 40000', ack, true], ['src port 79 or 80 or 81', ack, true], ['port 1 or 2', ack, false],
  ['src host 1.2.3.4 or 10.1.0.2', ack, true], ['src 10.1.0.2 and dst 192.168.0.1 and tcp', ack, true], ['src 10.1.0.2 dst port 40000 ack', ack, true],
  ['ack', ack, true], ['tcp opt ack', ack, true], ['syn', ack, false], ['syn or ack', ack, true], ['syn ack', ack, false], ['tcp opt 16', ack, true],
  ['icmp', echo, true], ['icmp type echo', echo, true], ['icmp type 8', echo, true], ['icmp type != 8', echo, false], ['icmp type != 8', ack, false], ['icmp echo', echo, true],
  ['icmp type > 7', echo, true], ['icmp type echo-reply', echo, false],
  ['ip vers 4', ack, true], ['ip hl 5', ack, true], ['ip hl > 5', optioned, true], ['ip ttl 3', ack, true], ['ip ttl < 3', ack, false], ['ip tos 0xb9', ack, true],
  ['ip dscp 46', ack, true], ['ip ect', ack, true], ['ip ce', ack, false], ['ip ect', echo, false], ['ip len 40', ack, true], ['ip id 0', ack, true],
  ['ip frag', ack, false], ['unfrag', ack, true], ['frag', lateFragment, true], ['udp', lateFragment, true],
  ['udp port 53', lateFragment, false], ['not udp port 53', lateFragment, true], ['transp[0:2] 53', lateFragment, false],
  ['dst port 22', optioned, true], ['tcp[2:2] == 22', optioned, true], ['transp[2:2] 22', optioned, true], ['tcp[2:2] > 21', optioned, true],
  ['ip[9] 6', ack, true], ['ip[8:1] & 0x0f == 3', ack, true], ['ip[6:2] & 0x1fff == 0', ack, true], ['ip[16:4] & 0xff == 1', ack, true], ['tcp[13] & 0x12 == 0x10', ack, true], ['udp[0:2] 27015', query, true],
  ['src port 80', cutOff, true], ['dst port 0', cutOff, false], ['dst port != 1', cutOff, false], ['dst port >= 0', cutOff, true], ['not dst port 1', cutOff, true], ['dst port < 65535', cutOff, false], ['tcp opt syn', cutOff, false],
  ['tcp ? src port 80 : dst port 53', ack, true], ['tcp ? src port 80 : dst port 53', query, true], ['udp ? false : true', query, false],
  ['(tcp or udp) and not (port 80)', query, true], ['!tcp && !udp', echo, true], ['not not tcp', ack, true], ['!(tcp || udp)', ack, false],
  ['-', ack, true], ['all', ack, true], ['any', ack, true], ['none', ack, false], ['true', ack, true], ['false', ack, false], ['tcp host 10.1.0.2', ack, true], ['udp host 10.1.0.2', ack, false], ['udp ip ttl 3', ack, false], ['src host & 0xff 10.0.0.0', ack, true], ['ip ect 1 or 185', ack, true], ['ip ect & 2', ack, false],
  ['src port 80 and 192.168.0.1', ack, false], ['dst port 40000 and 192.168.0.1', ack, true], ['dst port 40000 and host 10.1.0.2', ack, true],
  ['port < 1024', ack, false], ['port <= 40000', ack, true], ['port > 1023', ack, true],
];

t.test('patterns mean what the documentation says', async (t) => {
  for (const [pattern, packet, expected] of CASES) t.equal(matches(pattern, packet), expected, pattern);
});

t.test('juxtaposition binds closer than or, or closer than the conditional', async (t) => {
  t.equal(matches('tcp syn or udp', query), true);
  t.equal(matches('udp or tcp syn', query), true);
  t.equal(matches('icmp or udp ? dst port 53 : false', query), true);
});

/** Rule, what the message says, where it points, what it offers. */
const MISTAKES: readonly [string, RegExp, string, RegExp?][] = [
  ['alow all', /expected an action/, 'alow', /"allow"/],
  ['tcp', /expected an action/, 'tcp', /allow/],
  ['allow sorce host 10.0.0.1', /expected a condition, got "sorce"/, 'sorce'],
  ['allow src hst 10.0.0.1', /got "hst"/, 'hst', /host/],
  ['allow src and tcp', /where to look/, 'src', /src host/],
  ['allow tpc', /got "tpc"/, 'tpc', /tcp/],
  ['allow tcp and', /ends where a condition/, ''],
  ['allow tcp or or udp', /expected a condition, got "or"/, 'or'],
  ['allow (tcp or udp', /not closed/, '('],
  ['allow tcp)', /closes nothing/, ')'],
  ['allow tcp ? udp', /expected :/, '?', /blanks/],
  ['allow src host', /ends where|address/, 'src host'],
  ['allow host 10.0.0.0/8', /got a network/, 'host 10.0.0.0/8', /net/],
  ['allow host > 10.0.0.1', /not compared with >/, 'host > 10.0.0.1'],
  ['allow port 70000', /out of the field's range/, 'port 70000', /65535/],
  ['allow icmp port 5', /icmp has no ports/, 'icmp port 5'],
  ['allow tcp udp', /both asked for/, 'udp', /or/],
  ['allow src src host 10.0.0.1', /said twice/, 'src'],
  ['allow 80', /does not say which header field/, '80', /port/],
  ['allow ether host 10.0.0.1', /expected a field or a value, got "10.0.0.1"/, '10.0.0.1'],
  ['allow ether proto tcp', /not in the Ethernet header/, 'ether proto tcp'],
  ['allow tcp opt > 3', /not compared/, 'tcp opt > 3'],
  ['allow echo', /more than one meaning/, 'echo', /icmp type echo/],
  ['allow ip[1:5] 0', /size 5/, '[1:5]'],
  ['allow ip[2:3] 0', /two words/, '[2:3]'],
  ['allow ip[16:4] 192.168.0.1', /expected an integer/, 'ip[16:4] 192.168.0.1'],
  ['allow tcp and all', /got "all"/, 'all'],
  ['allow ip[x] 0', /expected \[offset\]/, '[x]'],
  ['allow ip[3 0', /not closed/, '['],
  ['allow tcp[2:2] & 0 == 1', /mask of 0/, '0'],
  ['allow ip tos & 0x1ff == 1', /mask 511/, 'ip tos & 0x1ff == 1'],
  ['9999 tcp', /not the number of an output/, '9999'],
  ['allow net 10.0.0.0 mask 8', /expected a mask/, '8'],
  ['allow host nowhere', /expected|got "nowhere"/, 'nowhere'],
  [`allow ${'('.repeat(300)}tcp${')'.repeat(300)}`, /levels of nesting/, '('],
];

t.test('mistakes are told with their place and a way out', async (t) => {
  for (const [rule, message, place, hint] of MISTAKES) {
    const parsed = readFilterRule(rule, scope);
    if (!('error' in parsed)) {
      t.fail(`accepted: ${rule}`);
      continue;
    }
    const name = rule.slice(0, 40);
    t.match(parsed.error, message, name);
    const { offset, length } = parsed.place!;
    t.equal(rule.slice(offset, offset + length), place, `${name}: place`);
    if (hint !== undefined) t.match(parsed.hint ?? '', hint, `${name}: hint`);
  }
});

t.test('what is suspicious is told, and works', async (t) => {
  const warnings: readonly [string, RegExp][] = [
    ['src ip ttl 4', /mean nothing with "ttl"/],
    ['ip ttl < 256', /always true: the values are 0 to 255/],
    ['ip ttl & 0x0f > 15', /always false: the values are 0 to 15/],
    ['port >= 0', /always true/],
  ];
  for (const [pattern, message] of warnings) {
    const parsed = readIpPattern(pattern, scope);
    t.match('error' in parsed ? parsed.error : parsed.value.warnings?.[0]?.message, message, pattern);
  }
  t.equal(matches('ip ttl < 256', ack), true);
});

/** Lines as other firewalls write them, and the same in our words. */
const FOREIGN: readonly [string, string][] = [
  ['ip saddr 10.1.0.0/16 tcp dport 80 accept', 'allow src net 10.1.0.0/16 and dst tcp port 80'],
  ['ip daddr 192.168.0.1 udp sport { 53, 123 } counter drop', 'deny dst host 192.168.0.1 and ( src udp port 53 or src udp port 123 )'],
  ['ip saddr != { 10.0.0.0/8, 192.168.0.1 } tcp dport 1000-2000 reject', 'deny not ( src net 10.0.0.0/8 or src host 192.168.0.1 ) and ( dst tcp port >= 1000 and dst tcp port <= 2000 )'],
  ['icmp type echo-request accept comment "pings"', 'allow icmp type echo'],
  ['meta l4proto udp drop', 'deny ip proto udp'],
  ['ip saddr 10.0.0.5-10.0.0.8 ip daddr 0.0.0.0-255.255.255.255 accept', 'allow ( src net 10.0.0.5/32 or src net 10.0.0.6/31 or src net 10.0.0.8/32 ) and dst net 0.0.0.0/0'],
  ['ip daddr != 192.168.4.0-192.168.7.255 drop', 'deny not ( dst net 192.168.4.0/22 )'],
  ['accept', 'allow all'],
  ['allow, tcp, 10.0.0.0/8, any, any, 443', 'allow ip proto tcp and src net 10.0.0.0/8 and dst tcp port 443'],
  ['deny,,,192.168.0.1,1-9,', 'deny dst host 192.168.0.1 and ( src port >= 1 and src port <= 9 )'],
  ['2, any, any, any, any, any', '2 all'],
];

await t.test('lines of nftables and comma-separated values are rules, too', async (t) => {
  for (const [line, own] of FOREIGN) {
    const [theirs, ours] = [readFilterRule(line, scope), readFilterRule(own, scope)];
    if ('error' in theirs || 'error' in ours) {
      t.fail(`${line}: ${'error' in theirs ? theirs.error : 'our own rule is wrong'}`);
      continue;
    }
    t.same(theirs.value.condition, ours.value.condition, line);
    t.equal(theirs.value.output, ours.value.output, line);
    t.equal(theirs.value.text, line.replaceAll('"', ''));
  }
  for (const [line, message] of [['ip ttl 3 accept', /ip ttl/], ['tcp dport { } accept', /empty set/], ['tcp dport accept', /no value/], ['ip saddr 10.0.0.9-10.0.0.1 accept', /10\.0\.0\.9-10\.0\.0\.1/], ['allow, tcp, 10.0.0.0/8', /expected 6 values, got 3/], ['action,protocol,source', /line of titles is no rule/], ['tcp dport nonsense accept', /nonsense.*in "allow dst tcp port nonsense"/]] as const) {
    const parsed = readFilterRule(line, scope);
    t.match('error' in parsed ? parsed.error : 'accepted', message, line);
  }
});
