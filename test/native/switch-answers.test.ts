/** The switch's answers are whole however long they are, and whoever does not read them holds nobody up. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import { nativeFile } from '#src/native-files.js';

const NETWORKS = 6000; // their figures are longer than a socket's buffer

t.test('figures of a large site arrive whole', { timeout: 60_000 }, async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'wlanswers-'));
  const socketFile = path.join(folder, 's');
  const child = spawn(nativeFile('wirelet-switch'), [socketFile, '--parent', String(process.pid)], { stdio: 'inherit' });
  const ended = new Promise((resolve) => child.once('close', resolve));
  t.teardown(async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  const open = async (): Promise<Socket> => {
    for (;;) {
      const socket = createConnection(socketFile);
      const good = await new Promise<boolean>((resolve) => {
        socket.once('connect', () => resolve(true));
        socket.once('error', () => resolve(false));
      });
      if (good) return socket;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const lazy = await open();
  const socket = await open();
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  const ask = async (line: string) => {
    socket.write(`${line}\n`);
    return JSON.parse((await lines.next()).value as string) as { event: string; networks: unknown[] };
  };
  for (let index = 0; index < NETWORKS; index += 1) await ask(`network a-network-with-a-name-as-long-as-may-be-${index} wire 300 0`);
  lazy.pause();
  for (let count = 0; count < 3; count += 1) lazy.write('figures\n');
  t.equal((await ask('figures')).networks.length, NETWORKS);
  t.equal((await ask('figures')).networks.length, NETWORKS, 'again, beside one who does not read');
  lazy.destroy();
  socket.destroy();
});
