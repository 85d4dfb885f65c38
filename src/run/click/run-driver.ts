/** A whole run of the driver: reads the configuration, runs it, reads handlers, and says how it ended. */
import { Diagnostics, SourceText } from '../../diagnostics.js';
import { readClick } from '../../graph/read-click.js';
import { SourceFiles } from '../../graph/source-files.js';
import { parseInteger } from '../../kit/config.js';
import { systemMessage } from '../../kit/system-message.js';
import { HandlerError } from '../../kit/element.js';
import type { CheckedGraph } from '../../graph/graph.js';
import type { EngineOptions } from '../node/engine-options.js';
import { Engine } from '../node/engine.js';
import { Chatter } from './chatter.js';
import { Devices } from './devices.js';
import { drive } from './driver.js';
import { loadConfiguration, type LoadedConfiguration } from './load-configuration.js';
import { clickMessages, foundInRouter, inOrder } from './plain-message.js';
import { readHandlers } from './read-handlers.js';
import type { Machine } from './machine.js';
import { seedOf } from './random-seed.js';
import { Router, STOPPED } from './router.js';
import { Signals } from './signals.js';
import { timewarpHandler, WarpedClock } from './warped-clock.js';
import type { Outlet } from './outlet.js';

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
  /** Another configuration may be written to the handler hotconfig. */
  readonly allowReconfigure: boolean;
  readonly time: boolean;
  readonly warnings: boolean;
  readonly simulated?: number;
  readonly engine: 'node' | 'native';
  /** NAME=SPEC: what devices are connected to. */
  readonly devices: readonly string[];
}

/** Runs it all; the exit status. */
export async function runDriver(request: DriverRequest, outlet: Outlet): Promise<number> {
  const driver = new Driver(request, outlet);
  try {
    const loaded = await loadConfiguration(request, request.set, request.more);
    return (await driver.install(loaded)) ? await driver.run() : 1;
  } finally {
    driver.close();
  }
}

/** A configuration at work, and the one that takes its place if `hotconfig` is written. */
class Driver {
  private router!: Router;
  private devices!: Devices;
  private title = '';
  private signals: Signals | undefined;
  /** Somebody wants the run to end, whatever configuration is at work. */
  private isStopped = false;
  /** Gives back what the configuration at work holds. */
  private release = () => {};
  private next: LoadedConfiguration | undefined;
  /** How many configurations were written to take the place of one. */
  private turn = 0;
  /** Until a configuration that was written has been checked: no time passes meanwhile, be it simulated. */
  private checking: Promise<void> | undefined;
  /** Absent: time is simulated. */
  private readonly clock: WarpedClock | undefined;

  constructor(
    private readonly request: DriverRequest,
    private readonly outlet: Outlet,
  ) {
    this.clock = request.simulated === undefined ? new WarpedClock() : undefined;
  }

  /** Begins the work of a configuration, where time is simulated at that of before; false, which was reported, when it cannot begin. */
  async install(loaded: LoadedConfiguration, before?: { readonly router: Router; readonly inherited: ReadonlyMap<string, unknown> }): Promise<boolean> {
    const { request, outlet } = this;
    if (loaded.checked === undefined) {
      outlet.explain(loaded);
      if (foundInRouter(loaded.diagnostics)) outlet.report(NOT_INITIALIZED);
      return false;
    }
    if (loaded.diagnostics.some(({ click }) => click !== undefined)) outlet.explain(loaded);
    const begin = await machineFor(loaded.checked, request.engine);
    // Only now: what waits from here on does not wait for a compiler.
    const start = this.clock?.now() ?? before?.router.engine.microseconds ?? request.simulated!;
    const devices = new Devices(loaded.checked, request.devices, start);
    const chatter = new Chatter((line) => outlet.report(line));
    const report = chatter.take;
    const machine = begin({ seed: seedOf(loaded.checked), microseconds: start, transmit: (index, frame) => devices.transmit(index, frame), log: report });
    devices.attach(machine);
    this.signals ??= new Signals(() => {
      this.isStopped = true;
      this.router.adjustRunCount(STOPPED);
    });
    const router = new Router(loaded.checked, machine, {
      ...(before && { inherited: before.inherited }),
      seed: seedOf(loaded.checked),
      handlers: [timewarpHandler(this.clock)],
      print: (text) => outlet.print(text),
      report,
      signals: this.signals,
      listen: (listener, channel, options) => chatter.listen(listener, channel, options),
      ...(request.allowReconfigure && { hotconfig: this.hotconfig }),
    });
    this.release();
    this.router = router;
    this.devices = devices;
    this.title = loaded.title;
    this.release = () => {
      this.release = () => {};
      router.close();
      devices.close();
      chatter.close();
    };
    if (await router.begin()) {
      if (before !== undefined) router.takeOver(before.router);
      return true;
    }
    outlet.report(NOT_INITIALIZED);
    return false;
  }

