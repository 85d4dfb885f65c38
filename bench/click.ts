/**
 * A user's own `click` doing a scenario's graph: exported to the Click language, its frames made by one InfiniteSource each,
 * what it sends thrown away. A short and a long run; the core time between them is that of the packets between them.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { median } from '#src/measure/statistics.js';
import { packageRoot } from '#src/package-root.js';
import type { Measured } from './kernel-paths.js';
import type { Scenario } from './scenarios.js';

/** Sources: frames of the hot mix that take part. */
const FRAMES = 256;
const SHORT_LIMIT = 200;
const LONG_SECONDS = 1;
const LONG_LIMIT_MAX = 4_000_000;
const TIMEOUT_MS = 120_000;
const EXPORTED_BYTES_MAX = 1 << 26;

/** `program` is what is run with a configuration's file as its only word. */
export function measureClick(program: string, scenario: Scenario, samples: number, folder: string): Record<string, Measured> {
  try {
    const text = configuration(scenario);
    const run = (limit: number) => coreTime(program, text.replaceAll('@LIMIT@', String(limit)), path.join(folder, 'peer.click'));
    const [little, more] = [run(SHORT_LIMIT), run(SHORT_LIMIT * 10)];
    const each = Math.max(1e-9, (more - little) / (FRAMES * SHORT_LIMIT * 9));
    const limit = Math.min(LONG_LIMIT_MAX, SHORT_LIMIT * 10 + Math.ceil(LONG_SECONDS / (each * FRAMES)));
    const times = Array.from({ length: samples }, () => ((run(limit) - run(SHORT_LIMIT)) * 1e9) / (FRAMES * (limit - SHORT_LIMIT)));
    return { [program]: times.every((time) => time > 0) ? { ns_per_packet: median(times), samples: times } : { reason: 'its runs are too short to be measured' } };
  } catch (error) {
    return { [program]: { reason: (error as Error).message } };
  }
}

/** Only frames of the first interface: the others' would meet them anywhere. */
function configuration(scenario: Scenario): string {
  const words = [path.join(packageRoot, 'src/cli/wirelet.cjs'), 'export', path.join(packageRoot, `bench/scenarios/${scenario.name}.yaml`)];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8', timeout: TIMEOUT_MS, maxBuffer: EXPORTED_BYTES_MAX });
  const first = /^(\S+) :: FromDevice\(/m.exec(stdout)?.[1];
  if (status !== 0 || first === undefined) throw new Error(`the graph is not exported: ${stderr.trim().split('\n')[0]}`);
  const frames = [...scenario.hot().traffic(0, FRAMES)];
  const sources = frames.map((frame) => `InfiniteSource(DATA \\<${Buffer.from(frame).toString('hex')}>, LIMIT @LIMIT@, BURST 32, STOP true) -> ${first};`);
  const graph = stdout
    .replaceAll(/:: FromDevice\([^)]*\)/g, ':: Null')
    .replaceAll(/:: ToDevice\([^)]*\)/g, ':: Discard')
    // An argument of ours.
    .replaceAll(/EtherSwitch\(ADDRESSES \d+\)/g, 'EtherSwitch');
  return `${graph}\n${sources.join('\n')}\nDriverManager(wait_stop ${frames.length}, stop);\n`;
}

/** Seconds of core time of a run. */
function coreTime(program: string, text: string, file: string): number {
  writeFileSync(file, text);
  const { status, stdout, stderr, error } = spawnSync('sh', ['-c', '"$0" "$1" >/dev/null && times', program, file], { encoding: 'utf8', timeout: TIMEOUT_MS });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(stderr.trim().split('\n').at(-1) || `it ended with ${status}`);
  // `times` of the shell: its own first, then those of its children, as 0m1.23s for each of user and system.
  const children = [...stdout.trim().split('\n').at(-1)!.matchAll(/(\d+)m([\d.]+)s/g)];
  return children.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0);
}
