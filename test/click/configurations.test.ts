/**
 * The Click configurations of configs/click: each is without errors, does to some traffic what it must, does the same when it is compiled, and becomes
 * a VM.
 */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { formatDiagnostic } from '#src/diagnostics.js';
import type { CheckedGraph } from '#src/graph/graph.js';
import { tryLoadGraph } from '#src/graph/load.js';
import { build } from '#src/image/build.js';
import { toolchain } from '#src/image/toolchain.js';
import { packageRoot } from '#src/package-root.js';
import { plan } from '#src/plan/plan.js';
import { CompiledGraph, difference, runInNode, type Compiler, type InputFrame } from '../differential/replay.js';
import { answers, asks, greFrame, inWords, pingFrame, tcpFrame, udpFrame, type Arrival } from './configuration-traffic.js';

const folder = path.join(packageRoot, 'configs/click');
const START_NS = 1_000_000_000_000_000_000n;
const STEP_NS = 1_000_000n;
/** Steps without frames at the end, in which queues run empty. */
const LAST_STEPS = 40;

interface Shown {
  readonly arrivals: readonly Arrival[];
  /** `INTERFACE frame in words`, in order; those that are asked for again later left out. */
  readonly leave: readonly string[];
}

const on = (at: string, frame: Uint8Array): Arrival => ({ at, frame });

