/**
 * Rules as other firewalls write them, said in the language of IPFilter: lines of nftables
 * (`ip saddr 10.0.0.0/8 tcp dport { 80, 443 } accept`), and lines of comma-separated values
 * (`allow, tcp, 10.0.0.0/8, any, any, 443`: action, protocol, source, destination, source port, destination port).
 */

import { formatIpv4, parseIpv4 } from '../address.js';

/** What a line says, or what is wrong with it. */
export type Translated = { readonly text: string } | { readonly error: string; readonly hint: string };

const VERDICTS: Readonly<Record<string, string>> = { accept: 'allow', drop: 'deny', reject: 'deny' };
const COLUMNS = 6;
const ORDER = 'Write action, protocol, source, destination, source port, destination port';

/** The rule in the language of IPFilter; undefined if the line is of neither kind. */
export function translated(line: string): Translated | undefined {
  const cells = line.split(',').map((cell) => cell.trim());
  if (/^(allow|deny|drop|\d+)$/.test(cells[0]!) && cells.length > 1) return fromCells(cells);
  if (/^action$/i.test(cells[0]!) && cells.length > 1) return { error: 'a line of titles is no rule', hint: `Leave it out. ${ORDER}.` };
  const words = line.replace(/\bcomment\s.*$/, '').replace(/[{},]/g, ' $& ').trim().split(/\s+/).filter((word) => word !== 'counter');
  const verdict = VERDICTS[words.at(-1)!];
  if (verdict === undefined || /^(allow|deny|drop|\d+)$/.test(words[0]!)) return undefined;
  return fromWords(words.slice(0, -1), verdict);
}

// ---- comma-separated values --------------------------------------------------------------------------------

function fromCells(cells: readonly string[]): Translated {
  if (cells.length !== COLUMNS) return { error: `expected ${COLUMNS} values, got ${cells.length}`, hint: `${ORDER}; any where it does not matter.` };
  const [action, protocol, source, destination, sourcePort, destinationPort] = cells as [string, string, string, string, string, string];
  const given = (cell: string) => cell !== '' && cell !== 'any' && cell !== '*';
  const kind = protocol === 'tcp' || protocol === 'udp' ? `${protocol} ` : '';
  const terms = [
    ...(given(protocol) ? [`ip proto ${protocol}`] : []),
    ...(given(source) ? [address('src', source)] : []),
    ...(given(destination) ? [address('dst', destination)] : []),
    ...(given(sourcePort) ? [port('src', kind, sourcePort)] : []),
    ...(given(destinationPort) ? [port('dst', kind, destinationPort)] : []),
  ];
  return { text: `${action} ${terms.length === 0 ? 'all' : terms.join(' and ')}` };
}

// ---- nftables ------------------------------------------------------------------------------------------------

function fromWords(words: readonly string[], verdict: string): Translated {
  const terms: string[] = [];
  for (let at = 0; at < words.length; ) {
    const [family, field] = [words[at]!, words[at + 1] ?? ''];
    const term = FIELDS[`${family} ${field}`];
    if (term === undefined) return { error: `"${family} ${field}" is not known here`.replace(/ "$/, '"'), hint: 'Of nftables there are ip saddr, ip daddr, ip protocol, meta l4proto, tcp and udp sport and dport, icmp type, and the verdicts accept, drop and reject.' };
    at += 2;
    const negated = words[at] === '!=';
    if (negated || words[at] === '==') at += 1;
    const end = words[at] === '{' ? words.indexOf('}', at) : at;
    if (end < 0 || end >= words.length) return { error: `"${family} ${field}" has no value`, hint: 'Write a value, a range a-b of ports, or a set { a, b }.' };
    const values = words[at] === '{' ? words.slice(at + 1, end).filter((word) => word !== ',') : [words[at]!];
    if (values.length === 0) return { error: `"${family} ${field}" has an empty set`, hint: 'Write { a, b }.' };
    const alternatives = values.map(term).join(' or ');
    terms.push(`${negated ? 'not ' : ''}${values.length > 1 || negated ? `( ${alternatives} )` : alternatives}`);
    at = end + 1;
  }
  return { text: `${verdict} ${terms.length === 0 ? 'all' : terms.join(' and ')}` };
}

const ICMP_TYPES: Readonly<Record<string, string>> = { 'echo-request': 'echo', 'echo-reply': 'echo-reply', 'destination-unreachable': '3', 'time-exceeded': '11', 'parameter-problem': '12' };

/** What each field of nftables that is known here becomes. */
const FIELDS: Readonly<Record<string, (value: string) => string>> = {
  'ip saddr': (value) => address('src', value),
  'ip daddr': (value) => address('dst', value),
  'ip protocol': (value) => `ip proto ${value}`,
  'meta l4proto': (value) => `ip proto ${value}`,
  'tcp sport': (value) => port('src', 'tcp ', value),
  'tcp dport': (value) => port('dst', 'tcp ', value),
  'udp sport': (value) => port('src', 'udp ', value),
  'udp dport': (value) => port('dst', 'udp ', value),
  'icmp type': (value) => `icmp type ${ICMP_TYPES[value] ?? value}`,
};

/** An address, a network, or a range `a-b` of addresses, which is as few networks as it can be. */
function address(side: 'src' | 'dst', value: string): string {
  const [low, high] = value.split('-').map(parseIpv4);
  if (low === undefined || high === undefined || low > high) return `${side} ${value.includes('/') ? 'net' : 'host'} ${value}`;
  const networks: string[] = [];
  for (let first = low; first <= high; ) {
    // The largest block that begins there and ends within the range.
    let bits = 0;
    while (bits < 32 && first % 2 ** (bits + 1) === 0 && first + 2 ** (bits + 1) - 1 <= high) bits += 1;
    networks.push(`${side} net ${formatIpv4(first)}/${32 - bits}`);
    first += 2 ** bits;
  }
  return networks.length === 1 ? networks[0]! : `( ${networks.join(' or ')} )`;
}

function port(side: 'src' | 'dst', protocol: string, value: string): string {
  const range = /^(\d+)-(\d+)$/.exec(value);
  if (range === null) return `${side} ${protocol}port ${value}`;
  return `( ${side} ${protocol}port >= ${range[1]} and ${side} ${protocol}port <= ${range[2]} )`;
}
