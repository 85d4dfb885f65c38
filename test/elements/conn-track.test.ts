/**
 * IPConnTrack under random packets from both sides, with pauses: what passes is what a list of connections, kept after
 * RFC 6146, 3.5.2, says; and the same in C. WIRELET_SEED=N adds a seed.
 */
import t from 'tap';
import { icmp, ipv4, tcp, udp } from '#src/kit/index.js';
import { Engine } from '#src/run/node/engine.js';
import { Dice } from '../differential/element-fuzz.js';
import { CompiledGraph, COMPILERS, difference, runInNode, type InputFrame } from '../differential/replay.js';
import { clickGraph } from './click-graph.js';

const START_NS = 1_000_000_000_000_000_000n;
const STEPS = 6000;
const SECOND = 1_000_000;
const SEEDS = [1, 2, 3, ...(process.env.WIRELET_SEED === undefined ? [] : [Number(process.env.WIRELET_SEED)])];
const GRAPH = (capacity: number, loose: boolean) => `
  FromDevice(lan) -> MarkIPHeader -> t :: IPConnTrack(${capacity}, LOOSE ${loose}, ESTABLISHED_TIMEOUT 100s, TRANSITORY_TIMEOUT 20s, UDP_TIMEOUT 30s, ICMP_TIMEOUT 10s);
  FromDevice(wan) -> MarkIPHeader -> [1]t;
  t[0] -> ToDevice(out);
  t[1] -> ToDevice(in);
  t[2] -> ToDevice(refused);`;
const TIMES = { opening: 20, established: 100, 'fin-inside': 100, 'fin-outside': 100, closed: 20, reset: 20, udp: 30, icmp: 10 } as const;

type Stage = keyof typeof TIMES;
interface Sent {
  readonly inside: boolean;
  readonly protocol: number;
  /** Which connection it is about. */
  readonly key: string;
  readonly flags: number;
  readonly quotes: boolean;
  readonly bytes: Uint8Array;
}

/** A packet of one of few connections, sometimes in a quotation. */
function randomPacket(dice: Dice): Sent {
  const inside = dice.chance(55);
  const protocol = dice.pick([6, 6, 6, 17, 1]);
  const [near, far] = [0x0a00_0001 + dice.below(2), 0xc633_6401 + dice.below(2)];
  const [nearPort, farPort] = [1000 + dice.below(2), 80];
  const flags = dice.pick([2, 2, 16, 16, 16, 16, 17, 17, 18, 4, 20, 0, 3]);
  const quotes = dice.chance(8);
  const packet = (outward: boolean) => {
    const addresses = outward ? { source: near, destination: far } : { source: far, destination: near };
    const ends = outward ? { source_port: nearPort, destination_port: farPort } : { source_port: farPort, destination_port: nearPort };
    if (protocol === 6) return ipv4.make({ ...addresses, protocol }, tcp.make({ ...ends, flags }));
    if (protocol === 17) return ipv4.make({ ...addresses, protocol }, udp.make(ends));
    return ipv4.make({ ...addresses, protocol }, icmp.make({ type: outward ? 8 : 0, identifier: nearPort }));
  };
  // An error travels against what it quotes.
  const about = packet(!inside);
  const bytes = quotes ? ipv4.make({ protocol: 1, source: inside ? 0x0a00_0063 : 0xc633_6463, destination: inside ? far : near }, icmp.make({ type: dice.pick([3, 11, 12]) }, about)).bytes : packet(inside).bytes;
  return { inside, protocol, key: [protocol, near, far, nearPort].join(' '), flags, quotes, bytes };
}

/** The list of connections; `passes` says whether a packet may, and remembers it. */
class Oracle {
  private readonly connections = new Map<string, { stage: Stage; until: number }>();

  constructor(private readonly loose: boolean) {}

  passes({ inside, protocol, key, flags, quotes }: Sent, now: number): boolean {
    const known = this.connections.get(key);
    const alive = known !== undefined && known.until >= now ? known : undefined;
    if (quotes) return alive !== undefined;
    const stage = this.stage(alive?.stage, protocol, flags, inside);
    if (stage === undefined) return false;
    if (alive?.stage !== 'closed' || stage !== 'closed') this.connections.set(key, { stage, until: now + TIMES[stage] * SECOND });
    return true;
  }

