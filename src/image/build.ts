/** The stage from Plan to image: lower, link, describe; or take what an earlier build of the same left. */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Lowered } from '../compile/lowered.js';
import { refuseControl } from '../graph/control-elements.js';
import { flatConfiguration, interfaceAddresses } from '../graph/flat-configuration.js';
import { splitOf } from '../graph/split.js';
import { formatIpv4, formatMac } from '../kit/address.js';
import { BATCH_PACKETS_MAX, FRAME_BYTES_MAX } from '../kit/limits.js';
import { packageRoot } from '../package-root.js';
import type { Plan } from '../plan/plan.js';
import { cached, contentHash } from './cache.js';
import { Elf } from './elf.js';
import { readImage } from './image.js';
import { featuresFor } from './processor.js';
import { profileKey } from './profile.js';
import { linkGuest } from './link-guest.js';
import { linkNative } from './link-native.js';
import { NO_LINES, readLineTable, type LineTable } from './line-table.js';
import { MANIFEST_FORM, MANIFEST_SECTION, packManifest, type Manifest, type Target } from './manifest.js';
import { readStateTable, zeroedMemoryOf, type StateTable } from './state-table.js';
import { billOfMaterials } from './sbom.js';
import { imageSymbols, type ImageSymbol } from './symbols.js';
import { profilingToolchain, toolchain, type Toolchain } from './toolchain.js';
import type { Tuning } from './tuning.js';

export interface BuiltImage {
  /** In the cache; copy it, do not change it. */
  readonly file: string;
  readonly manifest: Manifest;
  readonly bytes: number;
  readonly sha256: string;
  readonly cached: boolean;
  readonly seconds: number;
}

/** Everything of this package that decides what an image becomes. */
const SOURCES = ['dist/src/compile', 'dist/src/plan', 'dist/src/image', 'dist/src/kit', 'src/kit', 'native/abi', 'native/runtime', 'native/guest', 'native/addon', 'native/profile'];

export const WIRELET_VERSION = (JSON.parse(readFileSync(path.join(packageRoot, 'package.json'), 'utf8')) as { version: string }).version;

/** Builds for a target. Throws diagnostics; `progress` is told what takes its time. */
export async function build(plan: Plan, target: Target, progress: (what: string) => void = () => {}, tuning: Tuning = {}): Promise<BuiltImage> {
  const begin = performance.now();
  refuseControl(plan.graph, target === 'vm' ? 'a VM' : 'compiled code');
  const { profile, processor = 'any' } = tuning;
  const tool = await toolFor(tuning);
  const features = featuresFor(processor, target);
  const key = keyOf('image', plan, target, tool, tuning);
  const { file, cached: hit } = await cached(key, target === 'vm' ? '.elf' : '.so', async (draft) => {
    // The compiler of elements is heavy, and not needed when the result is there.
    const { lower } = await import('../compile/lower.js');
    progress('compiling');
    const lowered = await lower(plan, { debug: target === 'native' });
    progress(profile === undefined ? 'linking' : 'taking a profile, and linking');
    writeFileSync(draft, await link(lowered, target, tool, tuning, features), { mode: 0o755 });
  });
  const bytes = readFileSync(file);
  return {
    file,
    manifest: readImage(bytes, file).manifest,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    cached: hit,
    seconds: (performance.now() - begin) / 1000,
  };
}

function toolFor({ profile }: Tuning): Promise<Toolchain> {
  return profile === undefined ? toolchain() : profilingToolchain();
}

/** Of what is made of a plan: all that it depends on. */
function keyOf(what: string, plan: Plan, target: Target, tool: Toolchain, { profile, processor = 'any' }: Tuning): string {
  const tuned = profile === undefined && processor === 'any' ? [] : [featuresFor(processor, target).join(' '), profile === undefined ? 'no profile' : profileKey(profile)];
  return contentHash(what, WIRELET_VERSION, tool.version, sourcesHash(), target, plan.graph.sha256, String(plan.ringSize), ...tuned);
}

