/**
 * Random rules with their meaning. Each is made twice, independently of the compiler's reading of it: as
 * text, and as a function that looks at the bytes of a packet and answers as the documentation says.
 */
import type { Dice } from '../differential/element-fuzz.js';

/** A packet as the oracle sees it: bytes behind each header, empty when it is not marked or cut off. */
export interface Seen {
  readonly data: Uint8Array;
  readonly mac: Uint8Array;
  readonly network: Uint8Array;
  readonly transport: Uint8Array;
}

export interface Meant {
  readonly text: string;
  readonly matches: (packet: Seen) => boolean;
}

/** The big-endian word, or undefined when it is not all there. */
function word(bytes: Uint8Array, offset: number, size: number): number | undefined {
  if (offset + size > bytes.length) return undefined;
  let value = 0;
  for (let index = 0; index < size; index += 1) value = value * 256 + bytes[offset + index]!;
  return value;
}

const masked = (value: number, mask: number) => Number(BigInt(value) & BigInt(mask));

const firstFragment = ({ network }: Seen) => (word(network, 6, 2)! & 0x1fff) === 0;
const protocolOf = ({ network }: Seen) => network[9]!;

type Relation = '==' | '!=' | '<' | '<=' | '>' | '>=';
const RELATIONS: readonly Relation[] = ['==', '!=', '<', '<=', '>', '>='];

/** Bytes beyond the packet's end relate to nothing, but where the relation holds for every value up to `most`. */
function related(relation: Relation, value: number | undefined, to: number, most = Infinity): boolean {
  if (value === undefined) return (relation === '<' && to > most) || (relation === '<=' && to >= most) || (relation === '>=' && to === 0);
  return { '==': value === to, '!=': value !== to, '<': value < to, '<=': value <= to, '>': value > to, '>=': value >= to }[relation];
}

function relationText(dice: Dice, relation: Relation): string {
  if (relation !== '==') return ` ${relation} `;
  return dice.pick([' ', ' == ', ' = ']);
}

/** Values that random packets have often. */
export const ADDRESSES = [0x0a000001, 0x0a000002, 0x0a0000ff, 0x0a000100, 0x0a010203, 0xc0a80001, 0xc0a80102, 0xac100001, 0, 0xffffffff];
export const PORTS = [0, 22, 53, 80, 443, 1023, 1024, 5000, 65535];
const NAMES: Readonly<Record<number, string>> = { 22: 'ssh', 53: 'domain', 80: 'www', 443: 'https' };

