/** A whole run of the driver: reads the configuration, runs it, reads handlers, and says how it ended. */
import { parseInteger } from '../../kit/config.js';
import { HandlerError } from '../../kit/element.js';
import type { CheckedGraph } from '../../graph/graph.js';
import { Engine } from '../node/engine.js';
import { Devices } from './devices.js';
import { drive, wallClock } from './driver.js';
import { loadConfiguration, type LoadedConfiguration } from './load-configuration.js';
import { readHandlers } from './read-handlers.js';
import type { Machine } from './machine.js';
import { Router, STOPPED } from './router.js';

/** For hash keys and random numbers. */
const SEED = 1;

export interface DriverRequest {
  readonly expression?: string;
  readonly file?: string;
  readonly set: ReadonlyMap<string, string>;
  /** Declarations besides those of the configuration. */
  readonly more: readonly string[];
  /** Handlers to print at the end. */
  readonly handlers: readonly string[];
  readonly exitHandler?: string;
  /** Where to write the flat configuration. */
  readonly output?: string;
  readonly quit: boolean;
  readonly time: boolean;
  readonly warnings: boolean;
  readonly simulated?: number;
  readonly engine: 'node' | 'native';
  /** NAME=SPEC: what devices are connected to. */
  readonly devices: readonly string[];
}

/** Where the driver writes to. */
export interface Outlet {
  print(text: string): void;
  report(line: string): void;
  explain(loaded: LoadedConfiguration): void;
  write(file: string, text: string): void;
}

/** Runs it all; the exit status. */
export async function runDriver(request: DriverRequest, outlet: Outlet): Promise<number> {
  const loaded = await loadConfiguration(request, request.set, request.more);
  if (loaded.checked === undefined) {
    outlet.explain(loaded);
    if (loaded.graph !== undefined) outlet.report('Router could not be initialized!');
    return 1;
  }
  const start = request.simulated ?? wallClock();
  const devices = new Devices(loaded.checked, request.devices, start);
  const machine = await startMachine(loaded.checked, request.engine, start, devices, outlet);
  devices.attach(machine);
  const router = new Router(loaded.checked, machine, { seed: SEED, print: (text) => outlet.print(text), report: (line) => outlet.report(line) });
  const ends = stopOnSignals(router);
  try {
    if (!(await router.begin())) {
      outlet.report('Router could not be initialized!');
      return 1;
    }
    return await runAndRead(router, devices, request, loaded, outlet);
  } finally {
    ends();
    router.close();
    devices.close();
  }
}

async function startMachine(graph: CheckedGraph, engine: DriverRequest['engine'], start: number, devices: Devices, outlet: Outlet): Promise<Machine> {
  const options = {
    seed: SEED,
    microseconds: start,
    transmit: (index: number, frame: Uint8Array) => devices.transmit(index, frame),
    log: (line: string) => outlet.report(line),
  };
  if (engine === 'node') return new Engine(graph, options);
  return (await import('./native-machine.js')).nativeMachine(graph, options);
}

async function runAndRead(router: Router, devices: Devices, request: DriverRequest, { title }: LoadedConfiguration, outlet: Outlet): Promise<number> {
  let status = 0;
  if (request.output !== undefined) {
    try {
      outlet.write(request.output, router.flatConfiguration());
    } catch (error) {
      outlet.report(`${request.output}: ${(error as Error).message}`);
      status = 1;
    }
  }
  const before = { cpu: process.cpuUsage(), wall: performance.now() };
  if (!request.quit && router.elements.length > 0) await drive(router, { simulated: request.simulated, devices });
  else if (!request.quit && request.warnings) outlet.report(`${title}: warning: configuration has no elements, exiting`);
  if (request.time) outlet.print(timeText(before));
  if (request.handlers.length > 0 && !readHandlers(router, request.handlers, outlet)) status = 1;
  return request.exitHandler === undefined ? status : exitStatus(router, request.exitHandler, outlet);
}

/** SIGINT and SIGTERM end the run as it should end; a second one ends the process. */
function stopOnSignals(router: Router): () => void {
  const stop = () => router.adjustRunCount(STOPPED);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  return () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, stop);
  };
}

/** Time of the user, of the system, and by the clock. */
function timeText(before: { cpu: NodeJS.CpuUsage; wall: number }): string {
  const { user, system } = process.cpuUsage(before.cpu);
  const seconds = (microseconds: number) => (microseconds / 1e6).toFixed(3);
  const hundredths = Math.round((performance.now() - before.wall) / 10);
  const wall = `${Math.floor(hundredths / 6000)}:${String(Math.floor(hundredths / 100) % 60).padStart(2, '0')}.${String(hundredths % 100).padStart(2, '0')}`;
  return `${seconds(user)}u ${seconds(system)}s ${wall}\n`;
}

/** An integer as it is, a boolean as success or failure. */
function exitStatus(router: Router, handler: string, outlet: Outlet): number {
  try {
    const value = router.read(handler).trim();
    const number = parseInteger(value);
    if (number !== undefined) return number & 0xff;
    if (/^(true|yes)$/i.test(value)) return 0;
    if (/^(false|no)$/i.test(value)) return 1;
    outlet.report('exit handler value should be integer');
  } catch (error) {
    if (!(error instanceof HandlerError)) throw error;
    outlet.report(error.message);
  }
  return 255;
}
