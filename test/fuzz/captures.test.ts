/**
 * Captures, sound and damaged, are read alike by Node and by the native reader: the same frames at the same times, the same
 * complaint. WIRELET_SEED=N one capture; WIRELET_FUZZ=N so many.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { readCapture } from '#src/capture/read.js';
import { DiagnosticError } from '#src/diagnostics.js';
import { packageRoot } from '#src/package-root.js';
import type { Vmm } from '#src/run/outcome.js';
import type { PortSpec } from '#src/run/port-spec.js';
import { run } from '#src/run/run.js';
import { openSubject } from '#src/run/subject.js';
import { Dice } from '../differential/element-fuzz.js';
import { damaged, soundCapture } from './capture-file.js';

const CAPTURES_DEFAULT = 150;
const seed = process.env.WIRELET_SEED;
const seeds = seed === undefined ? Array.from({ length: Number(process.env.WIRELET_FUZZ ?? CAPTURES_DEFAULT) }, (_, index) => index + 1) : [Number(seed)];
const native = existsSync(path.join(packageRoot, 'build/Release/wirelet.node'));

const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-captures-'));
t.teardown(() => rmSync(folder, { recursive: true }));
const { subject } = await openSubject(path.join(packageRoot, 'configs/wire.yaml'));

t.test('Node and the native reader make the same of a capture', { skip: !native && 'the addon is not built (npm run build)' }, async (t) => {
  let whole = 0;
  for (const number of seeds) {
    const dice = new Dice(number * 7919);
    const sound = soundCapture(dice);
    const file = path.join(folder, 'in.capture');
    writeFileSync(file, dice.chance(25) ? sound : damaged(sound, dice));
    const [node, other] = [await meaning(file, 'node'), await meaning(file, 'native')];
    t.same(other, node, `WIRELET_SEED=${number}`);
    if (node.complaints.length === 0) whole += 1;
  }
  if (seed === undefined) t.ok(whole > seeds.length / 5 && whole < seeds.length * 0.8, `${whole} of ${seeds.length} are sound`);
});

/** The frames that came through, and what was said. */
async function meaning(file: string, vmm: Vmm) {
  const out = path.join(folder, `${vmm}.pcap`);
  const ports = new Map<string, PortSpec>([
    ['lan', { kind: 'pcap', in: file, speed: 'max' }],
    ['wan', { kind: 'pcap', out, speed: 'max' }],
  ]);
  const complaints: string[] = [];
  let figures: unknown;
  try {
    ({ ports: figures } = await run(subject, { vmm, ports, untilIdle: true, onWarning: (message) => complaints.push(message) }));
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return { complaints: error.diagnostics.map(({ code, message }) => `${code} ${message}`), frames: [], figures };
  }
  return { complaints, frames: [...readCapture(out)].map(({ timestamp, bytes }) => `${timestamp} ${Buffer.from(bytes).toString('hex')}`), figures };
}
