/** Reads a site file: YAML or JSON, all that is wrong with it at once. */
import path from 'node:path';
import { Diagnostics, type Diagnostic, type Span } from '../diagnostics.js';
import { entryOf, textOf, type DocumentNode, type MapNode } from '../graph/document.js';
import { checkShape } from '../graph/shape-check.js';
import { SourceFiles } from '../graph/source-files.js';
import { SITE_LIMITS, type RestartPolicy, type Site, type SiteAppliance, type SiteNetwork, type SitePort, type Vlans } from './site.js';
import { siteSchema } from './site-schema.js';
import { readHostEnd } from './host-interface.js';
import { readChain } from './service-chain.js';
import { Wiring } from './wiring.js';

const NAME = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,47}$/;

export interface ReadSite {
  /** Undefined when it cannot be read; what was wrong is among the diagnostics. */
  readonly site?: Site;
  readonly diagnostics: readonly Diagnostic[];
}

/** The site of a file, by itself: whether its graphs are right and have the interfaces that it names, checkSite() says. */
export async function readSite(file: string): Promise<ReadSite> {
  const diagnostics = new Diagnostics();
  const files = new SourceFiles(diagnostics);
  const source = files.open(file);
  if (source === undefined) return { diagnostics: diagnostics.list };
  const tree = file.endsWith('.json')
    ? (await import('../graph/json-tree.js')).parseJson(source, diagnostics)
    : (await import('../graph/yaml-tree.js')).parseYaml(source, files, diagnostics);
  if (tree === undefined) return { diagnostics: diagnostics.list };
  const problems = checkShape(tree, { schema: siteSchema(), what: 'a site file', place }, diagnostics);
  if (problems > 0 || tree.kind !== 'map') return { diagnostics: diagnostics.list };
  const site = new SiteReader(path.resolve(file), tree, diagnostics).read();
  return diagnostics.failed ? { diagnostics: diagnostics.list } : { site, diagnostics: diagnostics.list };
}

/** What the value at a JSON pointer is, for a sentence. */
function place(pointer: string): string {
  const [, section, name] = pointer.split('/');
  const what = ({ appliances: 'the appliance', networks: 'the network', interfaces: 'the interface' } as Record<string, string>)[section!];
  return what === undefined || name === undefined ? `"${section}"` : `${what} "${name}"`;
}

class SiteReader {
  private readonly folder: string;

  constructor(private readonly file: string, private readonly tree: MapNode, private readonly diagnostics: Diagnostics) {
    this.folder = path.dirname(file);
  }

  read(): Site {
    const groups = new Map(this.named('appliances').map(({ name, span, map }) => [name, this.appliances(name, span, map)]));
    const wiring = new Wiring(groups, this.diagnostics);
    for (const { name, span, map } of this.named('interfaces')) {
      // One that is wrong is there: who connects it is not told that it is not.
      wiring.addDevice(name, readHostEnd(name, span, map, this.folder, this.diagnostics) ?? { kind: 'gen', target: '' }, span);
    }
    const networks = this.named('networks').map(({ name, span, map }) => this.network(name, span, map, wiring));
    const chains = entryOf(this.tree, 'chains')?.value;
    for (const item of chains?.kind === 'list' ? chains.items : []) {
      const chain = textOf(item)!;
      networks.push(...readChain(chain.value, chain.span, wiring, this.diagnostics));
    }
    const appliances = [...groups.values()].flat();
    if (appliances.length > SITE_LIMITS.appliances) this.diagnostics.error('WL4204', this.tree.span, `the site has ${appliances.length} appliances, more than ${SITE_LIMITS.appliances}`);
    const ofSwitch = entryOf(this.tree, 'switch')?.value;
    const switchCpus = ofSwitch?.kind === 'map' ? numbers(ofSwitch, 'cpus') : undefined;
    const name = text(this.tree, 'name') ?? path.basename(this.file).replace(/\.[^.]*$/, '');
    return { name, file: this.file, appliances, networks, ...(switchCpus === undefined ? {} : { switchCpus }) };
  }

  /** The maps of a section, with names that are allowed. */
  private named(section: string): { name: string; span: Span; map: MapNode }[] {
    const node = entryOf(this.tree, section)?.value;
    if (node?.kind !== 'map') return [];
    return node.entries.flatMap(({ key, value }) => {
      if (!NAME.test(key.value)) this.diagnostics.error('WL1023', key.span, `"${key.value}" cannot be a name here`, 'Letters, digits, _ and -, 48 at most; the first is a letter, a digit or _.');
      return value.kind === 'map' ? [{ name: key.value, span: key.span, map: value }] : [];
    });
  }

