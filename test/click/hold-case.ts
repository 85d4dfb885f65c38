/** Runs the cases for `wirelet click`, and compares with what is expected. */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { packageRoot } from '#src/package-root.js';
import { CASE_MS, enter, isAlone, lineOf, type NamedCase } from './cases.js';
import { ManyCases } from './many-cases.js';

const wirelet = path.join(packageRoot, 'src/cli/wirelet.cjs');

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number | string;
  readonly written: Readonly<Record<string, string>>;
}

const many = new ManyCases(CASE_MS);
t.teardown(() => many.close());

async function run(each: NamedCase, more: readonly string[], env: NodeJS.ProcessEnv): Promise<Outcome> {
  const { given } = each;
  const { place, leave } = enter(given);
  try {
    const args = [given.command ?? 'click', ...lineOf(given), ...(await freePorts(given.ports ?? [])), ...more];
    const { stdout, stderr, exit } = isAlone(each) ? await spawned(args, place, given.stdin ?? '') : await many.run(args, place, env);
    const written = Object.fromEntries(Object.keys(given.written ?? {}).map((name) => [name, readText(path.join(place, name))]));
    return { stdout, stderr, exit, written };
  } finally {
    leave();
  }
}

/** `NAME=PORT` for each name: ports that nobody has now, each another one. */
async function freePorts(names: readonly string[]): Promise<string[]> {
  const sockets = names.map(() => createSocket('udp4'));
  for (const socket of sockets) await once(socket.bind(0, '127.0.0.1'), 'listening');
  const given = sockets.map((socket, index) => `${names[index]}=${socket.address().port}`);
  for (const socket of sockets) await once(socket.close(), 'close');
  return given;
}

function spawned(args: readonly string[], cwd: string, stdin: string): Promise<Omit<Outcome, 'written'>> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [wirelet, ...args], { cwd, timeout: CASE_MS, killSignal: 'SIGKILL' });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (bytes: Buffer) => out.push(bytes));
    child.stderr.on('data', (bytes: Buffer) => err.push(bytes));
    child.on('close', (code, signal) => resolve({ stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString(), exit: code ?? `ended by ${signal}` }));
    // It may not read what it is given.
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin);
  });
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '(there is no such file)';
  }
}

/** `%RE{...}` within an expectation stands for what the expression matches. */
function matches(actual: string, expected: string): boolean {
  if (!expected.includes('%RE{')) return actual === expected;
  const pattern = expected.split(/%RE\{(.*?)\}%/).map((piece, index) => (index % 2 === 1 ? `(?:${piece})` : piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')));
  return new RegExp(`^${pattern.join('')}$`).test(actual);
}

/** Runs a case, `more` behind its command line, and holds it to what is expected. `env`: what else there is where many run in one process. */
export async function hold(t: Test, each: NamedCase, file: string, more: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<void> {
  const { name, given } = each;
  const replay = `WIRELET_CASE=${name} npm test -- click/${file}`;
  const outcome = await run(each, more, env);
  if (given.stdout !== undefined) t.ok(matches(outcome.stdout, given.stdout), `standard output (${replay})`, { expected: given.stdout, actual: outcome.stdout });
  t.ok(matches(outcome.stderr, given.stderr ?? ''), `standard error (${replay})`, { expected: given.stderr ?? '', actual: outcome.stderr });
  t.equal(outcome.exit, given.exit ?? 0, `exit status (${replay})`);
  t.same(outcome.written, given.written ?? {}, `files (${replay})`);
}
