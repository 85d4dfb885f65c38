/** Graphs of real elements that nobody would write: random classes, arguments and connections, the same for a seed. */
import type { Dice } from '../differential/element-fuzz.js';

export interface RandomGraph {
  readonly text: string;
  readonly suffix: 'yaml' | 'click';
  readonly interfaces: readonly string[];
}

/** An element as text, and how many outputs of its are used. All its ports push, unless it is a queue. */
interface Piece {
  readonly text: string;
  readonly outputs: number;
  /** Goes on pulling: an Unqueue has to follow. */
  readonly pulled?: boolean;
}

const ADDRESSES = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.255', '10.1.2.3', '192.0.2.1', '127.0.0.1', '224.0.0.1', '255.255.255.255'];
const MACS = ['02:00:00:00:00:01', '02:00:00:00:00:02', '02:00:00:00:00:03', 'ff:ff:ff:ff:ff:ff'];
const PATTERNS = ['12/0800', '12/0806', '12/0806 20/0001', '23/01', '14/45', '0/02??????', '12/08%f0', '!12/0800', '30/0a000001'];
const PRIMITIVES = ['ip proto icmp', 'tcp', 'udp', 'src host 10.0.0.1', 'dst net 10.0.0.0/8', 'dst port 80', 'src port < 1024', 'icmp type 8', 'ip frag', 'ip unfrag', 'ip ttl 1', 'tcp opt syn', 'ip vers 4', 'ip hl 5', 'ip len > 100', 'ip tos 0', 'true'];

const several = (dice: Dice, least: number, most: number, make: () => string) => Array.from({ length: least + dice.below(most - least + 1) }, make);

function expression(dice: Dice, depth = 0): string {
  if (depth > 2 || dice.chance(55)) return `${dice.chance(15) ? '!' : ''}${dice.pick(PRIMITIVES)}`.replace(/^!(.*)$/, '!($1)');
  return `(${expression(dice, depth + 1)} ${dice.pick(['&&', '||', 'and', 'or'])} ${expression(dice, depth + 1)})`;
}

/** Classes in a push context, with one input. */
const PIECES: Readonly<Record<string, (dice: Dice) => Piece>> = {
  Counter: () => ({ text: 'Counter', outputs: 1 }),
  Null: () => ({ text: 'Null', outputs: 1 }),
  Strip: (dice) => ({ text: `Strip(${dice.pick([0, 1, 14, 20, 34])})`, outputs: 1 }),
  Unstrip: (dice) => ({ text: `Unstrip(${dice.pick([0, 1, 14, 20, 100])})`, outputs: 1 }),
  Paint: (dice) => ({ text: `Paint(${dice.below(4)})`, outputs: 1 }),
  PaintTee: (dice) => ({ text: `PaintTee(${dice.below(4)})`, outputs: 2 }),
  PaintSwitch: (dice) => ({ text: 'PaintSwitch', outputs: 1 + dice.below(4) }),
  Tee: (dice) => ({ text: 'Tee', outputs: 1 + dice.below(3) }),
  Print: (dice) => ({ text: `Print(p${dice.below(9)}, ${dice.pick([0, 4, 24, 100])})`, outputs: 1 }),
  CheckIPHeader: (dice) => ({ text: dice.pick(['CheckIPHeader', 'CheckIPHeader(OFFSET 14)', 'CheckIPHeader(14, BADSRC 10.0.0.255 10.1.255.255)', 'CheckIPHeader(OFFSET 14, CHECKSUM false)']), outputs: 1 + dice.below(2) }),
  MarkIPHeader: (dice) => ({ text: `MarkIPHeader(${dice.pick([0, 14])})`, outputs: 1 }),
  DecIPTTL: (dice) => ({ text: 'DecIPTTL', outputs: 1 + dice.below(2) }),
  SetIPChecksum: () => ({ text: 'SetIPChecksum', outputs: 1 }),
  GetIPAddress: (dice) => ({ text: `GetIPAddress(${dice.pick([12, 16, 30])})`, outputs: 1 }),
  StripIPHeader: () => ({ text: 'StripIPHeader', outputs: 1 }),
  FixIPSrc: (dice) => ({ text: `FixIPSrc(${dice.pick(ADDRESSES)})`, outputs: 1 }),
  IPGWOptions: (dice) => ({ text: `IPGWOptions(${dice.pick(ADDRESSES)})`, outputs: 1 + dice.below(2) }),
  EtherMirror: () => ({ text: 'EtherMirror', outputs: 1 }),
  EtherEncap: (dice) => ({ text: `EtherEncap(0x0800, ${dice.pick(MACS)}, ${dice.pick(MACS)})`, outputs: 1 }),
  DropBroadcasts: () => ({ text: 'DropBroadcasts', outputs: 1 }),
  HostEtherFilter: (dice) => ({ text: `HostEtherFilter(${dice.pick(MACS)})`, outputs: 1 + dice.below(2) }),
  ARPResponder: (dice) => ({ text: `ARPResponder(${dice.pick(ADDRESSES)} ${MACS[0]})`, outputs: 1 + dice.below(2) }),
  ICMPPingResponder: (dice) => ({ text: 'ICMPPingResponder', outputs: 1 + dice.below(2) }),
  ICMPError: (dice) => ({ text: `ICMPError(${ADDRESSES[0]}, ${dice.pick(['timeexceeded', 'unreachable, host', 'parameterproblem'])})`, outputs: 1 }),
  Classifier: (dice) => {
    const patterns = several(dice, 1, 4, () => dice.pick(PATTERNS));
    return { text: `Classifier(${[...patterns, '-'].join(', ')})`, outputs: patterns.length + 1 };
  },
  IPClassifier: (dice) => {
    const patterns = several(dice, 1, 4, () => expression(dice));
    return { text: `IPClassifier(${[...patterns, '-'].join(', ')})`, outputs: patterns.length + 1 };
  },
  IPFilter: (dice) => ({ text: `IPFilter(${[...several(dice, 1, 6, () => `${dice.pick(['allow', 'deny', 'drop', '0', '1'])} ${expression(dice)}`), '1 all'].join(', ')})`, outputs: 2 }),
  StaticIPLookup: (dice) => lookup('StaticIPLookup', dice),
  RadixIPLookup: (dice) => lookup('RadixIPLookup', dice),
  DirectIPLookup: (dice) => lookup('DirectIPLookup', dice),
  Queue: (dice) => ({ text: `Queue(${dice.pick([1, 2, 7, 64])})`, outputs: 1, pulled: true }),
};

