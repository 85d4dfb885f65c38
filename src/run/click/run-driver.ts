/** A whole run of the driver: reads the configuration, runs it, reads handlers, and says how it ended. */
import { DiagnosticError, Diagnostics, SourceText } from '../../diagnostics.js';
import { readClick } from '../../graph/read-click.js';
import { SourceFiles } from '../../graph/source-files.js';
import { parseInteger } from '../../kit/config.js';
import { systemMessage } from '../../kit/system-message.js';
import { HandlerError } from '../../kit/element.js';
import type { CheckedGraph } from '../../graph/graph.js';
import type { EngineOptions } from '../node/engine-options.js';
import { Engine } from '../node/engine.js';
import { Chatter } from './chatter.js';
import { ConfigurationAtWork } from './configuration-at-work.js';
import { Devices } from './devices.js';
import { drive } from './driver.js';
import { loadConfiguration, type LoadedConfiguration } from './load-configuration.js';
import { clickMessages, foundInRouter, inOrder } from './plain-message.js';
import { readHandlers } from './read-handlers.js';
import type { Machine } from './machine.js';
import { seedOf } from './random-seed.js';
import { Router } from './router.js';
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

/** What became of a configuration that was written. */
interface Answer {
  /** It does not take the place of the one at work. */
  readonly refused: boolean;
  /** As whoever waits for the answer is told. */
  readonly lines: readonly string[];
  /** Tells it where everything else is told. */
  tell(): void;
}

/** A configuration at work, and the one that takes its place if `hotconfig` is written. */
class Driver {
  private work: ConfigurationAtWork | undefined;
  private signals: Signals | undefined;
  /** Somebody wants the run to end, whatever configuration is at work. */
  private isStopped = false;
  /** Has begun, and takes the place of the one at work. */
  private next: ConfigurationAtWork | undefined;
  /** Until the configuration that was written last has begun or was refused: no time passes meanwhile, be it simulated. */
  private preparing: Promise<void> | undefined;
  /** Lines of which there are few at most, in all configurations. */
  private readonly few = new Map<string, number>();
  /** Absent: time is simulated. */
  private readonly clock: WarpedClock | undefined;

  constructor(
    private readonly request: DriverRequest,
    private readonly outlet: Outlet,
  ) {
    this.clock = request.simulated === undefined ? new WarpedClock() : undefined;
  }

  private get router(): Router {
    return this.work!.router;
  }

  /** Begins the work of a configuration; false, which was reported, when it cannot begin. */
  async install(loaded: LoadedConfiguration): Promise<boolean> {
    const { outlet } = this;
    this.explain(loaded);
    if (loaded.checked === undefined) return false;
    this.work = await this.begin(loaded.checked, loaded.title, (line) => outlet.report(line));
    // A signal may have come meanwhile.
    if (this.isStopped) this.work?.router.stop();
    return this.work !== undefined;
  }

  /** Tells what was found in its text, if it is told at all. */
  private explain(loaded: LoadedConfiguration): void {
    const isWrong = loaded.checked === undefined;
    if (isWrong || loaded.diagnostics.some(({ click }) => click !== undefined)) this.outlet.explain(loaded);
    if (isWrong && foundInRouter(loaded.diagnostics)) this.outlet.report(NOT_INITIALIZED);
  }

  /**
   * Begins, where time is simulated at that of the configuration at work, which stays as it is. Undefined when it cannot begin; then all is given back, and `tell` was called
   * with every line that says why. Throws diagnostics.
   */
  private async begin(graph: CheckedGraph, title: string, tell: (line: string) => void): Promise<ConfigurationAtWork | undefined> {
    const { request, outlet, work: before } = this;
    const start = await machineFor(graph, request.engine);
    // Only now: what waits from here on does not wait for a compiler.
    const microseconds = this.clock?.now() ?? before?.router.engine.microseconds ?? request.simulated!;
    const devices = new Devices(graph, request.devices, microseconds, before?.devices);
    const chatter = new Chatter((line) => outlet.report(line), this.few);
    let report = tell;
    const machine = start({ seed: seedOf(graph), microseconds, transmit: (index, frame) => devices.transmit(index, frame), log: chatter.take });
    devices.attach(machine);
    this.signals ??= new Signals(() => {
      this.isStopped = true;
      this.work?.router.stop();
    });
    const router = new Router(graph, machine, {
      ...(before && { before: before.router }),
      seed: seedOf(graph),
      handlers: [timewarpHandler(this.clock)],
      print: (text) => outlet.print(text),
      report: (line) => report(line),
      signals: this.signals,
      listen: (listener, channel, options) => chatter.listen(listener, channel, options),
      ...(request.allowReconfigure && { hotconfig: this.hotconfig }),
    });
    const begun = new ConfigurationAtWork(title, router, devices, chatter);
    const complete = await router.begin();
    report = chatter.take;
    if (complete) return begun;
    tell(NOT_INITIALIZED);
    begun.release();
    return undefined;
  }

