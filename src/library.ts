/** Building and running appliances from a program; what the command line does, as functions. */
import type { BuiltImage } from './image/build.js';
import type { RunOutcome, Vmm } from './run/outcome.js';
import type { Running } from './run/run-request.js';

export interface GraphOptions {
  /** Values of the graph's parameters. */
  readonly set?: Readonly<Record<string, string>>;
  /** Folders of your own elements. */
  readonly elements?: readonly string[];
}

export interface BuildApplianceOptions extends GraphOptions {
  /** What the image is for: a VM (the default), or a host process. */
  readonly target?: 'vm' | 'native';
  /** Where to put the image; without it, it stays in the cache. */
  readonly output?: string;
}

/** Builds an image of a graph file. Rejects with a DiagnosticError that holds everything that is wrong. */
export async function buildAppliance(graph: string, options: BuildApplianceOptions = {}): Promise<BuiltImage> {
  const { buildImage } = await import('./pipeline.js');
  const image = await buildImage(graph, { set: options.set, elementFolders: options.elements, target: options.target });
  if (options.output === undefined) return image;
  const { deliver } = await import('./image/cache.js');
  deliver(image.file, options.output);
  return { ...image, file: options.output };
}

export interface RunApplianceOptions extends GraphOptions {
  /** How to run; without it a VM by KVM, or a confined process where there is no KVM. */
  readonly vmm?: Vmm;
  /** What interfaces plug into, as `--port` has it: `{ lan: 'pcap:in=a.pcap,out=b.pcap' }`. */
  readonly ports?: Readonly<Record<string, string>>;
  /** End when inputs are spent and queues drained; true unless said. */
  readonly untilIdle?: boolean;
  /** End after so many seconds of the run's time. */
  readonly seconds?: number;
  readonly seed?: number;
  /** Ends the run early, outputs complete up to then. */
  readonly signal?: AbortSignal;
  /** Lines that elements such as Print write. */
  readonly onLog?: (line: string) => void;
  readonly onWarning?: (message: string) => void;
  /** The run has begun; figures can be read from now on. */
  readonly onStart?: (running: Running) => void;
}

/** Runs a graph file or an image to its end. Rejects with a DiagnosticError when something is wrong with either. */
export async function runAppliance(graphOrImage: string, options: RunApplianceOptions = {}): Promise<RunOutcome> {
  const { openSubject, interfaceNames } = await import('./run/subject.js');
  const { readPorts } = await import('./run/port-spec.js');
  const { run } = await import('./run/run.js');
  const { subject } = await openSubject(graphOrImage, { set: options.set, elementFolders: options.elements });
  const specifications = Object.entries(options.ports ?? {}).map(([name, specification]) => `${name}=${specification}`);
  const ports = readPorts(specifications, interfaceNames(subject).map((name) => ({ name })));
  const { vmm, untilIdle = true, seconds, seed, signal, onLog, onWarning, onStart } = options;
  return run(subject, { vmm, ports, untilIdle, seconds, seed, signal, onLog, onWarning, onStart });
}