const CASES: Readonly<Record<string, Shown>> = {
  'two-interface-router.click': {
    arrivals: [
      on('eth0', asks('10.0.1.9', '10.0.1.1')),
      on('eth0', asks('10.0.1.9', '10.0.1.7')),
      on('eth0', udpFrame(0x0101, '10.0.1.9', '10.0.2.9', [1, 2])),
      on('eth1', answers(0x0201, '10.0.2.9', '10.0.2.1')),
      on('eth0', answers(0x0101, '10.0.1.9', '10.0.1.1')),
      on('eth0', udpFrame(0x0101, '10.0.1.9', '10.0.2.9', [3, 4], { ttl: 1 })),
      on('eth0', pingFrame(0x0101, '10.0.1.9', '10.0.2.1')),
      on('eth0', udpFrame(0x0101, '10.0.1.9', '10.0.9.9', [5, 6])),
    ],
    leave: [
      'eth0 arp answers 10.0.1.1 > 10.0.1.9',
      'eth1 arp asks 10.0.2.1 > 10.0.2.9',
      'eth1 udp 10.0.1.9 > 10.0.2.9 ttl 63 ports 1 > 2',
      'eth0 icmp 11/0 10.0.1.1 > 10.0.1.9 ttl 199',
      'eth0 icmp 0/0 10.0.2.1 > 10.0.1.9 ttl 254',
    ],
  },
  'four-interface-router.click': {
    arrivals: [
      on('eth2', udpFrame(0x0301, '10.0.3.9', '10.0.4.9', [1, 2])),
      on('eth3', answers(0x0401, '10.0.4.9', '10.0.4.1')),
      on('eth2', udpFrame(0x0301, '10.0.3.9', '192.0.2.9', [1, 2])),
      on('eth0', answers(0x0101, '10.0.1.254', '10.0.1.1')),
      on('eth2', asks('10.0.3.9', '10.0.3.1')),
    ],
    leave: [
      'eth3 arp asks 10.0.4.1 > 10.0.4.9',
      'eth3 udp 10.0.3.9 > 10.0.4.9 ttl 63 ports 1 > 2',
      'eth0 arp asks 10.0.1.1 > 10.0.1.254',
      'eth0 udp 10.0.3.9 > 192.0.2.9 ttl 63 ports 1 > 2',
      'eth2 arp answers 10.0.3.1 > 10.0.3.9',
    ],
  },
  'home-nat.click': {
    arrivals: [
      on('wan', answers(0x0201, '198.51.100.1', '198.51.100.2')),
      on('lan', udpFrame(0x0101, '192.168.1.9', '203.0.113.5', [4000, 53])),
      on('wan', answers(0x0201, '198.51.100.1', '198.51.100.2')),
      on('lan', tcpFrame(0x0101, '192.168.1.9', '203.0.113.5', [4000, 21], 0x18, 'PORT 192,168,1,9,10,11\r\n')),
      on('lan', pingFrame(0x0101, '192.168.1.9', '203.0.113.5')),
      on('wan', tcpFrame(0x0201, '203.0.113.7', '198.51.100.2', [5000, 80])),
      on('lan', answers(0x0101, '192.168.1.80', '192.168.1.1')),
      on('wan', udpFrame(0x0201, '203.0.113.66', '198.51.100.2', [1, 2])),
    ],
    leave: [
      'wan udp 198.51.100.2 > 203.0.113.5 ttl 64 ports 4000 > 53',
      'wan tcp 198.51.100.2 > 203.0.113.5 ttl 64 ports 4000 > 21',
      'wan icmp 8/0 198.51.100.2 > 203.0.113.5 ttl 64',
      'lan arp asks 192.168.1.1 > 192.168.1.80',
      'lan tcp 203.0.113.7 > 192.168.1.80 ttl 64 ports 5000 > 80',
    ],
  },
  'firewall.click': {
    arrivals: [
      on('inside', tcpFrame(0, '10.0.0.9', '203.0.113.5', [4000, 80])),
      on('outside', tcpFrame(0, '203.0.113.5', '10.0.0.80', [4000, 80])),
      on('outside', tcpFrame(0, '203.0.113.5', '10.0.0.81', [4000, 80])),
      on('outside', tcpFrame(0, '203.0.113.5', '10.0.0.81', [4000, 80], 0x10)),
      on('outside', tcpFrame(0, '10.0.0.1', '10.0.0.80', [4000, 80])),
      on('outside', udpFrame(0, '203.0.113.5', '10.0.0.9', [53, 4000])),
      on('outside', asks('10.0.0.5', '10.0.0.6')),
    ],
    leave: [
      'outside tcp 10.0.0.9 > 203.0.113.5 ttl 64 ports 4000 > 80',
      'inside tcp 203.0.113.5 > 10.0.0.80 ttl 64 ports 4000 > 80',
      'inside tcp 203.0.113.5 > 10.0.0.81 ttl 64 ports 4000 > 80',
      'inside udp 203.0.113.5 > 10.0.0.9 ttl 64 ports 53 > 4000',
      'inside arp asks 10.0.0.5 > 10.0.0.6',
    ],
  },
  'dns-redirect.click': {
    arrivals: [
      on('lan', udpFrame(1, '10.0.0.9', '203.0.113.5', [4000, 53])),
      on('wan', answers(0x0201, '198.51.100.1', '198.51.100.2')),
      on('wan', greFrame(0x0201, '203.0.113.9', '198.51.100.2', [0, 0, 8, 0], udpFrame(0, '10.9.9.53', '10.0.0.9', [53, 4000]))),
      on('lan', answers(1, '10.0.0.9', '10.0.0.1')),
      on('lan', tcpFrame(1, '10.0.0.9', '203.0.113.5', [4000, 80])),
    ],
    leave: [
      'wan arp asks 198.51.100.2 > 198.51.100.1',
      'wan gre 198.51.100.2 > 203.0.113.9 ttl 250 (udp 10.0.0.9 > 10.9.9.53 ttl 64 ports 4000 > 53)',
      'lan arp asks 10.0.0.1 > 10.0.0.9',
      'lan udp 203.0.113.5 > 10.0.0.9 ttl 64 ports 53 > 4000',
      'wan tcp 10.0.0.9 > 203.0.113.5 ttl 64 ports 4000 > 80',
    ],
  },
  'diffserv-shaper.click': {
    arrivals: [
      on('lan', udpFrame(0, '10.0.0.9', '203.0.113.5', [4000, 9])),
      on('lan', udpFrame(0, '10.0.0.9', '203.0.113.5', [4000, 5004])),
      on('lan', tcpFrame(0, '10.0.0.9', '203.0.113.5', [4000, 443])),
      on('lan', udpFrame(0, '10.0.0.9', '203.0.113.5', [4000, 53])),
      on('lan', udpFrame(0, '10.0.0.9', '203.0.113.5', [4000, 9], { tos: 0xb8 })),
      on('line', udpFrame(0, '203.0.113.5', '10.0.0.9', [9, 4000])),
    ],
    leave: [
      'line udp 10.0.0.9 > 203.0.113.5 ttl 64 ports 4000 > 9',
      'line udp 10.0.0.9 > 203.0.113.5 ttl 64 tos 184 ports 4000 > 5004',
      'line tcp 10.0.0.9 > 203.0.113.5 ttl 64 tos 72 ports 4000 > 443',
      'line udp 10.0.0.9 > 203.0.113.5 ttl 64 tos 104 ports 4000 > 53',
      'line udp 10.0.0.9 > 203.0.113.5 ttl 64 tos 184 ports 4000 > 9',
      'lan udp 203.0.113.5 > 10.0.0.9 ttl 64 ports 9 > 4000',
    ],
  },
  'vpn.click': {
    arrivals: [
      on('lan', udpFrame(1, '10.1.0.9', '10.2.0.9', [1, 2])),
      on('wan', answers(0x0201, '198.51.100.1', '198.51.100.2')),
      on('wan', greFrame(0x0201, '203.0.113.9', '198.51.100.2', [0x20, 0, 8, 0, 0, 0, 0, 7], udpFrame(0, '10.2.0.9', '10.1.0.9', [2, 1]))),
      on('lan', answers(1, '10.1.0.9', '10.1.0.1')),
      on('wan', greFrame(0x0201, '203.0.113.9', '198.51.100.2', [0x20, 0, 8, 0, 0, 0, 0, 7], udpFrame(0, '10.3.0.9', '10.1.0.9', [2, 1]))),
      on('lan', udpFrame(1, '10.1.0.9', '10.2.0.9', [1, 2], { dont_fragment: 1 }, 1460)),
      on('lan', udpFrame(1, '10.1.0.9', '192.0.2.1', [1, 2])),
    ],
    leave: [
      'wan arp asks 198.51.100.2 > 198.51.100.1',
      'wan gre 198.51.100.2 > 203.0.113.9 ttl 250 (udp 10.1.0.9 > 10.2.0.9 ttl 63 ports 1 > 2)',
      'lan arp asks 10.1.0.1 > 10.1.0.9',
      'lan udp 10.2.0.9 > 10.1.0.9 ttl 63 ports 2 > 1',
      'lan icmp 3/4 10.1.0.1 > 10.1.0.9 ttl 200',
      'lan icmp 3/0 10.1.0.1 > 10.1.0.9 ttl 200',
    ],
  },
  'sampling-monitor.click': {
    arrivals: [on('line', udpFrame(0, '10.0.0.9', '203.0.113.5', [1, 2])), on('line', asks('10.0.0.5', '10.0.0.6'))],
    leave: [
      'tap udp 10.0.0.9 > 203.0.113.5 ttl 64 ports 1 > 2',
      'tap arp asks 10.0.0.5 > 10.0.0.6',
    ],
  },
};

