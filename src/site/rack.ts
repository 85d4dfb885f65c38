/** A running site: the switch, the appliances, and who asks about them. */
import { setMaxListeners } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { DiagnosticError, failure, toJson } from '../diagnostics.js';
import { suggestion } from '../suggest.js';
import { Unavailable } from '../unavailable.js';
import { openSubject, interfaceNames, subjectOfText, type Subject } from '../run/subject.js';
import type { Fault } from '../run/fault.js';
import { SEED_DEFAULT } from '../run/run-request.js';
import type { ApplianceImage, ApplianceRun } from './appliance-run.js';
import { imageOf, tooLarge, type ReadyAppliance, type ReadySite } from './check-site.js';
import { writeRecord, type RecordedFrame } from './crash-record.js';
import { RackAppliance, type ApplianceFigures } from './rack-appliance.js';
import type { RackFolder } from './rack-folder.js';
import type { SitePort } from './site.js';
import { swapRuns, type SwapReport } from './swap.js';
import { SwitchDaemon, type SwitchFigures } from './switch-daemon.js';

/** How many VMs are started at the same time. */
const STARTS_AT_ONCE = 4;

export interface RackFigures {
  readonly site: string;
  readonly file: string;
  readonly pid: number;
  readonly switch: { readonly pid: number | null; readonly restarts: number };
  readonly appliances: readonly ApplianceFigures[];
  /** Null while the switch is being started again. */
  readonly figures: SwitchFigures | null;
}

export interface BootReport {
  readonly switch_ms: number;
  readonly images_ms: number;
  readonly appliances_ms: number;
  readonly appliances: readonly ApplianceFigures[];
}

/** What is to take the place of an appliance. */
export interface SwapRequest {
  readonly name: string;
  /** A graph or an image; an absolute path. */
  readonly file: string;
  /** The graph itself, in Click's notation, where it is another than that of the file; files that it names lie beside that. */
  readonly text?: string;
  readonly set: Readonly<Record<string, string>>;
  readonly elements: readonly string[];
  /** Elements whose state does not fit may begin anew. */
  readonly fresh: boolean;
}

/** Where an interface of an appliance is connected. */
interface AppliancePort {
  readonly network: string;
  readonly port: SitePort;
}

export class Rack {
  private readonly appliances = new Map<string, RackAppliance>();
  private daemon: SwitchDaemon | undefined;
  private switchRestarts = 0;
  private readonly swapping = new Set<string>();
  private readonly images = new WeakMap<Subject, ReturnType<typeof imageOf>>();
  /** Ports of the switch, by appliance. */
  private readonly ports: ReadonlyMap<string, readonly AppliancePort[]>;
  private server: Server | undefined;
  private shortOfMemory: ((problem: unknown) => void) | undefined;
  private stopping = false;
  private stopped: Promise<void> | undefined;
  private done!: () => void;
  /** Resolves when the site has been taken down. */
  readonly finished = new Promise<void>((resolve) => (this.done = resolve));

  constructor(private readonly ready: ReadySite, private readonly folder: RackFolder, private readonly say: (text: string) => void) {
    setMaxListeners(0, process);
    const ports = new Map<string, AppliancePort[]>();
    for (const { name: network, ports: all } of ready.site.networks) {
      for (const port of all) if (port.end.kind === 'ring') ports.set(port.end.appliance, [...(ports.get(port.end.appliance) ?? []), { network, port }]);
    }
    this.ports = ports;
  }

