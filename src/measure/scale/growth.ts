/** How cost grows: what is made larger and larger, and the graph and the frames of each size. */
import { STANDARD_SIZES } from '../frame-size.js';
import { filtering } from '../traffic/filtering.js';
import type { Frames } from '../traffic/frames.js';
import { Frames as FramesOf } from '../traffic/frames.js';
import { ROUTE_OUTPUTS, routes, routeText, rules, ruleText, variedRules, type GeneratedRule } from '../traffic/lists.js';
import { plain } from '../traffic/plain.js';
import { routing } from '../traffic/routing.js';
import { switching } from '../traffic/switching.js';
import { tracking } from '../traffic/tracking.js';
import { translating } from '../traffic/translating.js';

/** One graph of a growth, with the frames that it is measured with, by the name of their line in the plot. */
export interface Step {
  readonly graph: string;
  /** Files that the graph includes, by name. */
  readonly files?: Readonly<Record<string, string>>;
  readonly mixes: Readonly<Record<string, () => Frames>>;
  /** Bytes of a frame with its check sequence, 64 unless said. */
  readonly frameBytes?: number;
}

/** Nanoseconds a packet against a size. */
export interface PacketGrowth {
  readonly kind: 'packets';
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly sizes: readonly number[];
  /** Also measured through the rings of virtio, with a generator and a sink on the other side. */
  readonly rings?: true;
  steps(size: number): Step[];
}

/** Seconds to build, and bytes of the image, against the elements of a graph. */
export interface BuildGrowth {
  readonly kind: 'builds';
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly sizes: readonly number[];
  graph(size: number): string;
}

export type Growth = PacketGrowth | BuildGrowth;

/** The mixes of one kind of traffic, each the frames of a line in the plot. */
const both = (what: string, { hot, cold }: { hot(): Frames; cold(): Frames }) => ({ [`${what}, hot`]: hot, [`${what}, cold`]: cold });
const decades = (last: number): number[] => Array.from({ length: Math.round(Math.log10(last)) + 1 }, (_, index) => 10 ** index);

export const GROWTHS: readonly Growth[] = [
  {
    kind: 'packets', name: 'rules', title: 'A firewall and its rules', unit: 'rules', sizes: decades(10_000),
    steps: (size) => [firewall('IPFilter', rules, size), firewall('IPFilter, rules of many kinds', variedRules, size)],
  },
  {
    kind: 'packets', name: 'routes', title: 'A router and its routes', unit: 'routes', sizes: decades(1_000_000),
    steps(size) {
      const outputs = Math.min(ROUTE_OUTPUTS, size);
      // Every output has a route, however few there are.
      const lines = routes(size).map((route, index) => routeText({ ...route, output: index % outputs }));
      return [{ graph: router(outputs), files: { 'routes.txt': `${lines.join('\n')}\n` }, mixes: both('IP router', routing(size)) }];
    },
  },
  {
    kind: 'packets', name: 'flows', title: 'What is kept of each flow', unit: 'flows', sizes: decades(1_000_000),
    steps: (size) => [
      { graph: `interfaces: [lan, wan]\ngraph: |\n  rewriter :: IPRewriter(pattern 192.0.2.1 1024-65535 - - 0 1, drop, MAPPING_CAPACITY ${capacity(size)});\n${TWO_WAYS('rewriter')}`, mixes: both('NAT', translating(size)) },
      { graph: `interfaces: [lan, wan]\ngraph: |\n  track :: IPConnTrack(${capacity(size)});\n${TWO_WAYS('track')}`, mixes: both('connection tracking', tracking(size)) },
    ],
  },
  {
    kind: 'packets', name: 'addresses', title: 'A switch and its addresses', unit: 'addresses', sizes: decades(1_000_000).slice(1),
    steps: (size) => [{
      graph: `interfaces: [p0, p1, p2, p3]\ngraph: |\n  switch :: EtherSwitch(ADDRESSES ${capacity(size)});\n${[0, 1, 2, 3].map((port) => `  p${port} -> [${port}]switch[${port}] -> p${port};\n`).join('')}`,
      mixes: both('EtherSwitch', switching(Math.max(8, size))),
    }],
  },
  {
    kind: 'packets', name: 'chain', title: 'A chain of elements', unit: 'elements', sizes: [1, 2, 4, 8, 16, 32, 64],
    steps: (size) => Object.entries(CHAINED).map(([name, { element, first = '' }]) => ({ graph: chainOf(size, element, first), mixes: { [name]: plain } })),
  },
  {
    kind: 'packets', name: 'frame-size', title: 'Frames of any size', unit: 'bytes, check sequence included', sizes: STANDARD_SIZES, rings: true,
    steps: (size) => [{ graph: MAC_SWAP, frameBytes: size, mixes: { 'MAC swap, copied into memory': () => sized(size) } }],
  },
  {
    kind: 'builds', name: 'graph-size', title: 'Graphs of any size', unit: 'elements', sizes: decades(10_000).slice(1),
    graph: (size) => chainOf(size - 2, (index) => MIXED[index % MIXED.length]!(index)),
  },
];

