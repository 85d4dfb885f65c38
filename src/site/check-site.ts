/** Checks a site against what it names: graphs and images, their interfaces, this machine's processors. */
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { DiagnosticError, type Diagnostic, Diagnostics } from '../diagnostics.js';
import { build } from '../image/build.js';
import { openImage } from '../image/image.js';
import type { ApplianceState } from '../run/control/element-state.js';
import { unpackState } from '../run/control/state-file.js';
import { openSubject, interfaceNames, type Subject } from '../run/subject.js';
import { suggestion } from '../suggest.js';
import { FIRST_INTERFACE, SECOND_INTERFACE, wireName } from './service-chain.js';
import type { Site, SiteAppliance, SiteNetwork, SitePort } from './site.js';

/** An appliance that can be started. */
export interface ReadyAppliance {
  readonly appliance: SiteAppliance;
  readonly subject: Subject;
  readonly interfaces: readonly string[];
  /** What its elements know at each start. */
  readonly snapshot?: ApplianceState;
}

export interface ReadySite {
  readonly site: Site;
  readonly appliances: ReadonlyMap<string, ReadyAppliance>;
  readonly warnings: readonly Diagnostic[];
}

/** Opens everything that the site names. Throws all that is wrong with it. */
export async function checkSite(site: Site): Promise<ReadySite> {
  const diagnostics = new Diagnostics();
  const appliances = new Map<string, ReadyAppliance>();
  const opened = new Map<string, Subject | undefined>();
  for (const appliance of site.appliances) {
    const key = JSON.stringify([appliance.file, appliance.set, appliance.elementFolders]);
    if (!opened.has(key)) opened.set(key, await open(appliance, diagnostics));
    const subject = opened.get(key);
    if (subject === undefined) continue;
    checkPlacement(appliance, subject, diagnostics);
    const snapshot = openSnapshot(appliance, diagnostics);
    appliances.set(appliance.name, { appliance, subject, interfaces: interfaceNames(subject), ...(snapshot === undefined ? {} : { snapshot }) });
  }
  const networks = site.networks.map((network) => resolve(network, appliances, diagnostics));
  refuseProcessors(networks, appliances, diagnostics);
  const seen = new Set<string>();
  for (const port of networks.flatMap(({ ports }) => ports)) {
    // A chain leaves it to the appliance which interfaces these are.
    if (seen.has(port.name)) diagnostics.error('WL4202', port.span, `"${port.name}" is connected twice`, 'An interface is in one network.');
    seen.add(port.name);
  }
  diagnostics.throwIfFailed();
  return { site: { ...site, networks }, appliances, warnings: diagnostics.list };
}

/** The image of an appliance: built if it is not there. */
export async function imageOf(subject: Subject, onProgress: (what: string) => void): Promise<Extract<Subject, { kind: 'image' }>> {
  if (subject.kind === 'image') return subject;
  const { file } = await build(subject.plan, 'vm', onProgress);
  return { kind: 'image', file, manifest: openImage(file).manifest };
}

async function open(appliance: SiteAppliance, diagnostics: Diagnostics): Promise<Subject | undefined> {
  if (appliance.isImage === true && !existsSync(appliance.file)) {
    diagnostics.error('WL4200', appliance.span, `the image ${appliance.file} is not there`, 'wirelet build GRAPH -o IMAGE writes one.');
    return undefined;
  }
  try {
    const { subject, warnings } = await openSubject(appliance.file, { set: { ...appliance.set }, elementFolders: [...appliance.elementFolders] });
    for (const warning of warnings) diagnostics.add(warning);
    return subject;
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    for (const diagnostic of error.diagnostics) diagnostics.add(diagnostic.span === undefined ? { ...diagnostic, span: appliance.span } : diagnostic);
    return undefined;
  }
}