const names = readdirSync(folder).filter((name) => name.endsWith('.click')).sort();
const compiler = await toolchain().catch(() => undefined);
const LONG_MS = 400_000;
/** The examples of all elements meet sanitizers and optimisers: here it is the graphs that matter. */
const QUICK: Compiler = { name: 'gcc -O0', command: 'gcc', flags: ['-O0'] };
t.setTimeout(LONG_MS * 2);

function stepsOf(graph: CheckedGraph, arrivals: readonly Arrival[]): InputFrame[] {
  const begin: InputFrame[] = arrivals.map(({ at, frame }, index) => ({ clock: START_NS + BigInt(index) * STEP_NS, interface: graph.interfaces.findIndex(({ name }) => name === at), bytes: frame }));
  return [...begin, ...Array.from({ length: LAST_STEPS }, (_, index) => ({ clock: START_NS + BigInt(begin.length + index) * STEP_NS }))];
}

t.same(names, Object.keys(CASES).sort(), 'every configuration is shown some traffic');
for (const name of names) {
  t.test(`${name} checks, runs, compiles to the same, and becomes a VM`, { timeout: LONG_MS }, async (t) => {
    const { diagnostics, checked: graph } = await tryLoadGraph(path.join(folder, name));
    t.same(diagnostics.map(formatDiagnostic), [], `${name} is without errors and warnings`);
    const shown = CASES[name];
    if (graph === undefined || shown === undefined) return;
    const steps = stepsOf(graph, shown.arrivals);
    const node = runInNode(graph, steps, START_NS);
    const left = node.frames.map((line) => {
      const [port, hex] = line.split(' ');
      return `${graph.interfaces[Number(port)]!.name} ${inWords(Buffer.from(hex!, 'hex'))}`;
    });
    t.same(left, shown.leave, `what leaves ${name}`);
    if (compiler === undefined) return t.pass('not compiled', { skip: 'there is no C compiler' });
    const compiled = await CompiledGraph.of(graph);
    try {
      await compiled.compile(QUICK);
      t.equal(difference(node, compiled.run(QUICK, steps, START_NS)), undefined, `${name} as C`);
    } finally {
      compiled.dispose();
    }
    t.ok(existsSync((await build(plan(graph), 'vm')).file), `${name} becomes a VM`);
  });
}