  /** Takes another configuration in the place of this one. What is wrong with its text is told at once; what else is, when it was to begin. */
  private readonly hotconfig = {
    write: (text: string): void => {
      this.read(text);
      void this.replace(text).then(({ tell }) => tell());
    },
    later: async (text: string): Promise<readonly string[]> => {
      const { refused, lines } = await this.replace(text);
      if (refused) throw new HandlerError(lines.join('\n'));
      return lines;
    },
  };

  private read(text: string): void {
    const diagnostics = new Diagnostics();
    readClick(new SourceText('config', text), new SourceFiles(diagnostics), diagnostics);
    if (diagnostics.failed) throw new HandlerError(clickMessages(diagnostics.list).join('\n'));
  }

  /** It begins as soon as those that were written before it have begun or were refused; the last that can begin counts. */
  private replace(text: string): Promise<Answer> {
    const done = (this.preparing ?? Promise.resolve()).then(() => this.prepare(text));
    const preparing = done.then(() => {
      if (this.preparing === preparing) this.preparing = undefined;
    });
    this.preparing = preparing;
    return done;
  }

  private async prepare(text: string): Promise<Answer> {
    const loaded = await loadConfiguration({ expression: text }, this.request.set, this.request.more);
    const { checked, diagnostics } = loaded;
    const found = clickMessages(inOrder(diagnostics.filter(({ severity, click }) => severity === 'error' || (this.request.warnings && click !== undefined))));
    if (checked === undefined) return { refused: true, lines: [...found, ...(foundInRouter(diagnostics) ? [NOT_INITIALIZED] : [])], tell: () => this.explain(loaded) };
    const lines: string[] = [];
    const answer = (refused: boolean): Answer => ({
      refused,
      lines: [...found, ...lines],
      tell: () => {
        this.explain(loaded);
        for (const line of lines) this.outlet.report(line);
      },
    });
    try {
      const begun = await this.begin(checked, loaded.title, (line) => lines.push(line));
      if (begun === undefined) return answer(true);
      this.next?.release();
      this.next = begun;
      this.router.stop();
      return answer(false);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      lines.push(...(error instanceof DiagnosticError ? clickMessages(error.diagnostics) : [error.message]), NOT_INITIALIZED);
      return answer(true);
    }
  }

  async run(): Promise<number> {
    const { request, outlet } = this;
    let status = request.output === undefined || this.writeFlat(request.output) ? 0 : 1;
    if (!request.quit && request.warnings) {
      for (const name of this.work!.devices.unconnected) outlet.report(`${this.work!.title}: warning: device ${name} is connected to nothing; --device ${name}=SPEC connects it`);
    }
    const before = { cpu: process.cpuUsage(), wall: performance.now() };
    if (!request.quit && this.router.elements.length > 0) await this.drive();
    else if (!request.quit && request.warnings) outlet.report(`${this.work!.title}: warning: configuration has no elements, exiting`);
    if (request.time) outlet.print(timeText(before));
    if (request.handlers.length > 0 && !readHandlers(this.router, request.handlers, outlet)) status = 1;
    return request.exitHandler === undefined ? status : exitStatus(this.router, request.exitHandler, outlet);
  }

  /** Until the end of the last configuration. */
  private async drive(): Promise<void> {
    for (;;) {
      const { router, devices } = this.work!;
      await drive(router, { time: this.clock ?? router.engine.microseconds, devices, pending: () => this.preparing });
      const { next } = this;
      if (next === undefined) return;
      this.next = undefined;
      next.takeThePlaceOf(this.work!);
      this.work = next;
      if (this.isStopped) next.router.stop();
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
    this.next?.release();
    this.work?.release();
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
