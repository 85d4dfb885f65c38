/**
 * Random arguments in Click's notation, from what an element class says of each: its kind, its range, whether it must be
 * given. What the class itself refuses is drawn again.
 */
import { Diagnostics, SourceText } from '#src/diagnostics.js';
import { bindArguments } from '#src/graph/bind-arguments.js';
import type { BoundInstance } from '#src/graph/bound.js';
import { buildInstance } from '#src/graph/build-instances.js';
import { ElementFiles } from '#src/graph/element-files.js';
import { NameScope } from '#src/graph/name-scope.js';
import type { LoadedElement } from '#src/graph/registry.js';
import type { Kind } from '#src/kit/config.js';
import type { Dice } from '../differential/element-fuzz.js';

const ATTEMPTS_MAX = 40;

export const ADDRESSES = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.255', '10.1.2.3', '192.0.2.1', '127.0.0.1', '224.0.0.1', '255.255.255.255', '0.0.0.0'];
const ADDRESSES_6 = ['::', '::1', '2001:db8::1', '2001:db8:0:ffff::', 'fe80::1:2:3:4', 'ff02::1', '::ffff:10.0.0.1'];
export const MACS = ['02:00:00:00:00:01', '02:00:00:00:00:02', '02:00:00:00:00:03', '01:00:5e:00:00:01', 'ff:ff:ff:ff:ff:ff'];
const PATTERNS = ['12/0800', '12/0806', '12/0806 20/0001', '23/01', '14/45', '0/02??????', '12/08%f0', '!12/0800', '30/0a000001', '-', '60/00', '0/00%01 12/0800 23/06'];
const PRIMITIVES = [
  'ip proto icmp', 'tcp', 'udp', 'src host 10.0.0.1', 'dst net 10.0.0.0/8', 'dst port 80', 'src port < 1024', 'icmp type 8', 'ip frag', 'ip unfrag', 'ip ttl 1', 'tcp opt syn', 'ip vers 4',
  'ip hl 5', 'ip len > 100', 'ip tos 0', 'true', 'false', 'ip[0] & 0xf = 5', 'transp[0:2] = 80', 'tcp port 80-443', 'ip dscp 0', 'ip ce', 'src net 192.0.2.0 mask 255.255.255.0', 'dst port != 22',
];
const INTEGERS = [0, 1, 2, 3, 4, 5, 8, 14, 20, 34, 60, 64, 100, 255, 256, 1000, 1500, 65535];
const DURATIONS = ['0', '1us', '10us', '1ms', '5ms', '20ms', '0.1s', '1s'];
/** Of what happens again and again: a run of 20 s, millions of times, would take Node minutes. */
const INTERVALS = DURATIONS.filter((duration) => duration !== '0' && !duration.endsWith('us'));
const RATES = ['10kBps', '100kBps', '1MBps', '8Mbps', '1000'];
const FIELDS = ['ip src', 'ip dst/24', 'ip proto', 'sport', 'tcp dport', '"ip[8, 2]"', 'transp{4-7}', 'ip len', 'icmp type', 'tcp flags', '"payload[0, 4]"', 'udp sum'];

export const several = <T>(dice: Dice, least: number, most: number, make: () => T): T[] => Array.from({ length: least + dice.below(most - least + 1) }, make);

function expression(dice: Dice, depth = 0): string {
  if (depth > 2 || dice.chance(55)) return dice.chance(15) ? `!(${dice.pick(PRIMITIVES)})` : dice.pick(PRIMITIVES);
  return `(${expression(dice, depth + 1)} ${dice.pick(['&&', '||', 'and', 'or'])} ${expression(dice, depth + 1)})`;
}

const route = (dice: Dice) => `${dice.pick(ADDRESSES)}/${dice.pick([0, 8, 16, 24, 31, 32])} ${dice.chance(40) ? `${dice.pick(ADDRESSES)} ` : ''}${dice.below(3)}`;

function rewriterInput(dice: Dice): string {
  const outputs = `${dice.below(3)} ${dice.below(3)}`;
  return dice.pick(['drop', `pass ${dice.below(3)}`, `keep ${outputs}`, `pattern ${dice.pick(['-', '192.0.2.1'])} ${dice.pick(['-', '1024', '1024-1030', '1024-65535#'])} - ${dice.pick(['-', '80'])} ${outputs}`]);
}

