/** A running site: the switch, the appliances, and who asks about them. */
import { setMaxListeners } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { DiagnosticError, failure, toJson } from '../diagnostics.js';
import { suggestion } from '../suggest.js';
import { Unavailable } from '../unavailable.js';
import { imageOf, tooLarge, type ReadySite } from './check-site.js';
import { RackAppliance, type ApplianceFigures } from './rack-appliance.js';
import type { RackFolder } from './rack-folder.js';
import type { PortEnd, SitePort } from './site.js';
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

export class Rack {
  private readonly appliances = new Map<string, RackAppliance>();
  private daemon: SwitchDaemon | undefined;
  private switchRestarts = 0;
  private server: Server | undefined;
  private stopping = false;
  private stopped: Promise<void> | undefined;
  private done!: () => void;
  /** Resolves when the site has been taken down. */
  readonly finished = new Promise<void>((resolve) => (this.done = resolve));

  constructor(private readonly ready: ReadySite, private readonly folder: RackFolder, private readonly say: (text: string) => void) {
    setMaxListeners(0, process);
  }

  /** Starts everything; if something cannot be started, nothing is left running, and what went wrong is thrown. */
  async start(): Promise<BootReport> {
    const { site } = this.ready;
    this.folder.take(site.name, site.file);
    try {
      const begin = performance.now();
      for (const { appliance, subject } of this.ready.appliances.values()) {
        const { file, manifest } = await imageOf(subject, this.say);
        const bytes = manifest.memory_bytes;
        if (appliance.memoryBytesMax !== undefined && bytes > appliance.memoryBytesMax) throw new DiagnosticError([tooLarge(appliance, bytes)]);
        const ends = site.networks.flatMap(({ ports }) => ports.flatMap(({ end }) => (end.kind === 'ring' && end.appliance === appliance.name ? [end] : [])));
        this.appliances.set(appliance.name, new RackAppliance(this.ready.appliances.get(appliance.name)!, file, ends as Extract<PortEnd, { kind: 'ring' }>[], this.folder, (item) => this.connect(item)));
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

  private async startAppliances(): Promise<void> {
    const pending = [...this.appliances.values()];
    const worker = async () => {
      for (let next = pending.shift(); next !== undefined && !this.stopping; next = pending.shift()) await next.start();
    };
    await Promise.all(Array.from({ length: STARTS_AT_ONCE }, worker));
  }

  // ---- the switch ------------------------------------------------------------------------------------------------

  private async startSwitch(): Promise<void> {
    const daemon = await SwitchDaemon.start(this.folder.switchSocket, (how) => void this.replaceSwitch(how), (port, why) => this.say(`the switch stopped port ${port}: ${why}`));
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
      await this.connect(appliance).catch((error: unknown) => this.say(`${appliance.name} cannot be connected: ${(error as Error).message}`));
    }
  }

  private async connect(appliance: RackAppliance): Promise<void> {
    for (const { network, port } of this.portsOf(appliance.name)) {
      const socket = port.end.kind === 'ring' ? appliance.sockets.get(port.end.interface) : undefined;
      if (socket !== undefined) await this.daemon?.attach(network, port, socket);
    }
  }

  private portsOf(name: string): { network: string; port: SitePort }[] {
    return this.ready.site.networks.flatMap((network) => network.ports.flatMap((port) => (port.end.kind === 'ring' && port.end.appliance === name ? [{ network: network.name, port }] : [])));
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
      case 'down':
        // The answer comes once all is gone.
        await (this.stopped ??= this.takeDown());
        return null;
      default:
        throw failure('WL4212', `the site does not know the command ${command}`, 'Is it of another version of Wirelet? wirelet down, then up.');
    }
  }

  private find(name: string): RackAppliance {
    const found = this.appliances.get(name);
    if (found !== undefined) return found;
    const names = [...this.appliances.keys()];
    throw failure('WL4214', `the site has no appliance "${name}"`, suggestion(name, names) ?? `There are: ${names.slice(0, 20).join(', ')}.`);
  }

  private async figures(): Promise<RackFigures> {
    const { site } = this.ready;
    const figures = await this.daemon?.figures().catch(() => undefined);
    return { site: site.name, file: site.file, pid: process.pid, switch: { pid: this.daemon?.pid ?? null, restarts: this.switchRestarts }, appliances: this.applianceFigures(), figures: figures ?? null };
  }

  private applianceFigures(): ApplianceFigures[] {
    return [...this.appliances.values()].map((appliance) => appliance.figures());
  }
}

/** What went wrong, as it goes through a socket. */
export function diagnosticsOf(error: unknown): object[] {
  if (error instanceof DiagnosticError) return error.diagnostics.map(toJson);
  if (error instanceof Unavailable) return [{ code: error.code, severity: 'error', message: error.message, hint: error.fix, file: null, line: null, column: null }];
  return [{ code: 'WL4212', severity: 'error', message: error instanceof Error ? error.message : String(error), hint: null, file: null, line: null, column: null }];
}