  /** Takes another configuration in the place of this one. What is wrong with its text is told at once; what else is, when it has been checked. */
  private readonly hotconfig = {
    write: (text: string): void => {
      this.read(text);
      void this.replace(text, (loaded) => {
        this.outlet.explain(loaded);
        if (foundInRouter(loaded.diagnostics)) this.outlet.report(NOT_INITIALIZED);
      });
    },
    later: async (text: string): Promise<void> => {
      this.read(text);
      await this.replace(text, ({ diagnostics }) => {
        throw new HandlerError([...clickMessages(inOrder(diagnostics)), ...(foundInRouter(diagnostics) ? [NOT_INITIALIZED] : [])].join('\n'));
      });
    },
  };

  private read(text: string): void {
    const diagnostics = new Diagnostics();
    readClick(new SourceText('config', text), new SourceFiles(diagnostics), diagnostics);
    if (diagnostics.failed) throw new HandlerError(clickMessages(diagnostics.list).join('\n'));
  }

  /** It begins as soon as it has been checked; the last that was written counts. */
  private async replace(text: string, refuse: (loaded: LoadedConfiguration) => void): Promise<void> {
    const turn = (this.turn += 1);
    const check = loadConfiguration({ expression: text }, this.request.set, this.request.more);
    const checking = check.then(() => {}, () => {});
    this.checking = checking;
    const loaded = await check;
    if (this.checking === checking) this.checking = undefined;
    if (loaded.checked === undefined) return refuse(loaded);
    if (turn !== this.turn) return;
    this.next = loaded;
    this.router.adjustRunCount(STOPPED);
  }

  async run(): Promise<number> {
    const { request, outlet } = this;
    let status = request.output === undefined || this.writeFlat(request.output) ? 0 : 1;
    if (!request.quit && request.warnings) {
      for (const name of this.devices.unconnected) outlet.report(`${this.title}: warning: device ${name} is connected to nothing; --device ${name}=SPEC connects it`);
    }
    const before = { cpu: process.cpuUsage(), wall: performance.now() };
    if (!request.quit && this.router.elements.length > 0) status = (await this.drive()) ? status : 1;
    else if (!request.quit && request.warnings) outlet.report(`${this.title}: warning: configuration has no elements, exiting`);
    if (request.time) outlet.print(timeText(before));
    if (request.handlers.length > 0 && !readHandlers(this.router, request.handlers, outlet)) status = 1;
    return request.exitHandler === undefined ? status : exitStatus(this.router, request.exitHandler, outlet);
  }

  /** Until the end of the last configuration; false when one that was to follow could not begin. */
  private async drive(): Promise<boolean> {
    for (;;) {
      const { router, devices, clock } = this;
      await drive(router, { time: clock ?? router.engine.microseconds, devices, pending: () => this.checking });
      const { next } = this;
      if (next === undefined) return true;
      this.next = undefined;
      // Sockets and files go from one to the other: the old one lets go of them first.
      const inherited = router.handOver(next.checked!);
      this.release();
      if (!(await this.install(next, { router, inherited }))) return false;
      if (this.isStopped) this.router.adjustRunCount(STOPPED);
    }
  }

  private writeFlat(file: string): boolean {
    try {
      this.outlet.write(file, this.router.flatConfiguration());
      return true;
    } catch (error) {
      this.outlet.report(`${file}: ${systemMessage(error as NodeJS.ErrnoException)}`);
      return false;
    }
  }

  close(): void {
    this.signals?.close();
    this.release();
  }
}

const NOT_INITIALIZED = 'Router could not be initialized!';

/** Readies the graph; what it gives begins a run. Throws diagnostics. */
async function machineFor(graph: CheckedGraph, engine: DriverRequest['engine']): Promise<(options: EngineOptions) => Machine> {
  if (engine === 'node') return (options) => new Engine(graph, options);
  return (await import('./native-machine.js')).nativeMachine(graph);
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