/** Values by the name of the kind. */
const BY_KIND: Readonly<Record<string, (dice: Dice) => string>> = {
  boolean: (dice) => dice.pick(['true', 'false']),
  text: (dice) => dice.pick(['x', '"two words"', 'label:']),
  data: (dice) => dice.pick(['"hello"', '"\\<00 01 ff>"', '""', `"${'long '.repeat(40)}"`]),
  'IPv4 address': (dice) => dice.pick(ADDRESSES),
  'IPv4 prefix': (dice) => `${dice.pick(ADDRESSES)}/${dice.below(33)}`,
  'MAC address': (dice) => dice.pick(MACS),
  duration: (dice) => dice.pick(DURATIONS),
  time: (dice) => dice.pick(DURATIONS),
  bandwidth: (dice) => dice.pick(RATES),
  annotation: (dice) => dice.pick(['PAINT', '0', '4', '16', '20', '40']),
  'VLAN tag': (dice) => dice.pick(['0', '5', '0x2005', '0xffff', 'ANNO']),
  'IP protocol': (dice) => dice.pick(['tcp', 'udp', 'icmp', '4', '255']),
  port: (dice) => dice.pick(['0', '53', '80', '65535', 'www']),
  destination: (dice) => dice.pick([...ADDRESSES, 'DST_ANNO']),
  'own address': (dice) => dice.pick(ADDRESSES),
  'addresses with a MAC address': (dice) => `${several(dice, 1, 3, () => dice.pick([...ADDRESSES, '10.0.0.0/8', '0.0.0.0/0'])).join(' ')} ${MACS[0]}`,
  'byte pattern': (dice) => dice.pick(PATTERNS),
  'IP pattern': (dice) => (dice.chance(20) ? '-' : expression(dice)),
  'filter rule': (dice) => `${dice.pick(['allow', 'deny', 'drop', '0', '1'])} ${dice.chance(15) ? 'all' : expression(dice)}`,
  route,
  'rewriter input': rewriterInput,
  field: (dice) => dice.pick(FIELDS),
  filter: (dice) => `${dice.pick(['allow', 'deny', '0', '1', '2'])} ${several(dice, 1, 3, () => dice.pick(['0', '5', '1-9', '167772161', '0-4294967295'])).join(' ')}`,
  'ICMP error type': (dice) => dice.pick(['timeexceeded', 'unreachable', 'redirect', 'parameterproblem', 'sourcequench', '3']),
  'ICMP type': (dice) => dice.pick(['echo', 'echo-reply', 'unreachable', '0', '13', '255', '-1']),
  tickets: (dice) => dice.pick(['0', '1', '2', '7', '100', '40000']),
  'ICMP code': (dice) => dice.pick(['0', '1', 'host', '5']),
  'ICMPv6 error type': (dice) => dice.pick(['timeexceeded', 'unreachable', 'packettoobig', 'parameterproblem', '1']),
  'ICMPv6 code': (dice) => dice.pick(['0', '1', '5']),
  'IPv6 addresses with a MAC address': (dice) => `${several(dice, 1, 3, () => `${dice.pick(ADDRESSES_6)}/${dice.pick([0, 48, 64, 128])}`).join(' ')} ${MACS[0]}`,
  'IPv6 prefix of 96 bits': (dice) => dice.pick(['64:ff9b::/96', '2001:db8::/96']),
  'place of a MAC address': (dice) => dice.pick(['src', 'dst', '0', '20', '2000']),
  'ECN value': (dice) => dice.pick(['no', 'ect1', 'ect2', 'ce']),
  offset: (dice) => dice.pick(['src', 'dst', '0', '12', '26', '60', '2000']),
  'IPv6 address': (dice) => dice.pick(ADDRESSES_6),
  'IPv6 route': (dice) => `${dice.pick(ADDRESSES_6)}/${dice.pick([0, 16, 32, 64, 127, 128])} ${dice.chance(40) ? `${dice.pick(ADDRESSES_6)} ` : ''}${dice.below(3)}`,
  'UDP flow': (dice) => `${dice.pick(ADDRESSES)} ${dice.below(65_536)} ${dice.pick(ADDRESSES)} ${dice.below(65_536)} ${dice.pick([0, 1, 2])}`,
  'address or offset': (dice) => dice.pick([...ADDRESSES, '12', '30']),
};

/** Arguments that say how much is kept: small, so that limits are met. */
const AMOUNTS = /capacity|addresses|himem/;
/** Called from the control side, or ends the run at a moment that depends on the size of batches. */
const LEFT_OUT = /_call$|^stop(_time)?$|^queues$|^notifier$/;

/** Classes that may send for ever what they have taken in: a run with one may take long. */
export const RESTLESS: readonly string[] = ['ReplayUnqueue', 'Replay', 'MultiReplay', 'MultiReplayUnqueue'];
/** Their packets of one round: with the 64 that are sent unless said, or a line for each with VERBOSE, a run makes more than those that look at it could hold. */
const RESTLESS_BURST_MAX = 2;

