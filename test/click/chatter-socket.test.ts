/** What ChatterSockets tell those who connect to them, and what they leave to standard error. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';

const LINE = '1.0.0.1.2 > 1.0.0.3.4: udp 13\n';
const WAIT_MS = 20_000;
const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-chatter-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a configuration and listens at `sockets` once it prints `ready`; what came there, and what it printed. */
async function listen(config: string, sockets: readonly string[]): Promise<{ told: string[]; stderr: string }> {
  const child = spawn(process.execPath, [path.join(packageRoot, 'src/cli/wirelet.cjs'), 'click', '-e', config], { cwd: folder, timeout: WAIT_MS, killSignal: 'SIGKILL' });
  let stderr = '';
  child.stderr.on('data', (text) => (stderr += text));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const told = sockets.map((socket) => new Promise<string>((resolve, reject) => {
    let text = '';
    connect(path.join(folder, socket)).on('data', (more) => (text += more)).on('end', () => resolve(text)).on('error', reject);
  }));
  await new Promise((resolve) => child.once('close', resolve));
  return { told: await Promise.all(told), stderr };
}

await t.test('a channel is told where it is listened to, and on standard error unless it is quiet', async (t) => {
  const { told, stderr } = await listen(`
    all :: ChatterSocket(unix, all, GREETING false); q :: ChatterSocket(unix, quiet, CHANNEL q); l :: ChatterSocket(unix, loud, CHANNEL l, QUIET_CHANNEL false);
    TimedSource(0.2, LIMIT 1, DATA hello) -> UDPIPEncap(1.0.0.1, 2, 1.0.0.3, 4)
      -> IPPrint(plain, TIMESTAMP false) -> IPPrint(quiet, TIMESTAMP false, CHANNEL q) -> IPPrint(loud, TIMESTAMP false, CHANNEL l) -> Discard;
    Script(print "ready", wait 0.6s, stop)`, ['all', 'quiet', 'loud']);
  t.equal(told[0], `plain: ${LINE}`, 'GREETING false: nothing before the lines');
  t.equal(told[1], `Click::ChatterSocket/1.0\r\nquiet: ${LINE}`);
  t.equal(told[2], `Click::ChatterSocket/1.0\r\nloud: ${LINE}`);
  t.equal(stderr, `plain: ${LINE}loud: ${LINE}`);
});

await t.test('a file that is there already is left alone', async (t) => {
  writeFileSync(path.join(folder, 'taken'), '');
  const child = spawn(process.execPath, [path.join(packageRoot, 'src/cli/wirelet.cjs'), 'click', '-e', 'ChatterSocket(unix, taken)'], { cwd: folder, timeout: WAIT_MS, killSignal: 'SIGKILL' });
  let stderr = '';
  child.stderr.on('data', (text) => (stderr += text));
  t.equal(await new Promise((resolve) => child.once('close', resolve)), 1);
  t.match(stderr, 'bind: Address already in use');
});
