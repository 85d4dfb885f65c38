/** Graphs on several processors: the same packets as on one, in every way of running; handlers; what is refused. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { readCapture } from '#src/capture/read.js';
import { CaptureWriter } from '#src/capture/write.js';
import { DiagnosticError } from '#src/diagnostics.js';
import { arp, checksummed, ethernet, icmp, ipv4, ipv6, udp } from '#src/kit/index.js';
import { packageRoot } from '#src/package-root.js';
import { probeKvm } from '#src/run/machine.js';
import type { RunOutcome, Vmm } from '#src/run/outcome.js';
import type { PortSpec } from '#src/run/port-spec.js';
import { run } from '#src/run/run.js';
import type { RunOptions } from '#src/run/run-request.js';
import { mixInto } from '#src/run/deal.js';
import { Stations } from '#src/run/stations.js';
import { ALL_CORES, Steering } from '#src/run/steering.js';
import { openSubject } from '#src/run/subject.js';
import { SeededRandom } from '#src/kit/random.js';

const SEED = Number(process.env.WIRELET_SEED ?? 1);
const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-processors-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string) => path.join(folder, name);
const kvm = probeKvm().usable ? false : 'no usable /dev/kvm';
const WAYS: readonly [Vmm, string | false][] = [['node', false], ['native', false], ['process', false], ['kvm', kvm]];

interface Ran {
  readonly outcome: RunOutcome;
  /** Frames out of each interface, in hex. */
  readonly out: Readonly<Record<string, string[]>>;
}

/** Runs a graph on captures, one for each interface; `undefined`: nothing comes there. */
async function ranOn(processors: number, vmm: Vmm, graph: string, inputs: Readonly<Record<string, string | undefined>>, options: Partial<RunOptions> & { elementFolders?: string[] } = {}): Promise<Ran> {
  const { subject } = await openSubject(graph, { elementFolders: options.elementFolders ?? [] });
  const names = Object.keys(inputs);
  const output = (name: string) => file(`${name}-${vmm}-${processors}.pcap`);
  const ports = new Map(names.map((name): [string, PortSpec] => [name, { kind: 'pcap', in: inputs[name], out: output(name), speed: 'max' }]));
  const outcome = await run(subject, { seed: SEED, ...options, vmm, processors, ports, untilIdle: true });
  return { outcome, out: Object.fromEntries(names.map((name) => [name, [...readCapture(output(name))].map(({ bytes }) => Buffer.from(bytes).toString('hex'))])) };
}

/** Frames by their flow, in order within each. */
function byFlow(frames: readonly string[]): Map<number, string[]> {
  const steering = new Steering({ seed: 99, cores: 2 ** 20, by: 'ports', answers: false, teaches: false });
  const flows = new Map<number, string[]>();
  for (const frame of frames) {
    const flow = steering.core(Buffer.from(frame, 'hex'));
    flows.set(flow, [...(flows.get(flow) ?? []), frame]);
  }
  return flows;
}

for (const config of ['firewall', 'nat', 'router', 'wire']) {
  await t.test(`${config}.yaml on several processors, WIRELET_SEED=${SEED}`, async (t) => {
    const traffic = path.join(packageRoot, 'configs/traffic', config);
    const inputs = Object.fromEntries(readdirSync(traffic).filter((name) => name.endsWith('-in.pcap')).map((name) => [name.replace('-in.pcap', ''), path.join(traffic, name)]));
    const graph = path.join(packageRoot, `configs/${config}.yaml`);
    const one = await ranOn(1, 'node', graph, inputs);
    const two = await ranOn(2, 'node', graph, inputs);
    const three = await ranOn(3, 'node', graph, inputs);
    for (const [vmm, skip] of WAYS.slice(1)) {
      if (skip !== false) continue;
      for (const [count, reference] of [[2, two], [3, three]] as const) {
        const { outcome, out } = await ranOn(count, vmm, graph, inputs);
        t.same(out, reference.out, `${vmm} with ${count} sends the same bytes in the same order as Node`);
        t.same([outcome.ports, outcome.elements], [reference.outcome.ports, reference.outcome.elements], 'and counts the same');
      }
    }
    // A router asks for addresses on each processor, and numbers its errors there: the other two know nothing of the number.
    if (config === 'router') return;
    // A gateway asks for addresses on each, too, but what it translates is the same.
    const counted = ({ ports, elements }: RunOutcome) => (config === 'nat' ? ['rewriter', 'pings', 'error_came', 'error_sent'].map((name) => elements[name]) : [ports, elements]);
    t.same(counted(two.outcome), counted(one.outcome), 'two count together what one counts');
    for (const name of Object.keys(inputs)) t.same(byFlow(two.out[name]!), byFlow(one.out[name]!), 'the frames of each flow come in the same order as from one');
  });
}

