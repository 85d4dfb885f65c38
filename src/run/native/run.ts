/** A run within this process, through the addon: the graph's C as a shared object, in reach of a debugger. */
import { createRequire } from 'node:module';
import { build } from '../../image/build.js';
import { openImage } from '../../image/image.js';
import { refuseOtherProcessor } from '../../image/processor.js';
import { nativeFile } from '../../native-files.js';
import { openControl } from '../control/live-appliance.js';
import { figuresOf } from '../figures.js';
import type { HostEvent } from '../host-events.js';
import type { PortFigures, RunOutcome } from '../outcome.js';
import { formatPort } from '../port-spec.js';
import { Report } from '../report.js';
import type { RunRequest } from '../run-request.js';

/** What the addon takes (native/addon). */
interface AddonRun {
  readonly library: string;
  /** NAME=SPEC, one for each interface in order. */
  readonly ports: readonly string[];
  readonly seed: number;
  readonly clock: 'virtual' | 'real';
  readonly untilIdle: boolean;
  /** How it is split over processors. */
  readonly cores: number;
  readonly steerBy: string;
  readonly shareAnswers: boolean;
  readonly teach: boolean;
  /** Nanoseconds of the run's time; 0: no end. */
  readonly duration: bigint;
  readonly noWait: boolean;
  /** A descriptor of native/abi/wl_channel_abi.h. */
  readonly control?: number;
  /** The appliance waits before its first round to be let go there. */
  readonly beginHeld: boolean;
}

interface AddonAppliance {
  /** Asks the appliance to end. */
  stop(): void;
  /** Counters of the elements now. */
  counters(): BigUint64Array;
  port(index: number): PortFigures;
}

interface Addon {
  /** Begins a run; `report` gets each event as a JSON text, `ended` comes after the last. */
  run(options: AddonRun, report: (event: string) => void, ended: () => void): AddonAppliance;
}

export async function runNative(request: RunRequest): Promise<RunOutcome> {
  const { subject, ports, signal } = request;
  const file = subject.kind === 'image' ? subject.file : (await build(subject.plan, 'native', request.onProgress)).file;
  const { manifest } = openImage(file);
  refuseOtherProcessor(manifest.processor_features, false);
  const addon = createRequire(import.meta.url)(nativeFile('wirelet.node')) as Addon;
  const names = manifest.interfaces.map(({ name }) => name);
  let appliance: AddonAppliance | undefined;
  const control = await openControl(request, manifest);
  const report = new Report(request, file, manifest, () => ({
    ports: Object.fromEntries(names.map((name, index) => [name, appliance!.port(index)])),
    elements: figuresOf(manifest, Array.from(appliance!.counters(), Number)),
  }), control === undefined ? {} : { control: (running) => ({ appliance: control.take(running), state: control.state }) });
  const stop = () => appliance?.stop();
  signal?.addEventListener('abort', stop);
  try {
    await new Promise<void>((resolve) => {
      appliance = addon.run(
        {
          library: file,
          ports: names.map((name) => formatPort(name, ports.get(name) ?? { kind: 'null' })),
          seed: request.seed,
          cores: request.steering.cores,
          steerBy: request.steering.by,
          shareAnswers: request.steering.answers,
          teach: request.steering.teaches,
          clock: request.virtualTime ? 'virtual' : 'real',
          untilIdle: request.untilIdle,
          duration: BigInt(Math.round((request.seconds ?? 0) * 1e9)),
          noWait: request.spin === true,
          beginHeld: request.state !== undefined || request.standby === true,
          control: control?.channel.hostDescriptor,
        },
        (event) => report.take(JSON.parse(event) as HostEvent),
        resolve,
      );
      if (signal?.aborted === true) stop();
    });
  } finally {
    signal?.removeEventListener('abort', stop);
    control?.channel.close();
  }
  return report.outcome('in this process');
}
