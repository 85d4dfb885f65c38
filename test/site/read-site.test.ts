/** Every mistake that a site file can have is told with its place, all at once. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t, { type Test } from 'tap';
import { CODES } from '#src/codes.js';
import { DiagnosticError, formatDiagnostic, toJson, type Diagnostic } from '#src/diagnostics.js';
import { packageRoot } from '#src/package-root.js';
import { checkSite, type ReadySite } from '#src/site/check-site.js';
import { readSite } from '#src/site/read-site.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-site-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const WIRE = path.join(packageRoot, 'configs/wire.yaml');
const TWO = path.join(folder, 'two.yaml');
writeFileSync(TWO, 'cpus: 2\ninterfaces: [lan, wan]\ngraph: |\n  lan -> wan\n  wan -> lan\n');

async function read(text: string): Promise<{ ready?: ReadySite; diagnostics: readonly Diagnostic[] }> {
  const file = path.join(folder, 'site.yaml');
  writeFileSync(file, text.replaceAll('WIRE', WIRE).replaceAll('TWO', TWO));
  const { site, diagnostics } = await readSite(file);
  if (site === undefined) return { diagnostics };
  try {
    return { ready: await checkSite(site), diagnostics };
  } catch (error) {
    if (error instanceof DiagnosticError) return { diagnostics: error.diagnostics };
    throw error;
  }
}

const places = (diagnostics: readonly Diagnostic[]) => diagnostics.map((diagnostic) => {
  const { code, line, column } = toJson(diagnostic);
  return `${code} ${line}:${column}`;
});

async function told(t: Test, text: string, expected: readonly string[]): Promise<void> {
  const { ready, diagnostics } = await read(text);
  t.equal(ready, undefined, 'the site is refused');
  t.same(places(diagnostics), expected, diagnostics.map(formatDiagnostic).join('\n'));
  for (const diagnostic of diagnostics) t.ok(Object.hasOwn(CODES, diagnostic.code), diagnostic.code);
}

t.test('a site with a chain, networks, VLANs and several of a kind is read', async (t) => {
  const { ready, diagnostics } = await read(`
name: branch
appliances:
  edge: { graph: WIRE }
  core: { graph: WIRE, restart: always, cpus: [0] }
  many: { graph: WIRE, count: 3, memory: 64MiB }
interfaces:
  lan0: { tap: tap7 }
  wan0: { tap: tap8 }
  up: { packet: eth7 }
networks:
  office:
    ageing_s: 60
    flood_pps: 500
    ports: [{ port: many.lan, vlan: 10 }, { port: up, trunk: [10, 20] }]
chains:
  - lan0 -> edge -> core[wan, lan] -> many-2.wan
  - wan0 -> many-3.wan
`);
  t.same(places(diagnostics), []);
  const { site, appliances } = ready!;
  t.same(site.appliances.map(({ name }) => name), ['edge', 'core', 'many-1', 'many-2', 'many-3']);
  t.same(appliances.get('core')!.interfaces, ['lan', 'wan']);
  const wires = site.networks.filter(({ kind }) => kind === 'wire');
  t.same(wires.map(({ ports }) => ports.map(({ name }) => name)), [['lan0', 'edge.lan'], ['edge.wan', 'core.wan'], ['core.lan', 'many-2.wan'], ['wan0', 'many-3.wan']]);
  t.same(wires.map(({ name }) => name), ['lan0--edge.lan', 'edge.wan--core.wan', 'core.lan--many-2.wan', 'wan0--many-3.wan'], 'wires are called by their ends');
  const office = site.networks.find(({ name }) => name === 'office')!;
  t.match(office, { kind: 'switch', ageingS: 60, floodPps: 500 });
  t.same(office.ports.map(({ name, vlans }) => [name, vlans.mode]), [['many-1.lan', 'access'], ['many-2.lan', 'access'], ['many-3.lan', 'access'], ['up', 'trunk']]);
});

t.test('a chain goes through one of several of a kind', async (t) => {
  const { ready, diagnostics } = await read('appliances:\n  fw: { graph: WIRE, count: 2 }\ninterfaces:\n  a: { tap: tap7 }\n  b: { tap: tap8 }\nchains: [a -> fw-1 -> fw-2 -> b]\n');
  t.same(places(diagnostics), []);
  t.same(ready!.site.networks.map(({ name }) => name), ['a--fw-1.lan', 'fw-1.wan--fw-2.lan', 'fw-2.wan--b']);
});

const HEAD = 'appliances:\n  fw: { graph: WIRE }\ninterfaces:\n  lan0: { tap: tap7 }\n';
const MISTAKES: Readonly<Record<string, readonly [text: string, expected: readonly string[]]>> = {
  'no site': ['- a\n', ['WL1021 1:1']],
  'no appliances': ['name: x\n', ['WL1022 1:1']],
  'a key that there is not': ['appliances:\n  fw: { graf: WIRE }\n', ['WL1020 2:9']],
  'values of the wrong kind': ['appliances:\n  fw:\n    graph: WIRE\n    memory: lots\n    count: many\nchains: [3]\n', ['WL1021 4:13', 'WL1021 5:12', 'WL1021 6:10']],
  'neither graph nor image': ['appliances:\n  fw: { restart: never }\n', ['WL4200 2:3']],
  'an interface of the host that is two things': [`${HEAD}  wan0: { tap: a, packet: b }\n`, ['WL4201 5:3']],
  'ports that are malformed': [`${HEAD}  a: { vhost-user: "x,sever" }\n  b: { generator: "size=1" }\n  c: { pcap: in= }\n  d: { xdp: a/b }\n`, ['WL1021 8:13']],
  'ports whose options are wrong': [`${HEAD}  a: { vhost-user: "x,sever" }\n  b: { generator: "size=1" }\n  c: { pcap: in= }\n`, ['WL4206 5:20', 'WL4206 6:19', 'WL4206 7:14']],
  'an interface that is wrong, once, however often it is connected': ['appliances:\n  fw: { graph: WIRE }\ninterfaces:\n  a: { generator: "size=1" }\nnetworks:\n  x: { ports: [a, fw.lan] }\n', ['WL4206 4:19']],
  'several of a kind in a chain': ['appliances:\n  fw: { graph: WIRE, count: 2 }\ninterfaces:\n  a: { tap: tap7 }\n  b: { tap: tap8 }\nchains: [a -> fw -> b]\n', ['WL4205 6:15']],
  'a wire with one end': [`${HEAD}networks:\n  x: { kind: wire, ports: [lan0] }\n`, ['WL4202 6:3']],
  'an interface that is connected twice': [`${HEAD}networks:\n  x: { ports: [lan0, fw.lan] }\n  y: { ports: [lan0] }\n`, ['WL4202 7:16']],
  'a chain and a network that want the same interface': [`${HEAD}networks:\n  x: { ports: [fw.lan] }\nchains: [lan0 -> fw.lan]\n`, ['WL4202 7:18']],
  'the same, where the chain leaves the choice to the appliance': [`${HEAD}networks:\n  x: { ports: [fw.lan] }\nchains: [lan0 -> fw -> fw.wan]\n`, ['WL4202 7:18', 'WL4202 7:24']],
  'names of nothing': [`${HEAD}networks:\n  x: { ports: [lan1, fv.lan, fw, fw.lam] }\n`, ['WL4200 6:16', 'WL4200 6:22', 'WL4200 6:30']],
  'an interface that the graph does not have': [`${HEAD}networks:\n  x: { ports: [lan0, fw.lam] }\n`, ['WL4200 6:22']],
  'VLANs beside none': [`${HEAD}networks:\n  x: { ports: [lan0, { port: fw.lan, vlan: 7 }] }\n`, ['WL4203 6:16']],
  'a chain that is no chain': [`${HEAD}chains: [lan0, "lan0 -> fw(1)"]\n`, ['WL4205 5:10', 'WL4205 5:25']],
  'a processor that there is not': ['appliances:\n  fw: { graph: WIRE, cpus: [1000] }\n', ['WL4204 2:3']],
  'an appliance for two processors': ['appliances:\n  fw: { graph: TWO }\ninterfaces:\n  lan0: { tap: tap7 }\nnetworks:\n  x: { ports: [lan0, fw.lan] }\n', ['WL4150 2:3']],
  'a graph that is not there': ['appliances:\n  fw: { graph: missing.yaml }\n', ['WL1000 2:3']],
  'a name that is none': ['appliances:\n  "a b": { graph: WIRE }\n', ['WL1023 2:3']],
};
for (const [name, [text, expected]] of Object.entries(MISTAKES)) t.test(`${name} is told with its place`, (t) => told(t, text, expected));
