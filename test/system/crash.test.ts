/** A virtual machine that faults is back at once, and what is kept of it runs into the same fault again. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { probeKvm } from '#src/run/machine.js';
import { readRecord, RECORD_LIMITS, writeRecord } from '#src/site/crash-record.js';
import { wirelet } from './command-line.js';
import { until } from './lab/until.js';
import { writeFaultingImage } from './patched-image.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wlcrash-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const env = { XDG_RUNTIME_DIR: folder };
const crashes = path.join(folder, 'wirelet/rack/crashes');
const skip = probeKvm().usable ? false : 'no usable /dev/kvm';
const file = (name: string) => path.join(folder, name);
const MACHINES = 5;

interface Row {
  readonly name: string;
  readonly state: string;
  readonly restarts: number;
  readonly outage_ms: number | null;
}
const ps = async () => JSON.parse((await wirelet(['ps', '--json'], { env })).stdout) as Row[];
const records = () => (existsSync(crashes) ? readdirSync(crashes).filter((name) => name.endsWith('.crash')).sort() : []);

t.test('faults are seen, kept, and repeated', { skip, timeout: 300_000 }, async (t) => {
  writeFileSync(file('victim.yaml'), 'interfaces: { lan: {} }\ngraph: |\n  lan -> seen :: Counter -> Strip(14) -> CheckIPHeader -> ttl :: DecIPTTL -> Discard;\n');
  writeFileSync(file('source.yaml'), `
interfaces: { out: {} }
graph: |
  flows :: FastUDPFlows(1000, -1, 60, 02:00:00:00:aa:01, 10.0.0.2, 02:00:00:00:fe:01, 203.0.113.5, 8, 2000000000, ACTIVE false) -> out;
  out -> Discard;
`);
  t.equal((await wirelet(['build', file('victim.yaml'), '-o', file('sound.elf')], { env })).status, 0);
  t.ok(writeFaultingImage(file('sound.elf'), 'DecIPTTL.ts', file('victim.elf')));
  writeFileSync(file('site.yaml'), `
name: crash
appliances:
  victim: { image: victim.elf, count: ${MACHINES} }
  source: { graph: source.yaml, count: ${MACHINES} }
networks:
${Array.from({ length: MACHINES }, (_, index) => `  n${index}: { kind: wire, ports: [source-${index + 1}.out, victim-${index + 1}.lan] }`).join('\n')}
`);
  const up = await wirelet(['up', file('site.yaml')], { env });
  t.equal(up.status, 0, up.stderr);
  t.teardown(() => wirelet(['down'], { env }));
  // A few packets each: one is enough for a fault.
  for (let index = 1; index <= MACHINES; index += 1) {
    await wirelet(['write', `source-${index}`, 'flows.limit', '3'], { env });
    await wirelet(['write', `source-${index}`, 'flows.active', 'true'], { env });
  }
  const rows = await until(ps, (all) => all.filter(({ name, restarts, state }) => name.startsWith('victim') && restarts > 0 && state === 'running').length === MACHINES, 'all are back');
  const outages = rows.flatMap(({ outage_ms: outage }) => (outage === null ? [] : [outage])).sort((one, other) => one - other);
  t.equal(outages.length, MACHINES);
  // 20 ms are promised on a machine that has nothing else to do.
  t.ok(outages[Math.floor(MACHINES / 2)]! < 1000, `they were away for ${outages.join(', ')} ms`);
  await until(async () => records(), (all) => all.length >= MACHINES, 'records are kept');
  t.match((await wirelet(['logs', 'victim-1'], { env })).stdout, /the appliance panicked: vector 6 \(invalid opcode\).*DecIPTTL\.ts:\d+.*the record of this fault is /s);

  const record = path.join(crashes, records()[0]!);
  const { fault, frames, state, image_sha256: hash } = readRecord(record);
  t.match(fault.place, /DecIPTTL\.ts:\d+$/);
  t.equal(Number(fault.registers['rip']), fault.rip);
  t.ok(Object.values(fault.registers).filter((value) => value !== '0x0').length > 5, 'registers are those of the fault');
  t.match(hash, /^[0-9a-f]{64}$/);
  t.ok(frames.length >= 1 && frames.every(({ interface: name, length, data }) => name === 'lan' && length === 60 && data.length === 60), `${frames.length} frames are kept`);
  t.ok(Number(state?.elements.find(({ name }) => name === 'seen')?.counts['count'] ?? -1) >= 0, 'and what elements knew');

  const again = await wirelet(['replay', record, '--json'], { env });
  t.match(JSON.parse(again.stdout), { same: true, vmm: 'kvm' }, again.stderr);
  t.equal(again.status, 0);
  t.match(await wirelet(['replay', record, '--vmm', 'process'], { env }), { status: 0, stdout: /the same fault\n$/ });
  t.match(await wirelet(['replay', file('site.yaml')], { env }), { status: 1, stderr: /^WL4244 .*no record of a fault/ });
});

t.test('records are bounded, and a place that has no room for them stops nobody', (t) => {
  const place = path.join(folder, 'kept');
  mkdirSync(place);
  writeFileSync(file('image'), 'image');
  const fault = { kind: 'panic' as const, problem: { code: 'WL4111', message: 'it panicked' }, vector: 6, error: 0, address: 0, rip: 1, place: null, registers: {} };
  const record = { appliance: 'a', site: 's', at: new Date().toISOString(), fault, file: 'f', set: {}, element_folders: [], image_name: 'i', seed: 1, received: {}, frames: [], state: undefined };
  const kept = () => readdirSync(place).filter((name) => name.endsWith('.crash'));
  let last = '';
  for (let index = 0; index < RECORD_LIMITS.count + 5; index += 1) last = writeRecord(place, record, file('image'));
  t.equal(kept().length, RECORD_LIMITS.count);
  t.ok(existsSync(last), 'the last one is there');
  t.equal(readRecord(last).fault.vector, 6);
  t.same(readdirSync(path.join(place, 'images')).length, 1, 'one copy of the image');
  rmSync(path.join(place, 'images'), { recursive: true });
  writeFileSync(path.join(place, 'images'), 'in the way');
  t.throws(() => writeRecord(place, record, file('image')), /cannot be written/);
  t.same(readdirSync(place).filter((name) => name.includes('draft')), [], 'no half of a record is left');
  t.end();
});