/** Numbers the packets that its copy has seen: packets with one number each show how many copies there are. */
const NUMBERER = `import { defineElement, register, u32 } from 'wirelet';
export default defineElement({
  name: 'Numberer',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same, with a number in their first four bytes.' } },
  split: 'each',
  state: { count: register('u32') },
  process(packet, { state, outputs }) {
    state.count = u32(state.count + 1);
    packet.storeU32(0, state.count);
    return outputs.out;
  },
});
`;

/** Frames of many kinds, among them broken ones. */
function oddFrames(random: SeededRandom, count: number): Uint8Array[] {
  const address = () => 0x0a00_0000 + random.below(7);
  const port = () => 1000 + random.below(5);
  return Array.from({ length: count }, () => {
    const inner = udp.make({ source_port: port(), destination_port: port() }, new Uint8Array(8)).bytes;
    const packet = ipv4.make({ source: address(), destination: address(), protocol: [1, 6, 17, 132, 50][random.below(5)]!, fragment: random.below(8) === 0 ? 0x2000 + random.below(3) : 0 }, inner).bytes;
    const error = ipv4.make({ source: address(), destination: address(), protocol: 1 }, Uint8Array.from([[3, 4, 5, 11, 12, 8][random.below(6)]!, 0, 0, 0, 0, 0, 0, 0, ...packet])).bytes;
    const six = ipv6.make({ source: `fe80::${random.below(4)}`, destination: `2001:db8::${random.below(4)}`, next_header: [6, 17, 58, 44][random.below(4)]! }, inner).bytes;
    const kinds: [number, Uint8Array][] = [[0x0800, packet], [0x0800, error], [0x86dd, six], [0x0806, Uint8Array.from({ length: 28 }, () => random.below(256))], [random.below(65536), inner]];
    const [type, payload] = kinds[random.below(kinds.length)]!;
    const tags = Array.from({ length: random.below(4) }, () => [0x81, 0, 0, random.below(256)]).flat();
    const frame = Uint8Array.from([...Array.from({ length: 12 }, () => random.below(4)), ...tags, type >> 8, type & 255, ...payload]);
    return random.below(6) === 0 ? frame.slice(0, 1 + random.below(frame.length - 1)) : frame;
  });
}

await t.test(`every way of running deals frames out alike, WIRELET_SEED=${SEED}`, async (t) => {
  const own = file('own');
  mkdirSync(own);
  writeFileSync(path.join(own, 'Numberer.ts'), NUMBERER);
  const graph = file('numbers.yaml');
  writeFileSync(graph, 'interfaces: [lan, wan]\ngraph: |\n  lan -> Numberer -> wan\n  wan -> Discard\n');
  const input = file('odd.pcap');
  const writer = new CaptureWriter(input);
  const frames = oddFrames(new SeededRandom(SEED, 0), 3000);
  frames.forEach((bytes, index) => writer.write(1_000_000_000_000_000_000n + BigInt(index) * 1000n, bytes));
  writer.close();
  for (const count of [2, 5]) {
    const reference = await ranOn(count, 'node', graph, { lan: input, wan: undefined }, { elementFolders: [own] });
    t.ok(new Set(reference.out['wan']!.map((frame) => frame.slice(0, 8))).size < reference.out['wan']!.length / 1.5, 'the copies number for themselves');
    for (const vmm of ['native', 'process'] as const) t.same((await ranOn(count, vmm, graph, { lan: input, wan: undefined }, { elementFolders: [own] })).out, reference.out, `${vmm}, ${count} processors`);
  }
  t.end();
});

