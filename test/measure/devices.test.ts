/** Devices under test behind taps, packet sockets and AF_XDP: one whose faults are known, and Linux as a router. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t, { type Test } from 'tap';
import { packageRoot } from '#src/package-root.js';
import type { BenchRecord } from '#src/measure/record.js';
import type { StreamFigures } from '#src/run/outcome.js';
import { Lab } from '../system/lab/lab.js';
import type { Machine } from '../system/lab/machine.js';
import type { Ended } from '../system/lab/program.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-devices-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const REFLECTOR = path.join(folder, 'reflector');
const problem = Lab.problem('cc', 'ethtool') ?? (spawnSync('cc', ['-O2', '-o', REFLECTOR, path.join(packageRoot, 'test/measure/reflector.c')]).status === 0 ? false : 'the reflector cannot be compiled');
const WIRE = path.join(packageRoot, 'configs/wire.yaml');
const WIRELET = path.join(packageRoot, 'src/cli/wirelet.cjs');

const FRAMES = 2000, PERIOD = 20;
/** Frames a second that any machine keeps up with. */
const RATE = 2000;
const KINDS = ['tap', 'packet', 'xdp'] as const;
/** A machine that is busy elsewhere loses frames that are not the device's: then once more. */
const TRIES = 4;
const MAC = '02:00:00:00:77:01', BEHIND = '02:00:00:00:77:02';

/** A machine that measures, what it is told of the device, and the machine and interface where the device is. */
interface Bench {
  readonly lab: Lab;
  readonly tester: Machine;
  readonly port: string;
  readonly device: Machine;
  readonly interface: string;
}

/** Behind a tap is the machine that has it; behind the others one of its own, at the end of a cable. */
function benchOf(t: Test, kind: (typeof KINDS)[number]): Bench {
  const lab = new Lab();
  t.teardown(() => lab.close());
  const tester = lab.machine('tester');
  if (kind === 'tap') {
    tester.ip('tuntap', 'add', 'dev', 'dut', 'mode', 'tap');
    tester.ip('link', 'set', 'dut', 'address', MAC, 'up');
    return { lab, tester, port: 'wan=tap:dut', device: tester, interface: 'dut' };
  }
  const { near, far } = lab.cable();
  const device = lab.machine('device');
  tester.plug(near);
  device.plug(far);
  device.ip('link', 'set', far, 'address', MAC);
  return { lab, tester, port: `wan=${kind}:${near}`, device, interface: far };
}

const wirelet = ({ lab, tester }: Bench, ...words: string[]): Promise<Ended> => lab.start(['ip', 'netns', 'exec', tester.namespace, process.execPath, WIRELET, ...words], 120_000).ended;

