/** What becomes of packets, element by element. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { CaptureWriter } from '#src/capture/write.js';
import { DiagnosticError } from '#src/diagnostics.js';
import { loadGraph } from '#src/graph/load.js';
import { arp, ethernet, icmp, ipv4, tcp, udp } from '#src/kit/index.js';
import { arrivalsAt } from '#src/run/trace/arrivals.js';
import { trace, type TraceOptions } from '#src/run/trace/trace.js';
import { traceText } from '#src/run/trace/trace-text.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-trace-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

const HEAD = 'name: traced\ninterfaces: { lan: { mac: 02:00:00:00:00:01 }, wan: { mac: 02:00:00:00:00:02 } }\ngraph: |\n';
const addresses = { source: 0x0a00_0001, destination: 0xc000_0201 };
const framed = (packet: ReturnType<typeof ipv4.make>) => ethernet.make({ type: 0x0800 }, packet).bytes;
const dns = framed(ipv4.make({ ...addresses, protocol: 17 }, udp.make({ source_port: 4000, destination_port: 53 }, new Uint8Array(8))));
const web = framed(ipv4.make({ ...addresses, protocol: 6 }, tcp.make({ source_port: 4001, destination_port: 80, flags: 2 })));
const ping = framed(ipv4.make({ ...addresses, protocol: 1 }, icmp.make({ type: 8 })));
const last = framed(ipv4.make({ ...addresses, protocol: 17, ttl: 1 }, udp.make({ source_port: 4002, destination_port: 53 })));

async function traced(lines: string, frames: readonly Uint8Array[], options: Partial<TraceOptions> = {}) {
  const [graph, capture] = [path.join(folder, 'traced.yaml'), path.join(folder, 'traced.pcap')];
  writeFileSync(graph, `${HEAD}  ${lines.trim().replace(/\n/g, '\n  ')}\n`);
  const writer = new CaptureWriter(capture);
  frames.forEach((frame, index) => writer.write(1_700_000_000_000_000_000n + BigInt(index) * 1_000_000n, frame));
  writer.close();
  const { checked } = await loadGraph(graph);
  const arrivals = arrivalsAt(checked, new Map([['lan', { kind: 'pcap', in: capture, speed: 'max' }]]), 100);
  return trace(checked, { arrivals, count: 100, seed: 1, log: () => {}, ...options });
}

const ROUTE = `
lan -> Strip(14) -> check :: CheckIPHeader -> filter :: IPFilter(allow udp, deny all) -> ttl :: DecIPTTL -> mark :: Paint(3) -> Unstrip(14) -> wan
ttl[1] -> Discard
wan -> Discard
`;

await t.test('each hop says what was done, and the last one what became of the packet', async (t) => {
  const { traces, frames, matched } = await traced(ROUTE, [dns, web, last]);
  t.same([frames, matched], [3, 3]);
  t.same(traces[0]!.hops.map(({ element, verdict }) => [element, verdict.kind]), [
    ['lan/rx', 'output'], ['Strip@1', 'output'], ['check', 'output'], ['filter', 'output'], ['ttl', 'output'], ['mark', 'output'], ['Unstrip@6', 'output'], ['wan/tx', 'sent'],
  ]);
  const ttl = traces[0]!.hops[4]!;
  t.match(ttl.changes.join('; '), /^ipv4\.ttl 64 -> 63; ipv4\.checksum \d+ -> \d+$/);
  t.same(ttl.headers.map(({ protocol }) => protocol), ['ipv4', 'udp']);
  t.match(ttl.headers[0]!.fields, { source: '10.0.0.1', destination: '192.0.2.1', ttl: 64 });
  t.same(traces[0]!.hops[5]!.changes, ['paint annotation 0 -> 3']);
  t.match(traces[1]!.hops.at(-1), { element: 'filter', verdict: { kind: 'drop', reason: 'denied', means: /./ } }, 'a drop has its reason, and what that means');
  t.match(traces[2]!.hops.at(-1), { class: 'Discard', verdict: { kind: 'consumed' } }, 'and what ends as it should says so');
});

await t.test('only what matches is shown; the rest goes through all the same', async (t) => {
  const result = await traced(ROUTE, [dns, web, dns, web], { match: 'tcp dst port 80', count: 1 });
  t.same([result.frames, result.matched, result.traces.map(({ frame }) => frame)], [2, 1, [2]]);
  await t.rejects(traced(ROUTE, [dns], { match: 'tpc' }), DiagnosticError);
});

await t.test('frames can be handed to any element', async (t) => {
  const bare = dns.subarray(14);
  const { traces } = await traced(ROUTE, [bare], { from: 'check' });
  t.equal(traces[0]!.hops[0]!.element, 'check');
  t.equal(traces[0]!.hops.at(-1)!.verdict.kind, 'sent');
  await t.rejects(traced(ROUTE, [bare], { from: 'chekc' }), DiagnosticError);
});

await t.test('copies and answers have numbers of their own', async (t) => {
  const query = ethernet.make({ type: 0x0806, destination: 0xffff_ffff_ffff }, arp.make({ operation: 1, target_address: 0xc000_0201 })).bytes;
  const { traces } = await traced('lan -> kind :: Classifier(12/0806, -) -> ARPResponder(192.0.2.1 02:00:00:00:00:01) -> lan\nkind[1] -> two :: Tee(2) -> wan\ntwo[1] -> Discard\nwan -> Discard', [query, dns]);
  t.match(traces[0]!.hops.at(-1)!.verdict, { kind: 'sent', interface: 'lan' });
  const copies = traces[1]!.hops.filter(({ element }) => element === 'two');
  t.same(copies.map(({ packet, from, verdict }) => [packet, from, 'port' in verdict ? verdict.port : -1]).sort(), [[1, null, 1], [2, 1, 0]].sort(), 'one goes on, the other is made of it');
});

await t.test('what waits is followed to its end', async (t) => {
  const { traces } = await traced('lan -> waits :: Queue(10) -> slow :: RatedUnqueue(RATE 1000) -> wan\nwan -> Discard', [dns, ping]);
  for (const { hops } of traces) {
    t.same(hops.map(({ element, verdict }) => `${element} ${verdict.kind}`), ['lan/rx output', 'waits kept', 'waits output', 'slow output', 'wan/tx sent']);
  }
  const text = traceText({ traces, frames: 2, matched: 2 });
  t.match(text, /frame 2 from lan\n {2}Ethernet 02:00:00:00:00:01 > 02:00:00:00:00:02, IPv4 10\.0\.0\.1 > 192\.0\.2\.1 ttl 64, ICMP type 8 code 0, 42 bytes\n {4}lan\/rx {2}FromDevice -> 0/);
});