await t.test('both directions of a flow, and errors about it, go to one processor; answers to all', (t) => {
  const random = new SeededRandom(SEED, 1);
  const steering = new Steering({ seed: SEED, cores: 7, by: 'ports', answers: true, teaches: false });
  const used = new Set<number>();
  for (let round = 0; round < 200; round += 1) {
    const [a, b, p, q] = [random.u32(), random.u32(), random.below(65536), random.below(65536)];
    const packet = (source: number, destination: number, sourcePort: number, destinationPort: number) => ipv4.make({ source, destination, protocol: 17 }, udp.make({ source_port: sourcePort, destination_port: destinationPort }, new Uint8Array(8)).bytes).bytes;
    const framed = (payload: Uint8Array) => Uint8Array.from([...new Uint8Array(12), 8, 0, ...payload]);
    const core = steering.core(framed(packet(a, b, p, q)));
    used.add(core);
    t.equal(steering.core(framed(packet(b, a, q, p))), core);
    const error = ipv4.make({ source: random.u32(), destination: a, protocol: 1 }, Uint8Array.from([3, 1, 0, 0, 0, 0, 0, 0, ...packet(a, b, p, q)])).bytes;
    t.equal(steering.core(framed(error)), core);
  }
  t.same([...used].sort(), [0, 1, 2, 3, 4, 5, 6], 'all have something to do');
  const reply = Uint8Array.from([...new Uint8Array(12), 8, 6, 0, 1, 8, 0, 6, 4, 0, 2, ...new Uint8Array(20)]);
  t.equal(steering.core(reply), ALL_CORES);
  t.end();
});

await t.test('a router on two processors learns addresses on both', async (t) => {
  const graph = file('ask.yaml');
  writeFileSync(graph, `interfaces:
  lan: { mac: 02:00:00:00:00:01, address: 10.0.0.1/24 }
  wan: { mac: 02:00:00:00:00:02 }
graph: |
  q :: ARPQuerier(lan)
  wan -> Strip(14) -> CheckIPHeader -> GetIPAddress(16) -> [0]q -> lan
  lan -> c :: Classifier(12/0806 20/0002, -) -> [1]q
  c[1] -> Discard
`);
  const ask = file('ask.pcap');
  const answer = file('answer.pcap');
  const toFlow = (port: number) => Uint8Array.from([...new Uint8Array(12), 8, 0, ...ipv4.make({ source: 0xc000_0201, destination: 0x0a00_0009, protocol: 17 }, udp.make({ source_port: port, destination_port: 53 }, new Uint8Array(8)).bytes).bytes]);
  const reply = ethernet.make({ destination: 0x0200_0000_0001, source: 0x0200_0000_0009, type: 0x0806 }, arp.make({ operation: 2, sender_mac: 0x0200_0000_0009, sender_address: 0x0a00_0009, target_mac: 0x0200_0000_0001, target_address: 0x0a00_0001 }).bytes).bytes;
  const asked = new CaptureWriter(ask);
  for (let port = 0; port < 8; port += 1) asked.write(1_000_000_000_000_000_000n, toFlow(port));
  asked.close();
  const answered = new CaptureWriter(answer);
  answered.write(1_000_000_000_100_000_000n, reply);
  answered.close();
  const reference = await ranOn(2, 'node', graph, { lan: answer, wan: ask });
  t.equal(reference.out['lan']!.filter((frame) => frame.slice(24, 28) === '0800').length > 1, true, 'what waited for the answer on each goes out');
  t.same((await ranOn(2, 'process', graph, { lan: answer, wan: ask })).out, reference.out);
  t.end();
});

