/** A site that runs for a measurement, in a folder of its own: beside one that the user has up. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DiagnosticError } from '../../diagnostics.js';
import type { StreamFigures } from '../../run/outcome.js';
import { checkSite } from '../../site/check-site.js';
import { Rack, type BootReport } from '../../site/rack.js';
import { RackFolder } from '../../site/rack-folder.js';
import { readSite } from '../../site/read-site.js';
import type { Vlans } from '../../site/site.js';
import type { SwitchDaemon, SwitchPortFigures } from '../../site/switch-daemon.js';

/** Where running appliances are looked for; ours are not to be found among the user's. */
const RUN_FOLDER = 'XDG_RUNTIME_DIR';
/** Sockets and records of a site lie in memory, as /run does where systemd made it. */
const IN_MEMORY = '/dev/shm';
/** Between two looks at a stream, in milliseconds. */
const LOOK_MS = 20;
/** Without a frame before those that are missing count as lost. */
const QUIET_MS = 2000;

export interface BenchFiles {
  /** What the site file says. */
  readonly site: object;
  /** Other files of its folder, by name. */
  readonly files?: Readonly<Record<string, string>>;
  readonly onProgress?: (text: string) => void;
}

export class BenchSite {
  private constructor(readonly folder: string, private readonly run: string, readonly rack: Rack, readonly report: BootReport, private readonly before: string | undefined) {}

  /** Writes the files, and starts the site. Throws diagnostics. To be stopped in any case. */
  static async start({ site, files = {}, onProgress = () => {} }: BenchFiles): Promise<BenchSite> {
    const folder = mkdtempSync(path.join(tmpdir(), 'wlbench-'));
    const run = mkdtempSync(path.join(existsSync(IN_MEMORY) ? IN_MEMORY : tmpdir(), 'wlbench-'));
    const before = process.env[RUN_FOLDER];
    try {
      for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
      const file = path.join(folder, 'site.json');
      writeFileSync(file, JSON.stringify(site));
      const read = await readSite(file);
      if (read.site === undefined) throw new DiagnosticError(read.diagnostics);
      const ready = await checkSite(read.site);
      process.env[RUN_FOLDER] = run;
      const rack = new Rack(ready, new RackFolder(), onProgress);
      return new BenchSite(folder, run, rack, await rack.start(), before);
    } catch (error) {
      restore(before);
      remove(folder, run);
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.rack.stop();
    restore(this.before);
    remove(this.folder, this.run);
  }

  get daemon(): SwitchDaemon {
    if (this.rack.switch === undefined) throw new Error('the switch has ended during the measurement');
    return this.rack.switch;
  }

  /** Another port of the switch: `gen` or `null`, and what comes after `--port NAME=gen:`. */
  async plug(name: string, network: string, kind: 'gen' | 'null', target = '-', vlans: Vlans = { mode: 'plain' }): Promise<void> {
    await this.daemon.addPort(network, { name, end: { kind, target }, vlans });
  }

  /** The same in the place of a port that is there. */
  async replug(name: string, network: string, kind: 'gen' | 'null', target?: string): Promise<void> {
    await this.daemon.removePort(name);
    await this.plug(name, network, kind, target);
  }

  /**
   * What became of a generator's frames, once all that were due are sent and come, or nothing has come for a while. Nobody
   * looks before `afterMs`: who looks takes time from those who are measured.
   */
  async settled(port: string, frames: number, afterMs = 0): Promise<StreamFigures> {
    await pause(afterMs);
    let last = -1;
    for (let since = performance.now(); ; ) {
      const figures = await this.daemon.stream(port);
      if (figures.offered >= frames && figures.received >= figures.sent) return figures;
      const now = performance.now();
      if (figures.offered + figures.received !== last) since = now;
      else if (now - since > QUIET_MS) return figures;
      last = figures.offered + figures.received;
      await pause(LOOK_MS);
    }
  }

  async port(name: string): Promise<SwitchPortFigures> {
    return (await this.daemon.figures()).ports.find((port) => port.name === name)!;
  }
}

export const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

function remove(...folders: readonly string[]): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

function restore(before: string | undefined): void {
  if (before === undefined) delete process.env[RUN_FOLDER];
  else process.env[RUN_FOLDER] = before;
}