function lookup(name: string, dice: Dice): Piece {
  const outputs = 1 + dice.below(3);
  const routes = several(dice, 1, 6, () => `${dice.pick(ADDRESSES)}/${dice.pick([0, 8, 16, 24, 31, 32])} ${dice.chance(40) ? `${dice.pick(ADDRESSES)} ` : ''}${dice.below(outputs)}`);
  return { text: `${name}(${[...routes, `0.0.0.0/0 ${outputs - 1}`].join(', ')})`, outputs };
}

/** A graph with two or three interfaces and about `size` elements. */
export function randomGraph(dice: Dice, size: number): RandomGraph {
  const interfaces = ['a', 'b', 'c'].slice(0, 2 + dice.below(2));
  const suffix = dice.pick(['yaml', 'click'] as const);
  const statements: string[] = [];
  const name = (index: number) => `e${index}`;
  const from = (element: string, port: number) => `${element}[${port}]`;
  const open = interfaces.map((each) => (suffix === 'yaml' ? each : `${each}_in[0]`));
  if (dice.chance(25)) {
    statements.push(`s0 :: ${dice.pick(['InfiniteSource(LIMIT 5)', 'RatedSource(RATE 1000, LIMIT 4)', 'InfiniteSource("hello", 3, 2)'])}`);
    open.push('s0[0]');
  }
  const take = () => open.splice(dice.below(open.length), 1)[0]!;
  let count = 0;
  const add = (source: string, { text, outputs, pulled }: Piece) => {
    const element = name(count);
    count += 1;
    statements.push(`${element} :: ${text}`, `${source} -> ${element}`);
    if (pulled === true) add(element, { text: `Unqueue(${dice.pick([1, 4])})`, outputs: 1 });
    else for (let port = 0; port < outputs; port += 1) open.push(from(element, port));
  };
  const kinds = Object.values(PIECES);
  while (count < size) {
    if (open.length >= 2 && dice.chance(8)) {
      const element = name(count);
      count += 1;
      const ports = 2 + dice.below(Math.min(3, open.length) - 1);
      statements.push(`${element} :: EtherSwitch`, ...Array.from({ length: ports }, (_, port) => `${take()} -> [${port}]${element}`));
      for (let port = 0; port < ports; port += 1) open.push(from(element, port));
    } else if (open.length >= 2 && dice.chance(8)) {
      const element = name(count);
      count += 1;
      statements.push(`${element} :: ARPQuerier(${ADDRESSES[0]}, ${MACS[0]})`, `${take()} -> [0]${element}`, `${take()} -> [1]${element}`);
      open.push(from(element, 0));
    } else {
      add(take(), dice.pick(kinds)(dice));
    }
  }
  const sinks = interfaces.map((each) => (suffix === 'yaml' ? each : `${each}_out`));
  for (const source of [...open]) statements.push(`${source} -> ${dice.chance(80) ? dice.pick(sinks) : 'Discard'}`);
  // An interface to which nothing goes would be refused.
  statements.push(...sinks.map((sink, index) => `i${index} :: Idle -> ${sink}`));
  return { text: suffix === 'yaml' ? yaml(interfaces, statements) : click(interfaces, statements), suffix, interfaces };
}

const yaml = (interfaces: readonly string[], statements: readonly string[]) => `name: random\ninterfaces: [${interfaces.join(', ')}]\ngraph: |\n${statements.map((line) => `  ${line}\n`).join('')}`;

const click = (interfaces: readonly string[], statements: readonly string[]) =>
  [...interfaces.flatMap((each) => [`${each}_in :: FromDevice(${each})`, `${each}_q :: Queue(1000)`, `${each}_out :: Null -> ${each}_q -> ToDevice(${each})`]), ...statements].map((line) => `${line};\n`).join('');
