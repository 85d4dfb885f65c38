/** Two revisions of Wirelet, each built in a folder of its own, and measured in turns on the same graph. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { failure } from '../diagnostics.js';
import { packageRoot } from '../package-root.js';
import { timeLeft } from './time-left.js';

export interface Turns {
  readonly a: readonly number[];
  readonly b: readonly number[];
}

const BUILD_TIMEOUT_MS = 600_000;
const RUN_TIMEOUT_MS = 120_000;

/** Nanoseconds a packet at full speed, `turns` times each, a and b in turns. Fails with WL4134. */
export async function measureRevisions(a: string, b: string, graph: string, turns: number, onProgress: (text: string) => void): Promise<Turns> {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-compare-'));
  const trees: string[] = [];
  try {
    for (const [index, revision] of [a, b].entries()) {
      const tree = path.join(folder, String(index));
      onProgress(`building ${revision} ...`);
      git('worktree', 'add', '--detach', tree, revision);
      trees.push(tree);
      await program('npm', ['ci', '--ignore-scripts'], tree, BUILD_TIMEOUT_MS);
      await program('npm', ['run', 'build'], tree, BUILD_TIMEOUT_MS);
    }
    const samples: [number[], number[]] = [[], []];
    const began = performance.now();
    for (let turn = 0; turn < turns; turn += 1) {
      onProgress(`turn ${turn + 1} of ${turns}${timeLeft(began, turn, turns)} ...`);
      // Which is first changes, so that neither always finds the host as the other left it.
      for (const index of turn % 2 === 0 ? [0, 1] : [1, 0]) samples[index as 0 | 1].push(await sample(trees[index]!, graph));
    }
    return { a: samples[0], b: samples[1] };
  } finally {
    for (const tree of trees) spawnSync('git', ['-C', packageRoot, 'worktree', 'remove', '--force', tree]);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function sample(tree: string, graph: string): Promise<number> {
  const text = await program(process.execPath, [path.join(tree, 'src/cli/wirelet.mjs'), 'bench', graph, '--runs', '1', '--json'], process.cwd(), RUN_TIMEOUT_MS);
  const { ns_per_packet } = JSON.parse(text) as { ns_per_packet?: unknown };
  if (typeof ns_per_packet !== 'number') throw failure('WL4134', `the revision in ${tree} does not report ns_per_packet`);
  return ns_per_packet;
}

function git(...words: string[]): void {
  const { status, stderr } = spawnSync('git', ['-C', packageRoot, ...words], { encoding: 'utf8' });
  if (status !== 0) throw failure('WL4134', `git ${words[0]} ${words.at(-1)}: ${(stderr ?? '').trim().split('\n').at(-1)}`, 'Give two revisions of this repository, or two records that --json wrote.');
}

async function program(command: string, words: readonly string[], cwd: string, timeout: number): Promise<string> {
  const child = spawn(command, words, { cwd, timeout, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '', errors = '';
  child.stdout.on('data', (piece: Buffer) => (out += piece.toString()));
  child.stderr.on('data', (piece: Buffer) => (errors += piece.toString()));
  const status = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (status !== 0) throw failure('WL4134', `${command} ${words[0]} failed in ${cwd} (${status ?? 'killed'}): ${errors.trim().split('\n').at(-1) ?? ''}`);
  return out;
}