/** One argument; several for a list of them. */
function valueOf(name: string, kind: Kind<unknown>, dice: Dice): string[] | undefined {
  const list = /^list of (.*)$/.exec(kind.name);
  const plural = BY_KIND[kind.name] === undefined && kind.name.endsWith('s') ? kind.name.slice(0, -1) : undefined;
  const single = list?.[1] ?? plural ?? kind.name;
  const schema = (list === null ? kind.schema : kind.schema['items']) as { minimum?: number; maximum?: number };
  const one = (): string | undefined => {
    if (single.includes(' | ')) return dice.pick(single.split(' | '));
    if (single === 'number') return dice.pick(['0', '0.01', '0.25', '0.5', '1', '2']);
    if (single === 'integer') return integer(name, schema, dice);
    if (name === 'interval' && (single === 'duration' || single === 'time')) return dice.pick(INTERVALS);
    return BY_KIND[single]?.(dice);
  };
  const items = several(dice, 1, list === null && plural === undefined ? 1 : 4, one);
  if (items.includes(undefined)) return undefined;
  return list === null ? [items.join(' ')] : (items as string[]);
}

function integer(name: string, { minimum = 0, maximum = 0xffff_ffff }: { minimum?: number; maximum?: number }, dice: Dice): string {
  if (AMOUNTS.test(name)) return String(Math.max(minimum, dice.pick([1, 2, 7, 64])));
  if (dice.chance(6)) return String(dice.pick([minimum, maximum]));
  return String(Math.min(maximum, Math.max(minimum, dice.pick(INTEGERS))));
}

/** Who may send for ever does it slowly. */
const hasty = (name: string, element: LoadedElement): boolean => name === 'burst' && RESTLESS.includes(element.class.name);

/** Sources must end. */
const endless = (name: string, element: LoadedElement): boolean => name === 'limit' && (element.class.inputs.named?.length ?? 1) === 0;

function draw(element: LoadedElement, dice: Dice): string[] | undefined {
  const list: string[] = [];
  let positional = true;
  for (const [name, kind] of Object.entries(element.class.config)) {
    const must = kind.required || kind.rest || endless(name, element) || hasty(name, element);
    if (!must && (LEFT_OUT.test(name) || (name === 'verbose' && RESTLESS.includes(element.class.name)) || !dice.chance(30))) {
      positional &&= kind.keyword;
      continue;
    }
    const value = endless(name, element) ? [String(1 + dice.below(6))] : hasty(name, element) ? [String(1 + dice.below(RESTLESS_BURST_MAX))] : valueOf(name, kind, dice);
    if (value === undefined) {
      if (must && kind.default === undefined) return undefined;
      positional &&= kind.keyword;
      continue;
    }
    if (kind.rest && !positional) continue;
    list.push(...(kind.keyword || !positional ? [`${name.toUpperCase()} ${value[0]}`] : value));
    // A list takes all that is given by position.
    positional &&= !kind.rest;
  }
  return list;
}

export interface Drawn {
  readonly list: readonly string[];
  readonly values: Readonly<Record<string, unknown>>;
}

/** Arguments that the class takes; undefined when none were found. `outputs`: how many it would have. */
export function randomArguments(element: LoadedElement, dice: Dice, outputs: (values: Readonly<Record<string, unknown>>) => { inputs: number; outputs: number }): Drawn | undefined {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const list = draw(element, dice);
    if (list === undefined) return undefined;
    const source = new SourceText('arguments', list.join('\n'));
    const span = source.span(0, source.text.length);
    const scope = new NameScope();
    const name = 'e';
    const given = { form: 'click' as const, list: list.map((value) => ({ value, span })), span, complete: true };
    const expanded = { name, localName: name, className: element.class.name, classSpan: span, span, anonymous: false, bare: false, arguments: given, scope, within: [] };
    const instance: BoundInstance = { index: 0, expanded, element };
    const diagnostics = new Diagnostics();
    const bound = bindArguments(instance, 0, diagnostics);
    if (bound === undefined) continue;
    const ports = outputs(bound.values);
    const alone = { chatter: false, elements: { named: () => undefined, ofClass: () => [], interfaces: [] }, files: new ElementFiles('.') };
    if (buildInstance(instance, { values: bound.values }, { length: ports.inputs, pulled: false }, { length: ports.outputs, connected: ports.outputs }, alone, diagnostics) !== undefined) return { list, values: bound.values };
  }
  return undefined;
}
