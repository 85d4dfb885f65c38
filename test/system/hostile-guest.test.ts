/** A virtual machine that scribbles over its rings on purpose: the switch stops its port, and the others go on. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { lower } from '#src/compile/lower.js';
import { loadGraph } from '#src/graph/load.js';
import { build } from '#src/image/build.js';
import { Elf } from '#src/image/elf.js';
import { linkGuest } from '#src/image/link-guest.js';
import { MANIFEST_SECTION } from '#src/image/manifest.js';
import { toolchain } from '#src/image/toolchain.js';
import { packageRoot } from '#src/package-root.js';
import { plan } from '#src/plan/plan.js';
import { probeKvm } from '#src/run/machine.js';
import { wirelet } from './command-line.js';
import { Lab } from './lab/lab.js';

const WIRE = path.join(packageRoot, 'configs/wire.yaml');
const skip = Lab.problem('ping', 'iperf3', 'ethtool') ?? (probeKvm().usable ? false : 'no usable /dev/kvm');
const folder = mkdtempSync(path.join(tmpdir(), 'wlhostile-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const env = { XDG_RUNTIME_DIR: folder };

/** What it does in each round, once it has begun to do its work: first to the descriptors, later to everything. */
const SCRIBBLE = `
static void wl_scribble(void) {
  static uint64_t state = 88172645463325252u, rounds;
  rounds += 1;
  if (rounds < 2000) return;
  for (int count = 0; count < 64; count += 1) {
    state ^= state << 13; state ^= state >> 7; state ^= state << 17;
    struct wl_virtqueue *ring = state & 1 ? &wl_transmit_rings[0] : &wl_receive_rings[0];
    ((uint8_t *)ring)[(state >> 8) % (rounds < 4000 ? 256 : sizeof *ring)] = (uint8_t)(state >> 40);
  }
  wl_transmit_rings[0].available.index = (uint16_t)(wl_transmit_rings[0].available.index + (rounds < 4000 ? 1 : 40000));
}
`;

async function hostileImage(): Promise<string> {
  const planned = plan((await loadGraph(WIRE)).checked);
  const lowered = await lower(planned);
  const hostile = { ...lowered, source: (host: Parameters<typeof lowered.source>[0]) => `${lowered.source(host).replace('static bool wl_graph_run_tasks(void) {', 'static void wl_scribble(void);\n$&\n  wl_scribble();')}\n${SCRIBBLE}` };
  t.match(hostile.source('wl_guest.h'), /wl_scribble\(\);/, 'the loop scribbles');
  const linked = await linkGuest(hostile, await toolchain());
  t.teardown(() => linked.dispose());
  const honest = readFileSync((await build(planned, 'vm')).file);
  const section = new Elf(honest).section(MANIFEST_SECTION)!;
  const file = path.join(folder, 'hostile.elf');
  writeFileSync(file, new Elf(linked.image).withSection(MANIFEST_SECTION, honest.subarray(section.offset, section.offset + section.size)), { mode: 0o755 });
  return file;
}

t.test('a machine that scribbles over its rings is cut off, and a switch that is killed under load is replaced', { skip, timeout: 240_000 }, async (t) => {
  const lab = new Lab();
  t.teardown(() => lab.close());
  const [left, right] = [lab.machine('left'), lab.machine('right')];
  const cables = [lab.cable(), lab.cable()];
  const site = path.join(folder, 'site.yaml');
  writeFileSync(site, `
appliances:
  honest: { graph: ${WIRE} }
  hostile: { image: ${await hostileImage()}, restart: never }
interfaces:
  left: { packet: ${cables[0]!.near} }
  right: { packet: ${cables[1]!.near} }
networks:
  near: { ports: [left, honest.lan, hostile.lan], flood_pps: 0 }
  far: { ports: [honest.wan, right] }
`);
  const up = await wirelet(['up', site, '--json'], { env });
  t.equal(up.status, 0, up.stderr);
  t.teardown(() => wirelet(['down'], { env }));
  left.plug(cables[0]!.far, '10.76.0.1/24');
  right.plug(cables[1]!.far, '10.76.0.2/24');

  const top = async () => JSON.parse((await wirelet(['top', '--json'], { env })).stdout) as { switch: { pid: number }; ports: { name: string; stopped?: string; attached: boolean }[] };
  t.equal((await left.ping('10.76.0.2')).status, 0, 'the others reach each other beside it');
  let port = (await top()).ports.find(({ name }) => name === 'hostile.lan')!;
  for (const begin = performance.now(); port.stopped === undefined && performance.now() - begin < 30_000; ) {
    await left.ping('10.76.0.2', '-f', '-c', '200');
    port = (await top()).ports.find(({ name }) => name === 'hostile.lan')!;
  }
  t.match(port, { attached: false, stopped: /^(the index of a ring is beyond the ring|its rings are full of what is no frame)$/ });
  t.equal((await left.ping('10.76.0.2')).status, 0, 'they still do');
  t.match(readFileSync(path.join(folder, 'wirelet/rack/rack.log'), 'utf8'), /the switch stopped port hostile\.lan: /);

  await right.serve(/listening/i, 'iperf3', '--server', '--one-off', '--forceflush');
  const stream = left.run('iperf3', '--client', '10.76.0.2', '--time', '4', '--json');
  await new Promise((resolve) => setTimeout(resolve, 1500));
  process.kill((await top()).switch.pid, 'SIGKILL');
  const { status, stdout, stderr } = await stream;
  const { end } = JSON.parse(stdout || '{}') as { end?: { sum_received?: { bytes: number } } };
  t.equal(status, 0, `a stream lives on under another switch ${stderr}`);
  t.ok((end?.sum_received?.bytes ?? 0) > 1_000_000, 'and carries what it should');
  t.equal((await left.ping('10.76.0.2')).status, 0);
});
