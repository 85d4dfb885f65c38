/** One look at a frame's length stands for the checks that every frame meets, and shorter frames trap where they would have. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { CaptureWriter } from '#src/capture/write.js';
import { lower } from '#src/compile/lower.js';
import { ipv4, ethernet } from '#src/kit/index.js';
import { plan } from '#src/plan/plan.js';
import type { PortSpec } from '#src/run/port-spec.js';
import { run } from '#src/run/run.js';
import { openSubject } from '#src/run/subject.js';
import { clickGraph } from '../elements/click-graph.js';

/** Bytes below which frames go to a copy of what is behind the interface. */
async function leastOf(text: string): Promise<number | undefined> {
  const { source } = await lower(plan(await clickGraph(text)), { places: false });
  const found = /length < (\d+)\)/.exec(source('wl_native.h'));
  return found === null ? undefined : Number(found[1]);
}

await t.test('checks are added up from element to element, where the data begins taken into account', async (t) => {
  t.equal(await leastOf('FromDevice(in) -> Strip(14) -> MarkIPHeader -> GetIPAddress(16) -> Queue -> ToDevice(out);'), 14 + 20);
  t.equal(await leastOf('FromDevice(in) -> Strip(14) -> Strip(20) -> Strip(8) -> Queue -> ToDevice(out);'), 42);
  t.equal(await leastOf('FromDevice(in) -> Strip(14) -> CheckIPHeader -> Queue -> ToDevice(out);'), 14 + 20, 'lengths in constants too');
});

await t.test('one check is looked at where it is, and so are those behind a choice, or beyond the shortest frame of Ethernet', async (t) => {
  t.equal(await leastOf('FromDevice(in) -> Strip(14) -> Queue -> ToDevice(out);'), undefined);
  t.equal(await leastOf('FromDevice(in) -> Strip(14) -> c :: Classifier(0/45, -); c[0] -> Strip(20) -> q :: Queue -> ToDevice(out); c[1] -> Strip(20) -> q;'), undefined);
  t.equal(await leastOf('FromDevice(in) -> Strip(14) -> Strip(100) -> Queue -> ToDevice(out);'), undefined);
});

await t.test('frames of every length come and count alike in Node and in C', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-least-frame-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const graph = path.join(folder, 'graph.click');
  writeFileSync(graph, 'FromDevice(in) -> first :: Counter -> Strip(14) -> mark :: MarkIPHeader -> address :: GetIPAddress(16) -> Unstrip(14) -> ToDevice(in);');
  const whole = ethernet.make({ type: 0x0800 }, ipv4.make({}, new Uint8Array(40))).bytes;
  const capture = path.join(folder, 'in.pcap');
  const writer = new CaptureWriter(capture);
  for (let length = 1; length <= whole.length; length += 1) writer.write(BigInt(length) * 1_000_000_000n, whole.subarray(0, length));
  writer.close();
  const counts = [];
  for (const vmm of ['node', 'native'] as const) {
    const { subject } = await openSubject(graph);
    const outcome = await run(subject, { vmm, seed: 1, untilIdle: true, ports: new Map<string, PortSpec>([['in', { kind: 'pcap', in: capture, out: path.join(folder, `${vmm}.pcap`), speed: 'max' }]]) });
    counts.push([outcome.ports, outcome.elements]);
  }
  t.same(counts[1], counts[0]);
  t.match(counts[0]![0], { in: { rx_packets: whole.length } });
});
