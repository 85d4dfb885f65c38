/** Runs the command as a user would, and gives what it said. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { packageRoot } from '#src/package-root.js';

export interface Said {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

const COMMAND = path.join(packageRoot, 'src/cli/wirelet.cjs');
const TIMEOUT_MS = 120_000;

/**
 * `stopAfter` sends SIGINT as soon as standard error matches it; `around`: what makes the command one that runs it elsewhere;
 * after `timeoutMs`, two minutes unless said, it is ended.
 */
export function wirelet(args: readonly string[], options: { cwd?: string; env?: Record<string, string>; stopAfter?: RegExp; around?: (words: readonly string[]) => string[]; timeoutMs?: number } = {}): Promise<Said> {
  const begin = performance.now();
  const words = [process.execPath, COMMAND, ...args];
  const [program, ...rest] = options.around?.(words) ?? words;
  const child = spawn(program!, rest, { cwd: options.cwd ?? packageRoot, env: { ...process.env, ...options.env }, stdio: ['ignore', 'pipe', 'pipe'], timeout: options.timeoutMs ?? TIMEOUT_MS });
  let stdout = '';
  let stderr = '';
  let stopped = false;
  child.stdout.on('data', (data) => (stdout += data));
  child.stderr.on('data', (data) => {
    stderr += data;
    if (stopped || options.stopAfter?.test(stderr) !== true) return;
    stopped = true;
    child.kill('SIGINT');
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, stdout, stderr, milliseconds: performance.now() - begin }));
  });
}