  private stage(stage: Stage | undefined, protocol: number, flags: number, inside: boolean): Stage | undefined {
    const [fin, syn, rst, ack] = [1, 2, 4, 16].map((bit) => (flags & bit) !== 0);
    if (stage === undefined && !inside) return undefined;
    if (protocol === 17) return 'udp';
    if (protocol === 1) return 'icmp';
    if (rst) return stage === undefined ? undefined : 'reset';
    if (stage === undefined) return syn && (!ack || this.loose) ? 'opening' : this.loose ? 'established' : undefined;
    if (stage === 'opening') return syn && !inside ? 'established' : 'opening';
    if (stage === 'closed' || stage === 'reset') return syn && inside ? 'opening' : stage === 'closed' ? 'closed' : 'established';
    if (!fin) return stage;
    if (stage === 'established') return inside ? 'fin-inside' : 'fin-outside';
    return (stage === 'fin-inside') === inside ? stage : 'closed';
  }
}

async function inC(graph: Parameters<typeof runInNode>[0], input: readonly InputFrame[]): Promise<string | undefined> {
  const compiled = await CompiledGraph.of(graph);
  try {
    return difference(runInNode(graph, input, START_NS), compiled.run(COMPILERS[0]!, input, START_NS));
  } finally {
    compiled.dispose();
  }
}

for (const seed of SEEDS) {
  for (const loose of [false, true]) {
    await t.test(`what belongs to a connection passes, and nothing else (WIRELET_SEED=${seed}, LOOSE ${loose})`, async (t) => {
      const graph = await clickGraph(GRAPH(64, loose));
      const dice = new Dice(seed);
      const oracle = new Oracle(loose);
      const numberOf = (name: string) => graph.interfaces.findIndex((port) => port.name === name);
      let left: string[] = [];
      const engine = new Engine(graph, { seed: 1, microseconds: Number(START_NS / 1000n), log: () => undefined, transmit: (port) => left.push(graph.interfaces[port]!.name) });
      let clock = START_NS;
      let passed = 0;
      const input: InputFrame[] = [];
      for (let step = 0; step < STEPS; step += 1) {
        clock += 1000n * BigInt(dice.chance(4) ? dice.below(60 * SECOND) : dice.below(SECOND));
        const sent = randomPacket(dice);
        const iface = numberOf(sent.inside ? 'lan' : 'wan');
        input.push({ clock, interface: iface, bytes: sent.bytes });
        const now = Number(clock / 1000n);
        // A step brings the engine's time to now before the packet is taken.
        engine.step(now);
        left = [];
        engine.receive(iface, sent.bytes, { seconds: 0, nanoseconds: 0 });
        engine.step(now);
        const expected = oracle.passes(sent, now) ? (sent.inside ? 'out' : 'in') : 'refused';
        if (left.join() !== expected) return t.fail(`packet ${step} left by ${left.join() || 'nothing'}, not ${expected}: ${JSON.stringify({ ...sent, bytes: Buffer.from(sent.bytes).toString('hex') })}`);
        if (expected === 'in') passed += 1;
      }
      t.ok(passed > STEPS / 50, `${passed} packets from outside passed`);
      t.equal(await inC(graph, input), undefined, 'C does what Node does');
    });
  }
}

await t.test('a full table gives the oldest connections up, and counts them', async (t) => {
  const graph = await clickGraph(GRAPH(1, false));
  const input = Array.from({ length: 400 }, (_, index): InputFrame => ({
    clock: START_NS + BigInt(index) * 1_000_000n,
    interface: 0,
    bytes: ipv4.make({ protocol: 17, source: 0x0a00_0001, destination: 0xc633_6401 }, udp.make({ source_port: index, destination_port: 53 })).bytes,
  }));
  const { counts } = runInNode(graph, input, START_NS);
  // The smallest table has 16 slots.
  const evicted = Number(/connections_evicted\D+(\d+)/.exec(counts.join('\n'))?.[1]);
  t.ok(evicted >= 400 - 16 && evicted < 400, `${evicted} connections gave way`);
  t.equal(await inC(graph, input), undefined, 'C does what Node does');
});