for (const kind of KINDS) {
  t.test(`faults of a device behind ${kind} are counted, each as what it is`, { skip: problem, timeout: 120_000 }, async (t) => {
    const bench = benchOf(t, kind);
    for (const [faults, expected] of [
      ['-', { received: FRAMES, lost_sequences: 0, reordered: 0, duplicated: 0, corrupted: 0 }],
      ['lsdc', { received: FRAMES, lost_sequences: FRAMES / PERIOD, reordered: FRAMES / PERIOD, duplicated: FRAMES / PERIOD, corrupted: FRAMES / PERIOD }],
    ] as const) {
      let found: Record<string, unknown> = {};
      for (let attempt = 0; attempt < TRIES && JSON.stringify(found) !== JSON.stringify(expected); attempt += 1) {
        const reflector = await bench.device.serve(/ready/, REFLECTOR, bench.interface, String(PERIOD), faults);
        const said = await wirelet(bench, 'run', WIRE, '--vmm', 'process', '--port', `lan=gen:size=128,count=${FRAMES},rate=${RATE},verify=true,returned=true`, '--port', bench.port, '--until-idle', '--json');
        await reflector.stop();
        t.equal(said.status, 0, said.stderr);
        const stream = (JSON.parse(said.stdout) as { streams: { lan: StreamFigures } }).streams.lan;
        t.equal(stream.offered, FRAMES);
        found = Object.fromEntries(Object.keys(expected).map((name) => [name, stream[name as keyof StreamFigures]]));
      }
      t.same(found, expected, `faults ${faults}`);
    }
  });

  t.test(`bench finds what a Linux router behind ${kind} does`, { skip: problem, timeout: 180_000 }, async (t) => {
    const bench = benchOf(t, kind);
    const { device, interface: name } = bench;
    device.ip('address', 'add', '198.18.0.1/24', 'dev', name);
    for (const setting of ['ip_forward=1', 'conf.all.send_redirects=0', `conf.${name}.send_redirects=0`, `conf.${name}.rp_filter=0`]) await device.run('sysctl', '-qw', `net.ipv4.${setting}`);
    device.ip('neigh', 'replace', '198.18.0.2', 'lladdr', BEHIND, 'dev', name);
    device.ip('route', 'add', 'default', 'via', '198.18.0.2');
    const traffic = ['--traffic', `mac=${MAC},flows=16,verify=true`, '--port', bench.port, '--vmm', 'process', '--json'];
    let lost = Infinity, refused = '';
    for (let attempt = 0; attempt < TRIES && lost > 0; attempt += 1) {
      const soak = await wirelet(bench, 'bench', WIRE, '--method', 'soak', '--rate', String(RATE), '--duration', '1', '--sizes', '128', ...traffic);
      // The kernel gives an interface back some time after AF_XDP's socket is closed.
      if (soak.status !== 0) {
        refused = soak.stdout + soak.stderr;
        continue;
      }
      const record = JSON.parse(soak.stdout) as BenchRecord;
      t.match(record.settings.generator, new RegExp(`behind ${bench.port}`));
      const [result] = record.results;
      if (result?.method !== 'soak') return t.fail('no soak');
      lost = Math.min(lost, record.settings.forwarded === 1 ? result.lost : Infinity);
      t.same(result.trials.map(({ duplicated, corrupted }) => ({ duplicated, corrupted })), [{ duplicated: 0, corrupted: 0 }], 'what a router changes is not payload');
    }
    t.equal(lost, 0, `no frame is lost at a rate that any machine keeps up with ${refused}`);
    if (kind !== 'packet') return;
    const search = await wirelet(bench, 'bench', WIRE, '--method', 'throughput', '--duration', '0.05', '--runs', '1', '--sizes', '128', ...traffic);
    t.equal(search.status, 0, search.stderr);
    const [found] = (JSON.parse(search.stdout) as BenchRecord).results;
    if (found?.method !== 'throughput') return t.fail('no throughput');
    const [ndr, pdr] = found.goals;
    t.ok(pdr!.lower === null ? pdr!.reason !== undefined : pdr!.lower >= 1000 && pdr!.lower < 20e6, `PDR ${pdr!.lower} ${pdr!.reason ?? ''}`);
    t.ok(ndr!.lower === null || pdr!.lower === null || ndr!.lower <= pdr!.lower);
  });
}

t.test('a device that never answers is given no rate, and an interface that is not there is named', { skip: problem, timeout: 60_000 }, async (t) => {
  const bench = benchOf(t, 'packet');
  const silent = await wirelet(bench, 'bench', WIRE, '--vmm', 'process', '--method', 'throughput', '--port', bench.port);
  t.match(silent, { status: 1, stdout: '', stderr: /^WL4131 error: none of the frames that are sent to "lan" come back from wan=packet:[^]*hint: The device there has to be up/ });
  t.notMatch(silent.stderr, /\n\s+at /, 'no stack trace');
  const absent = await wirelet(bench, 'bench', WIRE, '--vmm', 'process', '--method', 'throughput', '--port', 'wan=packet:none0');
  t.match(absent, { status: 1, stdout: '', stderr: /none0/ });
});