  /** Starts everything; if something cannot be started, nothing is left running, and what went wrong is thrown. */
  async start(): Promise<BootReport> {
    const { site } = this.ready;
    this.folder.take(site.name, site.file);
    try {
      const begin = performance.now();
      for (const ready of this.ready.appliances.values()) {
        const { name } = ready.appliance;
        const image = await this.imageOf(ready);
        const interfaces = this.portsOf(name).flatMap(({ port: { end } }) => (end.kind === 'ring' ? [end.interface] : []));
        this.appliances.set(name, new RackAppliance(image, interfaces, {
          folder: this.folder,
          connect: (appliance, run) => this.connect(appliance, run),
          starved: (problem) => this.shortOfMemory?.(problem),
          record: (appliance, run, fault) => this.record(appliance, run, fault),
        }));
      }
      const images = performance.now();
      await this.startSwitch();
      const switched = performance.now();
      await this.startAppliances();
      await this.listen();
      return { images_ms: images - begin, switch_ms: switched - images, appliances_ms: performance.now() - switched, appliances: this.applianceFigures() };
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Ends everything and leaves nothing behind but logs. */
  async stop(): Promise<void> {
    await (this.stopped ??= this.takeDown());
    this.done();
  }

  private async takeDown(): Promise<void> {
    this.stopping = true;
    await Promise.all([...this.appliances.values()].map((appliance) => appliance.stop()));
    await this.daemon?.stop();
    this.server?.close();
    this.folder.release();
  }

  private async imageOf(ready: ReadyAppliance): Promise<ApplianceImage> {
    const { appliance, subject } = ready;
    // Appliances of one graph have one subject.
    const built = this.images.get(subject) ?? imageOf(subject, this.say);
    this.images.set(subject, built);
    const { file, manifest } = await built;
    const bytes = manifest.memory_bytes;
    if (appliance.memoryBytesMax !== undefined && bytes > appliance.memoryBytesMax) throw new DiagnosticError([tooLarge(appliance, bytes)]);
    return { ready, image: file };
  }

  private async startAppliances(): Promise<void> {
    const pending = [...this.appliances.values()];
    const worker = async () => {
      for (let next = pending.shift(); next !== undefined && !this.stopping; next = pending.shift()) await next.start();
    };
    // Whoever is started where there is no memory may take that of one that runs already.
    const shortage = new Promise<never>((_, reject) => (this.shortOfMemory = reject));
    await Promise.race([Promise.all(Array.from({ length: STARTS_AT_ONCE }, worker)), shortage]);
    this.shortOfMemory = undefined;
  }

  // ---- the switch ------------------------------------------------------------------------------------------------

  private async startSwitch(): Promise<void> {
    const daemon = await SwitchDaemon.start(this.folder.switchSocket, (how) => void this.replaceSwitch(how), (port, why) => this.say(`the switch stopped port ${port}: ${why}`), this.ready.site.switchCpus);
    for (const network of this.ready.site.networks) {
      await daemon.addNetwork(network);
      for (const port of network.ports) if (port.end.kind !== 'ring') await daemon.addPort(network.name, port);
    }
    this.daemon = daemon;
  }

  /** It ended by itself: another one takes over the rings, which wait meanwhile. */
  private async replaceSwitch(how: string): Promise<void> {
    this.daemon = undefined;
    this.say(`the switch ended (${how}); starting another one`);
    for (let wait = 10; !this.stopping; wait = Math.min(2 * wait, 5000)) {
      try {
        await this.startSwitch();
        this.switchRestarts += 1;
        break;
      } catch (error) {
        this.say(`the switch cannot be started: ${(error as Error).message}`);
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
    for (const appliance of this.appliances.values()) {
      await this.connect(appliance, appliance.run).catch((error: unknown) => this.say(`${appliance.name} cannot be connected: ${(error as Error).message}`));
    }
  }

  private async connect(appliance: RackAppliance, run: ApplianceRun | undefined): Promise<void> {
    if (run?.now === undefined) return;
    for (const { network, port } of this.portsOf(appliance.name)) {
      const socket = port.end.kind === 'ring' ? run.sockets.get(port.end.interface) : undefined;
      if (socket !== undefined) await this.daemon?.attach(network, port, socket);
    }
  }

  private portsOf(name: string): readonly AppliancePort[] {
    return this.ports.get(name) ?? [];
  }

  // ---- other processes in an appliance's place --------------------------------------------------------------------

  /** Another process in the place of an appliance, without a packet lost. Fails with WL4240 to WL4242. */
  async swap({ name, file, text, set, elements, fresh }: SwapRequest): Promise<SwapReport> {
    const appliance = this.find(name);
    const old = appliance.run;
    const daemon = this.daemon;
    if (old?.now === undefined || daemon === undefined) throw failure('WL4242', `"${name}" does not run`, 'wirelet ps shows its state; wirelet restart starts it.');
    if (this.swapping.has(name)) throw failure('WL4240', `"${name}" is being swapped already`, 'Wait for that to end.');
    this.swapping.add(name);
    try {
      const ready = await this.successor(appliance, { file, text, set, elements });
      const next = appliance.prepare(await this.imageOf(ready), true);
      const ports = new Map(this.portsOf(name).flatMap(({ port }) => (port.end.kind === 'ring' ? [[port.end.interface, port.name] as const] : [])));
      try {
        const report = await swapRuns({ name, old, next, daemon, ports, fresh });
        await appliance.become(next);
        void old.stop();
        return report;
      } catch (error) {
        void next.stop();
        throw error;
      }
    } finally {
      this.swapping.delete(name);
    }
  }

  /** Opens what is to take an appliance's place. Throws diagnostics. */
  private async successor({ site, interfaces }: RackAppliance, { file, text, set, elements }: Pick<SwapRequest, 'file' | 'text' | 'set' | 'elements'>): Promise<ReadyAppliance> {
    const elementFolders = elements.length > 0 ? elements : site.elementFolders;
    const { subject, warnings } = text === undefined ? await openSubject(file, { set, elementFolders: [...elementFolders] }) : await subjectOfText(text, file, elementFolders);
    for (const { code, message } of warnings) this.say(`${code} ${message}`);
    const names = interfaceNames(subject);
    const missing = interfaces.filter((each) => !names.includes(each));
    if (missing.length > 0) throw failure('WL4240', `${file} cannot take the place of "${site.name}": it has no interface ${missing.map((each) => `"${each}"`).join(' and no ')}`, `Its interfaces are ${names.join(', ') || 'none'}; the site connects ${interfaces.join(', ')}.`);
    const { snapshot: _, ...appliance } = site;
    return { appliance: { ...appliance, file, set, elementFolders }, subject, interfaces: names };
  }

  /** Keeps what is left of an appliance that faulted: registers, state, and the last frames that it was given. */
  private async record(appliance: RackAppliance, run: ApplianceRun, fault: Fault): Promise<string> {
    const running = run.now;
    let state;
    try {
      state = running?.state?.remains();
    } catch {
      // Registers and frames are something, too.
    }
    const frames: RecordedFrame[] = [];
    for (const { port } of this.portsOf(appliance.name)) {
      if (port.end.kind !== 'ring' || this.daemon === undefined) continue;
      const { interface: name } = port.end;
      frames.push(...(await this.daemon.flight(port.name)).map((frame) => ({ ...frame, interface: name })));
    }
    const { ready, image } = run.what;
    const { site, file, set, elementFolders } = { ...ready.appliance, site: this.ready.site.name };
    const received = Object.entries(running?.snapshot().ports ?? {}).map(([name, { rx_packets: packets }]) => [name, packets] as const);
    return writeRecord(this.folder.crashes, {
      appliance: appliance.name, site, at: new Date().toISOString(), fault, file, set, element_folders: elementFolders, image_name: image, seed: SEED_DEFAULT,
      received: Object.fromEntries(received), frames: frames.sort((one, other) => one.at_ns - other.at_ns), state,
    }, image);
  }

  // ---- who asks ----------------------------------------------------------------------------------------------------

  private async listen(): Promise<void> {
    const server = createServer((socket) => this.answer(socket));
    this.server = server;
    const mask = process.umask(0o077);
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(this.folder.socket, resolve));
    process.umask(mask);
  }

  private answer(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    createInterface({ input: socket, crlfDelay: Infinity }).on('line', (line) => {
      void this.obey(line).then(
        // Who asked for the end is told of it before we go.
        (result) => socket.end(`${JSON.stringify({ ok: true, result })}\n`, () => void (this.stopped !== undefined && this.stop())),
        (error: unknown) => socket.end(`${JSON.stringify({ ok: false, diagnostics: diagnosticsOf(error) })}\n`),
      );
    });
  }

  private async obey(line: string): Promise<unknown> {
    const { command, name } = JSON.parse(line) as { command: string; name?: string };
    switch (command) {
      case 'figures':
        return this.figures();
      case 'restart': {
        const appliance = this.find(name ?? '');
        await appliance.restart();
        return appliance.figures();
      }
      case 'swap':
        return this.swap(JSON.parse(line) as SwapRequest);
      case 'down':
        // The answer comes once all is gone.
        await (this.stopped ??= this.takeDown());
        return null;
      default:
        throw failure('WL4212', `the site does not know the command ${command}`, 'Is it of another version of Wirelet? wirelet down, then up.');
    }
  }

  /** The switch; undefined while it is being started. */
  get switch(): SwitchDaemon | undefined {
    return this.daemon;
  }

  /** An appliance of the site. Fails with WL4214. */
  find(name: string): RackAppliance {
    const found = this.appliances.get(name);
    if (found !== undefined) return found;
    const names = [...this.appliances.keys()];
    throw failure('WL4214', `the site has no appliance "${name}"`, suggestion(name, names) ?? `There are: ${names.slice(0, 20).join(', ')}.`);
  }

  async figures(): Promise<RackFigures> {
    const { site } = this.ready;
    const figures = await this.daemon?.figures().catch(() => undefined);
    return { site: site.name, file: site.file, pid: process.pid, switch: { pid: this.daemon?.pid ?? null, restarts: this.switchRestarts }, appliances: this.applianceFigures(), figures: figures ?? null };
  }

  private applianceFigures(): ApplianceFigures[] {
    return [...this.appliances.values()].map((appliance) => appliance.figures());
  }
}

const NO_FILES = { code: 'WL5000', what: 'no more files may be opened', hint: 'Each appliance needs some descriptors of the process that keeps the site: raise its limit, ulimit -n 65536, or start fewer.' };
const NO_ROOM = { code: 'WL4900', what: 'there is no room for sockets and records of the site', hint: 'They are in $XDG_RUNTIME_DIR/wirelet, or /run/wirelet: make room there (df), or choose another folder by that variable.' };
/** What the system has too little of, by its error. */
const SHORTAGES: Readonly<Record<string, typeof NO_FILES>> = { EMFILE: NO_FILES, ENFILE: NO_FILES, ENOSPC: NO_ROOM, EDQUOT: NO_ROOM };

/** What went wrong, as it goes through a socket. */
export function diagnosticsOf(error: unknown): object[] {
  if (error instanceof DiagnosticError) return error.diagnostics.map(toJson);
  if (error instanceof Unavailable) return [{ code: error.code, severity: 'error', message: error.message, hint: error.fix, file: null, line: null, column: null }];
  const shortage = SHORTAGES[(error as NodeJS.ErrnoException).code ?? ''];
  if (shortage !== undefined) return [{ code: shortage.code, severity: 'error', message: `${shortage.what}: ${(error as Error).message}`, hint: shortage.hint, file: null, line: null, column: null }];
  return [{ code: 'WL4212', severity: 'error', message: error instanceof Error ? error.message : String(error), hint: null, file: null, line: null, column: null }];
}