/** What the VM image of a plan consists of, and why: linked once more, or what an earlier call left. */
export async function symbolsOf(plan: Plan, tuning: Tuning = {}): Promise<ImageSymbol[]> {
  const tool = await toolFor(tuning);
  const { file } = await cached(keyOf('symbols', plan, 'vm', tool, tuning), '.json', async (draft) => {
    const { lower } = await import('../compile/lower.js');
    const { debugFile, dispose } = await linkGuest(await lower(plan), tool, tuning);
    try {
      writeFileSync(draft, JSON.stringify(imageSymbols(readFileSync(debugFile), plan.graph)));
    } finally {
      dispose();
    }
  });
  return JSON.parse(readFileSync(file, 'utf8')) as ImageSymbol[];
}

async function link(lowered: Lowered, target: Target, tool: Toolchain, tuning: Tuning, features: readonly string[]): Promise<Buffer> {
  if (target === 'native') {
    const object = await linkNative(lowered, tool, tuning);
    const elf = new Elf(object);
    const memory = elf.sections.filter(({ name }) => name.startsWith('.bss')).reduce((sum, { size }) => sum + size, 0);
    return elf.withSection(MANIFEST_SECTION, packManifest(describe(lowered, target, memory, NO_LINES, readStateTable(elf, zeroedMemoryOf(elf), lowered.plan.graph.instances), tool, features)));
  }
  const { image, debugFile, identity, dispose } = await linkGuest(lowered, tool, tuning);
  try {
    const lines = await readLineTable(debugFile);
    const elf = new Elf(image);
    const info = readImage(image, 'image').info!;
    const state = readStateTable(new Elf(readFileSync(debugFile)), info.base, lowered.plan.graph.instances);
    return elf.withSection(MANIFEST_SECTION, packManifest({ ...describe(lowered, target, info.memoryBytes, lines, state, tool, features), identity: identity.toString('hex') }));
  } finally {
    dispose();
  }
}

function describe(lowered: Lowered, target: Target, memoryBytes: number, lines: LineTable, state: StateTable, tool: Toolchain, features: readonly string[]): Manifest {
  const { plan, counters } = lowered;
  const { graph } = plan;
  return {
    form: MANIFEST_FORM,
    name: graph.name,
    version: graph.version,
    wirelet: WIRELET_VERSION,
    target,
    graph_sha256: graph.sha256,
    configuration: interfaceAddresses(graph) + flatConfiguration(graph),
    elements: graph.instances.map(({ name, class: type, configText }) => ({ name, class: type.name, config: configText })),
    interfaces: graph.interfaces.map(({ name, mac, address, prefixLength, receives }) => ({
      name,
      mac: formatMac(mac),
      address: address === undefined ? null : `${formatIpv4(address)}/${prefixLength ?? 32}`,
      receives,
    })),
    memory_bytes: memoryBytes,
    processors: { count: graph.cpus ?? 1, ...splitOf(graph.instances) },
    ...(features.length > 0 ? { processor_features: features } : {}),
    limits: {
      ring_descriptors: plan.ringSize,
      packets: plan.smallSlots + plan.jumboSlots,
      jumbo_packets: plan.jumboSlots,
      held_packets: plan.packetsHeld,
      frame_bytes: FRAME_BYTES_MAX,
      batch_packets: BATCH_PACKETS_MAX,
      state_bytes: plan.stateBytes,
      log_bytes: lowered.logBytes,
    },
    sbom: billOfMaterials(graph, WIRELET_VERSION, tool),
    internals: {
      graph: graph.instances.map(({ inputs, outputs }) => ({
        inputs: inputs.map(({ from }) => ({ from })),
        outputs: outputs.map(() => 0),
      })),
      outputs: graph.instances.map(({ outputs }) => outputs.map(({ name }) => name)),
      counters: counters.instances,
      sites: counters.sites,
      lines,
      state,
    },
  };
}

let sources: string | undefined;

/** Hash of the files of this package that decide what an image becomes. */
export function sourcesHash(): string {
  if (sources !== undefined) return sources;
  const parts: (string | Buffer)[] = [];
  for (const folder of SOURCES) {
    for (const file of filesOf(path.join(packageRoot, folder))) parts.push(path.relative(packageRoot, file), readFileSync(file));
  }
  sources = contentHash(...parts);
  return sources;
}

function filesOf(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) return filesOf(full);
    return /\.(map|d\.ts)$/.test(entry.name) ? [] : [full];
  });
}