/** A firewall of so many rules. The last one is always to deny all; of one rule, it is the only one. */
function firewall(line: string, list: (count: number) => readonly GeneratedRule[], size: number): Step {
  return {
    graph: 'interfaces: [lan, wan]\nelements:\n  filter:\n    type: IPFilter\n    rules: !include rules.txt\ngraph: |\n  lan -> MarkIPHeader(14) -> filter -> wan\n',
    files: { 'rules.txt': `${[...list(size - 1).map(ruleText), 'deny all'].join('\n')}\n` },
    mixes: both(line, filtering(list(Math.max(1, size - 1)))),
  };
}

/** What chains are made of, and what has to be before the first. */
const CHAINED: Readonly<Record<string, { element(index: number): string; first?: string }>> = {
  Counter: { element: () => 'Counter' },
  SetIPDSCP: { element: (index) => `SetIPDSCP(${index % 64})`, first: 'MarkIPHeader(14) -> ' },
  Classifier: { element: (index) => `Classifier(${index % 12}/${(0xe0 + (index % 12)).toString(16)}, -)[1]` },
};

/** Elements of a large graph, in turn: counted, marked, rewritten, looked at. */
const MIXED: readonly ((index: number) => string)[] = [() => 'Counter', (index) => `Paint(${index % 256})`, () => 'MarkIPHeader(14)', (index) => `SetIPDSCP(${index % 64})`, (index) => `Classifier(${index % 12}/ee, -)[1]`];

const MAC_SWAP = 'interfaces: [lan, wan]\ngraph: |\n  lan -> EtherMirror -> lan;\n  wan -> Discard;\n';

const TWO_WAYS = (name: string) => `  lan -> CheckIPHeader(14) -> [0]${name}[0] -> wan;\n  wan -> CheckIPHeader(14) -> [1]${name}[1] -> lan;\n`;

/** An IPv4 router of four interfaces, that has routes out of `outputs` of them. */
function router(outputs: number): string {
  const out = Array.from({ length: outputs }, (_, port) => port);
  return `interfaces: [p0, p1, p2, p3]
elements:
  routes:
    type: RadixIPLookup
    routes: !include routes.txt
graph: |
  p0 -> in :: Strip(14) -> CheckIPHeader -> routes;
  p1 -> in; p2 -> in; p3 -> in;
  expired :: ICMPError(192.0.2.1, timeexceeded, transit) -> routes;
${out.map((port) => `  routes[${port}] -> ttl${port} :: DecIPTTL -> EtherEncap(0x0800, 02:00:00:00:fe:0${port}, 02:00:00:00:aa:0${port}) -> p${port};\n  ttl${port}[1] -> expired;\n`).join('')}`;
}

/** Places of a table for so many: a tenth more, as one would choose. */
const capacity = (size: number) => Math.min(2 ** 20, Math.max(64, Math.ceil(size * 1.1)));

/** Elements one after another; of those that go on by output 1, output 0 is thrown away. */
function chainOf(count: number, element: (index: number) => string, first = ''): string {
  const words = Array.from({ length: count }, (_, index) => `e${index} :: ${element(index)}`);
  const aside = words.flatMap((word, index) => (word.endsWith('[1]') ? [`  e${index}[0] -> away;\n`] : []));
  return `interfaces: [lan, wan]\ngraph: |\n  lan -> ${first}${words.join('\n    -> ')}\n    -> wan;\n  away :: Discard;\n${aside.join('')}  wan -> away;\n`;
}

/** Flows as of plain(), in frames of a size. */
function sized(bytes: number): Frames {
  const FLOWS = 256;
  const frames = new FramesOf(FLOWS, bytes);
  for (let flow = 0; flow < FLOWS; flow += 1) frames.addFlow(0, { source: 0x0a00_0001, destination: 0x0a00_0101, protocol: 17, sourcePort: 1024 + flow, destinationPort: 9 });
  return frames;
}