  private appliances(name: string, span: Span, map: MapNode): SiteAppliance[] {
    const [graph, image] = [text(map, 'graph'), text(map, 'image')];
    if ((graph === undefined) === (image === undefined)) {
      this.diagnostics.error('WL4200', span, `the appliance "${name}" has ${graph === undefined ? 'neither a graph nor an image' : 'a graph and an image'}`, 'Write { graph: FILE } or { image: FILE }.');
    }
    const count = number(map, 'count');
    const set = entryOf(map, 'set')?.value;
    const values = set?.kind === 'map' ? set.entries.map(({ key, value }) => [key.value, textOf(value)?.value ?? ''] as const) : [];
    const elements = text(map, 'elements');
    const snapshot = text(map, 'snapshot');
    return Array.from({ length: count ?? 1 }, (_, index) => ({
      name: count === undefined ? name : `${name}-${index + 1}`,
      file: path.resolve(this.folder, graph ?? image ?? ''),
      ...(image === undefined ? {} : { isImage: true }),
      set: Object.fromEntries(values.map(([key, value]) => [key, value.replaceAll('{index}', String(index + 1))])),
      elementFolders: elements === undefined ? [] : [path.resolve(this.folder, elements)],
      memoryBytesMax: bytesOf(text(map, 'memory')),
      cpus: numbers(map, 'cpus'),
      busyPoll: text(map, 'busy_poll') === 'true',
      snapshot: snapshot === undefined ? undefined : path.resolve(this.folder, snapshot.replaceAll('{index}', String(index + 1))),
      watchdogS: (number(map, 'watchdog_s') ?? SITE_LIMITS.watchdogSDefault) || undefined,
      restart: (text(map, 'restart') ?? 'on-failure') as RestartPolicy,
      span,
    }));
  }

  private network(name: string, span: Span, map: MapNode, wiring: Wiring): SiteNetwork {
    const list = entryOf(map, 'ports')!.value;
    const kind = (text(map, 'kind') ?? 'switch') as 'switch' | 'wire';
    const ports = list.kind === 'list' ? list.items.flatMap((item) => this.ports(item, wiring)) : [];
    if (kind === 'wire' && ports.length !== 2) this.diagnostics.error('WL4202', span, `the wire "${name}" has ${ports.length} ends`, 'A wire connects two interfaces; kind: switch connects any number.');
    const aware = ports.filter(({ vlans }) => vlans.mode !== 'plain');
    const plain = ports.find(({ vlans }) => vlans.mode === 'plain');
    if (aware.length > 0 && plain !== undefined) {
      this.diagnostics.error('WL4203', plain.span, `"${plain.name}" is of no VLAN, but the network "${name}" has VLANs`, `Write { port: ${plain.name}, vlan: N } or { port: ${plain.name}, trunk: [N] }.`);
    }
    return { name, kind, ageingS: number(map, 'ageing_s') ?? SITE_LIMITS.ageingSDefault, floodPps: number(map, 'flood_pps') ?? SITE_LIMITS.floodPpsDefault, ports };
  }

  private ports(node: DocumentNode, wiring: Wiring): SitePort[] {
    const named = node.kind === 'map' ? entryOf(node, 'port')!.value : node;
    const { value, span } = textOf(named)!;
    return wiring.connect(value, span, node.kind === 'map' ? this.vlans(node) : { mode: 'plain' });
  }

  private vlans(map: MapNode): Vlans {
    const vlan = number(map, 'vlan');
    const trunk = numbers(map, 'trunk');
    if (vlan !== undefined && trunk !== undefined) this.diagnostics.error('WL4203', entryOf(map, 'trunk')!.value.span, 'a port has `vlan` or `trunk`, not both', 'vlan: frames are untagged at the port; trunk: they are tagged.');
    if (vlan !== undefined) return { mode: 'access', vlan };
    return trunk === undefined ? { mode: 'plain' } : { mode: 'trunk', vlans: trunk };
  }
}

function text(map: MapNode, key: string): string | undefined {
  const value = entryOf(map, key)?.value;
  return value === undefined ? undefined : textOf(value)?.value;
}

function number(map: MapNode, key: string): number | undefined {
  const value = text(map, key);
  return value === undefined ? undefined : Number(value);
}

function numbers(map: MapNode, key: string): number[] | undefined {
  const list = entryOf(map, key)?.value;
  return list?.kind === 'list' ? list.items.map((item) => Number(textOf(item)?.value)) : undefined;
}

function bytesOf(size: string | undefined): number | undefined {
  const match = /^(\d+)(KiB|MiB|GiB)$/.exec(size ?? '');
  return match === null ? undefined : Number(match[1]) * 1024 ** (['KiB', 'MiB', 'GiB'].indexOf(match[2]!) + 1);
}