/** Frames between hosts on three segments: most are known, some are not, some move, some send to groups or from them. */
function switchedFrames(random: SeededRandom, count: number, hosts: number): { port: number; bytes: Uint8Array }[] {
  const segments = Array.from({ length: hosts }, () => random.below(3));
  const address = (host: number) => 0x0200_0000_0000 + host * 7;
  return Array.from({ length: count }, () => {
    const from = random.below(hosts);
    if (random.below(50) === 0) segments[from] = random.below(3);
    const destination = random.below(20) === 0 ? [0xffff_ffff_ffff, 0x0200_dead_0000, 0x0100_5e00_0001][random.below(3)]! : address(random.below(hosts));
    const source = random.below(100) === 0 ? 0x0300_0000_0001 : address(from);
    const frame = ethernet.make({ destination, source, type: 0x88b5 }, Uint8Array.from({ length: random.below(200) }, () => random.below(256))).bytes;
    return { port: segments[from]!, bytes: random.below(60) === 0 ? frame.subarray(0, 1 + random.below(16)) : frame };
  });
}

/** Captures of such frames for each port: half of them, a pause in which all is forgotten, the other half. */
function switchedCaptures(random: SeededRandom, name: string): Record<string, string> {
  const frames = switchedFrames(random, 3000, 60);
  const names = ['a', 'b', 'c'];
  const writers = names.map((port) => new CaptureWriter(file(`${name}-${port}.pcap`)));
  frames.forEach(({ port, bytes }, index) => writers[port]!.write(1_000_000_000_000_000_000n + BigInt(index) * 1_500_000n + (index * 2 >= frames.length ? 30_000_000_000n : 0n), bytes));
  for (const writer of writers) writer.close();
  return Object.fromEntries(names.map((port) => [port, file(`${name}-${port}.pcap`)]));
}

const SWITCHES: readonly [string, string][] = [
  ['EtherSwitch', 'a -> [0]s[0] -> a\n  b -> [1]s[1] -> b\n  c -> [2]s[2] -> Counter -> c'],
  ['ListenEtherSwitch', 'a -> [0]s[0] -> a\n  b -> [1]s[1] -> b\n  c -> [2]s[2] -> c\n  s[3] -> Discard'],
];
for (const [type, connections] of SWITCHES) {
  await t.test(`${type} on several processors does what it does on one, WIRELET_SEED=${SEED}`, async (t) => {
    const graph = file(`${type}.yaml`);
    writeFileSync(graph, `interfaces: [a, b, c]\ngraph: |\n  s :: ${type}(TIMEOUT 10)\n  ${connections}\n`);
    const inputs = switchedCaptures(new SeededRandom(SEED, 7), type);
    const one = await ranOn(1, 'node', graph, inputs);
    t.ok(one.outcome.elements['s']!.counters['frames_flooded']! > 100 && one.out['a']!.length > 100, 'there is something to learn');
    for (const count of [2, 3]) {
      for (const [vmm, skip] of WAYS) {
        if (skip !== false) continue;
        const { outcome, out } = await ranOn(count, vmm, graph, inputs);
        t.same(out, one.out, `${vmm} with ${count} sends the same frames in the same order`);
        t.same([outcome.ports, outcome.elements], [one.outcome.ports, one.outcome.elements], 'and counts the same');
      }
    }
  });
}

await t.test('a switch hears of a host again each second, and at once where it moves or another took its place', (t) => {
  const stations = new Stations(SEED);
  const frame = (source: number) => ethernet.make({ source, destination: 4 }).bytes;
  t.equal(stations.news(frame(2), 0, 1_000_000), true);
  t.equal(stations.news(frame(2), 0, 1_999_999), false);
  t.equal(stations.news(frame(2), 0, 2_000_000), true);
  t.equal(stations.news(frame(2), 1, 2_000_001), true);
  t.equal(stations.news(frame(2), 1, 2_000_002), false);
  t.equal(stations.news(frame(2), 1, 1_000_000), true, 'time that went back is not waited for');
  t.equal(stations.news(frame(0x0100_0000_0002), 1, 2_000_003), false, 'groups are nowhere');
  t.equal(stations.news(frame(6).subarray(0, 13), 1, 2_000_003), false, 'what is no frame teaches nothing');
  let other = 8;
  for (const places = (source: number) => mixInto(mixInto(SEED >>> 0, source), 0) % 65_536; places(other) !== places(2); ) other += 2;
  t.equal(stations.news(frame(other), 1, 2_000_004), true);
  t.equal(stations.news(frame(2), 1, 2_000_005), true);
  t.end();
});