const dotted = (address: number) => [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');

type Ends = 'src' | 'dst' | 'src or dst' | 'src and dst' | '';
const ENDS: readonly Ends[] = ['src', 'dst', 'src or dst', 'src and dst', ''];

/** One end, either, or both; the contraries of ==, > and >= turn "either" into "both" and the other way. */
function atEnds(ends: Ends, relation: Relation, source: boolean, destination: boolean): boolean {
  if (ends === 'src') return source;
  if (ends === 'dst') return destination;
  const contrary = relation === '!=' || relation === '<' || relation === '<=';
  return (ends === 'src and dst') !== contrary ? source && destination : source || destination;
}

function host(dice: Dice): Meant {
  const [ends, address] = [dice.pick(ENDS), dice.pick(ADDRESSES)];
  const relation: Relation = dice.chance(25) ? '!=' : '==';
  // A bare address would repeat the direction of the primitive before it.
  const text = relation === '==' && ends !== '' && dice.chance(30) ? `${ends} ${dotted(address)}` : `${ends} host${relationText(dice, relation)}${dotted(address)}`;
  return {
    text,
    matches: ({ network }) => atEnds(ends, relation, related(relation, word(network, 12, 4), address), related(relation, word(network, 16, 4), address)),
  };
}

function net(dice: Dice): Meant {
  const [ends, address, length] = [dice.pick(ENDS), dice.pick(ADDRESSES), dice.pick([0, 8, 16, 23, 24, 31, 32])];
  const mask = length === 0 ? 0 : (0xffff_ffff << (32 - length)) >>> 0;
  const net = masked(address, mask);
  const written = length > 0 && dice.chance(30) ? `${dotted(address)} mask ${dotted(mask)}` : `${dotted(net)}/${length}`;
  const within = (value: number | undefined) => value !== undefined && masked(value, mask) === net;
  return {
    text: `${ends} ${ends === '' ? 'net' : dice.pick(['net', ''])} ${written}`,
    matches: ({ network }) => atEnds(ends, '==', within(word(network, 12, 4)), within(word(network, 16, 4))),
  };
}

function port(dice: Dice): Meant {
  const [ends, protocol, relation, mask] = [dice.pick(ENDS), dice.pick(['tcp', 'udp', '']), dice.pick(RELATIONS), dice.pick([0xffff, 0xffff, 0xff, 0x400])];
  const value = dice.pick(PORTS);
  const name = mask === 0xffff && NAMES[value] !== undefined && dice.chance(40) ? NAMES[value] : String(value);
  const maskText = mask === 0xffff ? '' : ` & ${mask}`;
  const compared = (bytes: number | undefined) => related(relation, bytes === undefined ? undefined : masked(bytes, mask), relation === '==' || relation === '!=' ? masked(value, mask) : value, mask);
  return {
    text: `${ends} ${protocol} port${maskText}${relationText(dice, relation)}${name}`,
    matches: (packet) =>
      firstFragment(packet) &&
      (protocol === '' ? [6, 17] : [protocol === 'tcp' ? 6 : 17]).includes(protocolOf(packet)) &&
      atEnds(ends, relation, compared(word(packet.transport, 0, 2)), compared(word(packet.transport, 2, 2))),
  };
}

function protocol(dice: Dice): Meant {
  const [name, number] = dice.pick([['tcp', 6], ['udp', 17], ['icmp', 1], ['gre', 47]] as const);
  if (dice.chance(40)) return { text: name, matches: (packet) => protocolOf(packet) === number };
  const relation = dice.pick(RELATIONS);
  return { text: `ip proto${relationText(dice, relation)}${relation === '==' ? dice.pick([name, number]) : number}`, matches: (packet) => related(relation, protocolOf(packet), number) };
}

const HEADER_FIELDS: readonly [string, (network: Uint8Array) => number, number][] = [
  ['vers', (n) => n[0]! >>> 4, 15], ['hl', (n) => n[0]! & 15, 15], ['tos', (n) => n[1]!, 255], ['dscp', (n) => n[1]! >>> 2, 63],
  ['len', (n) => word(n, 2, 2)!, 65535], ['id', (n) => word(n, 4, 2)!, 65535], ['ttl', (n) => n[8]!, 255],
];

function headerField(dice: Dice): Meant {
  const [name, read, maximum] = dice.pick(HEADER_FIELDS);
  const [relation, value] = [dice.pick(RELATIONS), dice.pick([0, 1, 4, 5, 20, 40, 63, 64, dice.below(maximum + 1)].filter((v) => v <= maximum))];
  return { text: `ip ${name}${relationText(dice, relation)}${value}`, matches: ({ network }) => related(relation, read(network), value) };
}

function flagWords(dice: Dice): Meant {
  const simple: readonly Meant[] = [
    { text: 'ip frag', matches: ({ network }) => (word(network, 6, 2)! & 0x3fff) !== 0 },
    { text: 'unfrag', matches: ({ network }) => (word(network, 6, 2)! & 0x3fff) === 0 },
    { text: 'ip ect', matches: ({ network }) => (network[1]! & 3) !== 0 },
    { text: 'ip ce', matches: ({ network }) => (network[1]! & 3) === 3 },
    { text: 'true', matches: () => true },
    { text: 'false', matches: () => false },
  ];
  return dice.pick(simple);
}

function transportField(dice: Dice): Meant {
  const at = (number: number, name: string, offset: number, size: number, maximum: number): Meant => {
    const [relation, value] = [dice.pick(RELATIONS), dice.pick([0, 3, 8, 11, dice.below(maximum + 1)].filter((v) => v <= maximum))];
    return {
      text: `${name}${relationText(dice, relation)}${value}`,
      matches: (packet) => firstFragment(packet) && protocolOf(packet) === number && related(relation, word(packet.transport, offset, size), value, maximum),
    };
  };
  if (dice.chance(35)) return at(1, 'icmp type', 0, 1, 255);
  if (dice.chance(35)) return at(6, 'tcp win', 14, 2, 65535);
  const [name, bit] = dice.pick([['fin', 1], ['syn', 2], ['rst', 4], ['psh', 8], ['ack', 16], ['urg', 32]] as const);
  return {
    // A flag alone would be looked for in the Ethernet header behind a primitive that looks there.
    text: dice.pick([`tcp opt ${name}`, `tcp ${name}`]),
    matches: (packet) => firstFragment(packet) && protocolOf(packet) === 6 && packet.transport.length > 13 && (packet.transport[13]! & bit) !== 0,
  };
}

function bytes(dice: Dice): Meant {
  const [header, offset, relation] = [dice.pick(['ip', 'tcp', 'udp', 'transp']), dice.below(dice.pick([4, 24])), dice.pick(RELATIONS)];
  // They lie in one word of four bytes.
  const size = 1 + dice.below(4 - (offset % 4));
  const all = 256 ** size - 1;
  const mask = dice.chance(50) ? all : Math.max(1, masked(dice.pick([0xf0, 0xff00, 0x0f0f, 0xff, 0xfffe, 1]), all));
  const value = dice.pick([0, 5, 64, 80, 0x0a00, masked(dice.below(0x1_0000_0000), all)].filter((v) => v <= all));
  const sizeText = size === 1 && dice.chance(50) ? '' : `:${size}`;
  const to = relation === '==' || relation === '!=' ? masked(value, mask) : value;
  return {
    text: `${header}[${offset}${sizeText}]${mask === all ? '' : ` & ${mask}`}${relationText(dice, relation)}${value > 0x7fff_ffff ? value - 2 ** 32 : value}`,
    matches: (packet) => {
      const number = { ip: undefined, tcp: 6, udp: 17, transp: undefined }[header];
      if (header !== 'ip' && !firstFragment(packet)) return false;
      if (number !== undefined && protocolOf(packet) !== number) return false;
      const read = word(header === 'ip' ? packet.network : packet.transport, offset, size);
      return related(relation, read === undefined ? undefined : masked(read, mask), to, mask);
    },
  };
}

function ether(dice: Dice): Meant {
  const ends = dice.pick(['src', 'dst', 'src or dst', ''] as const);
  const value = dice.pick([1, 2, 3]);
  const same = (bytes: Uint8Array, at: number) => bytes.length >= at + 6 && word(bytes, at, 6) === 0x020000000000 + value;
  return { text: `${ends} ether 02:00:00:00:00:0${value}`, matches: ({ mac }) => atEnds(ends, '==', same(mac, 6), same(mac, 0)) };
}

export function primitive(dice: Dice): Meant {
  return dice.pick([host, net, port, port, protocol, headerField, flagWords, transportField, bytes, ether])(dice);
}

/** A random expression of at most `depth` levels. */
export function expression(dice: Dice, depth: number): Meant {
  if (depth === 0 || dice.chance(30)) return primitive(dice);
  const a = expression(dice, depth - 1);
  const b = expression(dice, depth - 1);
  switch (dice.below(dice.chance(20) ? 5 : 4)) {
    case 0:
      return { text: `(${a.text}) ${dice.pick(['and', '&&', ''])} (${b.text})`, matches: (packet) => a.matches(packet) && b.matches(packet) };
    case 1:
      return { text: `(${a.text} ${dice.pick(['or', '||'])} ${b.text})`, matches: (packet) => a.matches(packet) || b.matches(packet) };
    case 2:
      return { text: `${dice.pick(['not ', '!'])}(${a.text})`, matches: (packet) => !a.matches(packet) };
    case 3: {
      const [one, two] = [primitive(dice), primitive(dice)];
      return { text: `${one.text} and ${two.text}`, matches: (packet) => one.matches(packet) && two.matches(packet) };
    }
    default: {
      const c = expression(dice, depth - 1);
      return { text: `((${a.text}) ? ${b.text} : ${c.text})`, matches: (packet) => (a.matches(packet) ? b.matches(packet) : c.matches(packet)) };
    }
  }
}

/**
 * Rules as firewalls have them, one for each source: the address tells which one is asked, and the
 * protocol, a port and the destination are asked of that one.
 */
export function rulesBySource(dice: Dice): Meant[] {
  return ADDRESSES.map((source) => {
    const [destination, name, value] = [dice.pick(ADDRESSES), dice.pick(['tcp', 'udp'] as const), dice.pick(PORTS)];
    const [prefix, asked] = [dice.pick([8, 24, 32]), dice.chance(80)];
    const mask = (0xffff_ffff << (32 - prefix)) >>> 0;
    return {
      text: `src host ${dotted(source)} && dst net ${dotted(masked(destination, mask))}/${prefix} && ${asked ? `dst ${name} port ${value}` : `ip proto ${name}`}`,
      matches: (packet) =>
        word(packet.network, 12, 4) === source &&
        masked(word(packet.network, 16, 4)!, mask) === masked(destination, mask) &&
        protocolOf(packet) === (name === 'tcp' ? 6 : 17) &&
        (!asked || (firstFragment(packet) && word(packet.transport, 2, 2) === value)),
    };
  });
}

// ---- Classifier ------------------------------------------------------------------------------------------

export function bytePatternOf(dice: Dice): Meant {
  if (dice.chance(8)) return { text: '-', matches: () => true };
  const clauses = Array.from({ length: 1 + dice.below(4) }, () => clause(dice));
  return { text: clauses.map(({ text }) => text).join(' '), matches: (packet) => clauses.every(({ matches }) => matches(packet)) };
}

function clause(dice: Dice): Meant {
  const offset = dice.pick([0, 6, 11, 12, 13, 14, 20, 23, 30, dice.below(64)]);
  const length = 1 + dice.below(dice.pick([2, 4, 9]));
  const digit = () => dice.pick(['0', '0', '8', '4', '5', '?', '?', dice.below(16).toString(16)]);
  const digits = Array.from({ length: length * 2 }, digit);
  const mask = dice.chance(30) ? digits.map(() => dice.pick(['0', 'f', '1', 'c', 'F'])) : undefined;
  const bang = dice.chance(20) ? '!' : '';
  const matches = ({ data }: Seen) =>
    digits.every((value, index) => {
      const bits = value === '?' ? 0 : mask === undefined ? 15 : parseInt(mask[index]!, 16);
      if (bits === 0) return true;
      const byte = data[offset + (index >>> 1)];
      if (byte === undefined) return false;
      const half = index % 2 === 0 ? byte >>> 4 : byte & 15;
      return (half & bits) === (parseInt(value, 16) & bits);
    });
  const text = `${bang}${offset}/${digits.join('')}${mask === undefined ? '' : `%${mask.join('')}`}`;
  return { text, matches: (packet) => matches(packet) !== (bang !== '') };
}