function openSnapshot({ name, snapshot, span }: SiteAppliance, diagnostics: Diagnostics): ApplianceState | undefined {
  if (snapshot === undefined) return undefined;
  try {
    return unpackState(readFileSync(snapshot), snapshot);
  } catch (error) {
    if (error instanceof DiagnosticError) for (const diagnostic of error.diagnostics) diagnostics.add({ ...diagnostic, span });
    else diagnostics.error('WL4200', span, `the snapshot of "${name}" cannot be read: ${(error as Error).message}`, `wirelet snapshot ${name} FILE writes one.`);
    return undefined;
  }
}

function checkPlacement(appliance: SiteAppliance, subject: Subject, diagnostics: Diagnostics): void {
  const processors = availableParallelism();
  const beyond = appliance.cpus?.find((cpu) => cpu >= processors);
  if (beyond !== undefined) diagnostics.error('WL4204', appliance.span, `"${appliance.name}" wants processor ${beyond}, and there are ${processors}`, `They are numbered from 0 to ${processors - 1}.`);
  const bytes = subject.kind === 'image' ? subject.manifest.memory_bytes : undefined;
  if (bytes !== undefined && appliance.memoryBytesMax !== undefined && bytes > appliance.memoryBytesMax) diagnostics.add(tooLarge(appliance, bytes));
}

/** Of a graph, that is known once it is built. */
export function tooLarge(appliance: SiteAppliance, bytes: number): Diagnostic {
  const mebibytes = (value: number) => `${(value / 2 ** 20).toFixed(2)} MiB`;
  return {
    code: 'WL4204', severity: 'error', span: appliance.span,
    message: `"${appliance.name}" needs ${mebibytes(bytes)} of memory, and may have ${mebibytes(appliance.memoryBytesMax!)}`,
    hint: 'Raise `memory`, or lower the limits of its tables and queues.',
  };
}

/** The switch of a site takes frames from the rings of one copy: it deals none out. */
function refuseProcessors(networks: readonly SiteNetwork[], appliances: ReadonlyMap<string, ReadyAppliance>, diagnostics: Diagnostics): void {
  const connected = new Set(networks.flatMap(({ ports }) => ports).flatMap(({ end }) => (end.kind === 'ring' ? [end.appliance] : [])));
  for (const [name, { appliance, subject }] of appliances) {
    const count = (subject.kind === 'image' ? subject.manifest.processors?.count : subject.plan.graph.cpus) ?? 1;
    if (count === 1 || !connected.has(name)) continue;
    diagnostics.error('WL4150', appliance.span, `"${name}" is for ${count} processors, and the switch of a site knows one of an appliance only`, 'Write `cpus: 1` in its graph, or run it by itself: wirelet run with its interfaces on taps.');
  }
}

function resolve(network: SiteNetwork, appliances: ReadonlyMap<string, ReadyAppliance>, diagnostics: Diagnostics): SiteNetwork {
  const ports = network.ports.map((port) => resolvePort(port, appliances, diagnostics));
  // A wire of a chain is called by its ends, which are known only now.
  const name = network.name === wireName(network.ports) ? wireName(ports) : network.name;
  return { ...network, name, ports };
}

function resolvePort(port: SitePort, appliances: ReadonlyMap<string, ReadyAppliance>, diagnostics: Diagnostics): SitePort {
  if (port.end.kind !== 'ring') return port;
  const { appliance, interface: wanted } = port.end;
  const interfaces = appliances.get(appliance)?.interfaces;
  if (interfaces === undefined) return port; // its graph is wrong, which was said
  const place = [FIRST_INTERFACE, SECOND_INTERFACE].indexOf(wanted);
  const name = place < 0 ? wanted : interfaces[place];
  if (name === undefined || !interfaces.includes(name)) {
    const hint = suggestion(wanted, interfaces) ?? `Its interfaces are ${interfaces.join(', ') || 'none'}.`;
    diagnostics.error('WL4200', port.span, place < 0 ? `the appliance "${appliance}" has no interface "${wanted}"` : `"${appliance}" has fewer than two interfaces to be a part of a chain`, hint);
    return port;
  }
  return { ...port, name: `${appliance}.${name}`, end: { kind: 'ring', appliance, interface: name } };
}