await t.test('generated frames all come through a switch on two processors', async (t) => {
  const graph = file('switched.yaml');
  writeFileSync(graph, 'interfaces: [lan, wan]\ngraph: |\n  s :: EtherSwitch\n  lan -> [0]s[0] -> lan\n  wan -> [1]s[1] -> wan\n');
  const { subject } = await openSubject(graph);
  for (const [vmm, skip] of WAYS.slice(1)) {
    if (skip !== false) continue;
    const ports = new Map<string, PortSpec>([['lan', { kind: 'gen', size: 64, count: 100_000, rate: 'max', flows: 16, verify: true }]]);
    const outcome = await run(subject, { vmm, processors: 2, ports, untilIdle: true });
    t.match(outcome.ports['lan'], { rx_packets: 100_000, drops: 0 }, vmm);
    t.equal(outcome.elements['s']!.counters['packets'], 100_000, 'notes are no frames');
  }
  t.end();
});

/** A translator whose hosts use ports that it may not: it has to choose others. */
const TRANSLATOR = `interfaces: [lan, wan]
graph: |
  flows :: IPRewriter(pattern 192.0.2.1 1024-65535 - - 0 1, drop);
  pings :: ICMPPingRewriter(pattern 192.0.2.1 1024-65535 - - 0 1, drop);
  lan -> Strip(14) -> CheckIPHeader -> out :: IPClassifier(icmp type echo, -);
  wan -> Strip(14) -> CheckIPHeader -> back :: IPClassifier(icmp type echo-reply, icmp, -);
  out[1] -> [0]flows; back[2] -> [1]flows; out[0] -> [0]pings; back[0] -> [1]pings;
  back[1] -> errors :: ICMPRewriter(flows pings) -> to_lan :: Unstrip(14) -> lan;
  errors[1] -> Discard;
  flows[1] -> to_lan; pings[1] -> to_lan;
  flows[0], pings[0] -> Unstrip(14) -> wan
`;

await t.test(`answers come to the copy that chose their port, WIRELET_SEED=${SEED}`, async (t) => {
  const graph = file('translator.yaml');
  writeFileSync(graph, TRANSLATOR);
  const server = 0xc633_6401;
  const framed = (packet: Uint8Array) => Uint8Array.from([...new Uint8Array(12), 8, 0, ...packet]);
  const capture = (name: string, at: bigint, frames: readonly Uint8Array[]) => {
    const writer = new CaptureWriter(file(name));
    frames.forEach((bytes, index) => writer.write(at + BigInt(index) * 1000n, bytes));
    writer.close();
    return file(name);
  };
  const packets = Array.from({ length: 60 }, (_, index) => {
    const source = 0x0a00_0002 + index;
    const inner = index % 3 === 0 ? icmp.make({ type: 8, identifier: 1 + index }) : udp.make({ source_port: 1 + index, destination_port: 53 }, new Uint8Array(8));
    return framed(checksummed(ipv4.make({ source, destination: server, protocol: index % 3 === 0 ? 1 : 17 }, inner)).bytes);
  });
  const lan = capture('asked.pcap', 1_000_000_000_000_000_000n, packets);
  const sent = (await ranOn(3, 'node', graph, { lan, wan: undefined })).out['wan']!.map((frame) => Buffer.from(frame, 'hex'));
  t.equal(sent.length, packets.length);
  /** What the server answers: an error for every other datagram. */
  const answers = sent.map((frame, index) => {
    const answer = Buffer.from(frame);
    frame.copy(answer, 26, 30, 34);
    frame.copy(answer, 30, 26, 30);
    if (frame[23] === 1) {
      answer.writeUInt16BE(frame.readUInt16BE(36) + 0x800, 36);
      answer[34] = 0;
      return answer;
    }
    if (index % 2 === 0) return framed(ipv4.make({ source: server, destination: frame.readUInt32BE(26), protocol: 1 }, icmp.make({ type: 3, code: 3 }, frame.subarray(14, 42))).bytes);
    frame.copy(answer, 34, 36, 38);
    frame.copy(answer, 36, 34, 36);
    return answer;
  });
  const wan = capture('answered.pcap', 1_000_000_001_000_000_000n, answers);
  const reference = await ranOn(3, 'node', graph, { lan, wan });
  const hosts = reference.out['lan']!.map((frame) => Buffer.from(frame, 'hex').readUInt32BE(30));
  t.same(hosts.sort((a, b) => a - b), packets.map((_, index) => 0x0a00_0002 + index), 'every host has its answer');
  for (const vmm of ['native', 'process'] as const) t.same((await ranOn(3, vmm, graph, { lan, wan })).out, reference.out, vmm);
  t.end();
});

