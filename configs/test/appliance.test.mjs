/**
 * Holds the appliance in this folder to what it did: the frames of test/NAME-in.pcap arrive at its interface NAME,
 * and what leaves must be test/NAME-out.pcap, byte for byte, in Node and as what `wirelet run` starts.
 *
 * Run it by `npm test`. After a change that is meant, `UPDATE=1 npm test` keeps what leaves now: look at the
 * difference before you commit it. WIRELET=PROGRAM names another wirelet than the one that is installed.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const folder = path.dirname(here);
const graph = readdirSync(folder).find((name) => name.endsWith('.yaml'));
const ports = readdirSync(here).filter((name) => name.endsWith('-in.pcap')).map((name) => name.slice(0, -'-in.pcap'.length));

test(`${graph} has no errors`, () => {
  wirelet('check', graph);
});

test('it starts, and works for a second', { skip: ports.length > 0 && 'the captures show more' }, () => {
  wirelet('run', graph, '--for', '1');
});

for (const how of [['--vmm', 'node'], []]) {
  test(`captures come out as they did (wirelet run ${how.join(' ')})`, { skip: ports.length === 0 && 'there are no captures: put test/NAME-in.pcap beside this file' }, () => {
    const place = mkdtempSync(path.join(tmpdir(), 'appliance-'));
    try {
      const out = (port) => path.join(place, `${port}-out.pcap`);
      wirelet('run', graph, '--until-idle', ...how, ...ports.flatMap((port) => ['--port', `${port}=pcap:in=${path.join(here, `${port}-in.pcap`)},out=${out(port)}`]));
      for (const port of ports) {
        const kept = path.join(here, `${port}-out.pcap`);
        if (process.env.UPDATE === '1') copyFileSync(out(port), kept);
        const [now, before] = [frames(out(port)), frames(kept)];
        const first = before.findIndex((frame, index) => frame !== now[index]);
        const at = first < 0 ? before.length : first;
        assert.equal(now[at], before[at], `frame ${at} that leaves at ${port} differs (of ${now.length}, ${before.length} before)`);
      }
    } finally {
      rmSync(place, { recursive: true });
    }
  });
}

/** Runs it in the appliance's folder; fails with what it said when it fails. */
function wirelet(...args) {
  const { status, error, stdout, stderr } = spawnSync(process.env.WIRELET ?? 'wirelet', args, { cwd: folder, encoding: 'utf8', timeout: 120_000 });
  assert.ok(error === undefined, `wirelet cannot be run: ${error?.message}`);
  assert.equal(status, 0, `wirelet ${args.join(' ')}\n${stdout}${stderr}`);
}

/** The frames of a capture as Wirelet writes it: a header of 24 bytes; for each frame 16 more, with its length at 8. */
function frames(file) {
  const bytes = readFileSync(file);
  const found = [];
  for (let at = 24; at + 16 <= bytes.length; ) {
    const length = bytes.readUInt32LE(at + 8);
    found.push(bytes.toString('hex', at + 16, at + 16 + length));
    at += 16 + length;
  }
  return found;
}