await t.test('generated frames all come through, in order within their flows', async (t) => {
  const { subject } = await openSubject(path.join(packageRoot, 'configs/wire.yaml'));
  for (const [vmm, skip] of WAYS.slice(1)) {
    if (skip !== false) continue;
    const ports = new Map<string, PortSpec>([['lan', { kind: 'gen', size: 64, count: 100_000, rate: 'max', flows: 1, verify: true }]]);
    const outcome = await run(subject, { vmm, processors: 2, ports, untilIdle: true });
    t.match(outcome.streams!['lan'], { sent: 100_000, received: 100_000, reordered: 0, lost_sequences: 0, duplicated: 0 }, vmm);
  }
  t.end();
});

await t.test('who cannot be split is refused, with the reason', async (t) => {
  const refusal = async (graph: string, options: Partial<RunOptions>) => {
    const { subject } = await openSubject(path.resolve(packageRoot, graph));
    const error = await run(subject, { ports: new Map(), untilIdle: true, ...options }).catch((thrown: unknown) => thrown);
    return error instanceof DiagnosticError ? error.diagnostics.map(({ code, message }) => `${code} ${message}`).join('\n') : String(error);
  };
  const switched = async (from: string, settings: string) => {
    const graph = file('unsplit.yaml');
    writeFileSync(graph, `interfaces: [lan, wan]\ngraph: |\n  s :: EtherSwitch(${settings})\n  lan -> ${from}[0]s[0] -> lan\n  wan -> [1]s[1] -> wan\n`);
    return refusal(graph, { processors: 2, vmm: 'node' });
  };
  t.match(await switched('seen :: Counter -> ', ''), /^WL1290 [^\n]*cannot be split over 2 processors:\n {2}"s" \(EtherSwitch\): it learns from what interfaces receive, and frames come to it from "seen" \(Counter\)$/m);
  t.match(await switched('', 'TIMEOUT 9'), 'TIMEOUT must be 10 s at least');
  const translator = async (inputs: string) => {
    const graph = file('refused.yaml');
    writeFileSync(graph, `interfaces: [lan, wan]\ngraph: |\n  m :: RoundRobinIPMapper(- - 10.0.0.1 - 0 1);\n  r :: IPRewriter(${inputs}, drop);\n  lan -> MarkIPHeader(14) -> r -> wan;\n  wan -> MarkIPHeader(14) -> [1]r;\n  r[1] -> lan\n`);
    return refusal(graph, { processors: 2, vmm: 'node' });
  };
  t.match(await translator('pattern 192.0.2.1 1024-65535# - - 0 1'), '"r" (IPRewriter): each copy would begin the sequence of "pattern 192.0.2.1 1024-65535# - - 0 1" anew');
  t.match(await translator('pattern - - 10.0.0.1 8080 0 1'), 'changes the port of the destination: answers from there would go to another copy');
  t.match(await translator('pattern 192.0.2.1 2000 - - 0 1'), 'has fewer than 1024 ports for the copies to share');
  t.match(await translator('m'), 'each copy would take the patterns of its mapper in turn for itself');
  t.match(await refusal('configs/dns-server.yaml', { processors: 2, vmm: 'node' }), 'with RATE 0 it can be split');
  t.match(await refusal('configs/wire.yaml', { processors: 17, vmm: 'node' }), /^WL4150 17 is not a number of processors/);
  t.match(await refusal('configs/wire.yaml', { processors: 2, vmm: 'qemu' }), /^WL4150 QEMU gives an appliance one processor/);
  t.end();
});
