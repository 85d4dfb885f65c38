/** Where a running site keeps its sockets and logs: a folder within that of the user's running appliances. */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { failure } from '../diagnostics.js';
import { runFolder, startOf } from '../run/control/run-folder.js';

/** sun_path of unix(7) has 108 bytes, the last of them zero. */
const PATH_BYTES_MAX = 107;

/** Who runs the site. */
export interface RackRecord {
  readonly pid: number;
  /** When that process began, in clock ticks since the machine's start. */
  readonly started: string;
  readonly site: string;
  readonly file: string;
}

export class RackFolder {
  readonly path: string;

  constructor() {
    this.path = path.join(runFolder(), 'rack');
  }

  get socket(): string {
    return this.socketPath('rack.sock');
  }

  get switchSocket(): string {
    return this.socketPath('switch.sock');
  }

  /** The socket at which a VMM hands over the rings of an interface. */
  ringSocket(appliance: string, index: number, generation: number): string {
    return this.socketPath(`${appliance}.${index}.${generation}`);
  }

  log(appliance: string): string {
    return path.join(this.path, 'logs', `${appliance}.log`);
  }

  get crashes(): string {
    return path.join(this.path, 'crashes');
  }

  /** The site that runs; undefined: none. */
  running(): RackRecord | undefined {
    try {
      const record = JSON.parse(readFileSync(this.recordFile, 'utf8')) as RackRecord;
      return startOf(record.pid) === record.started ? record : undefined;
    } catch {
      return undefined;
    }
  }

  /** Takes the folder for a site of this process, and clears what a dead one left. Fails with WL4210 when a living one has it. */
  take(site: string, file: string): void {
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
    const record: RackRecord = { pid: process.pid, started: startOf(process.pid)!, site, file };
    const draft = path.join(this.path, `.record.${process.pid}-${randomBytes(4).toString('hex')}`);
    writeFileSync(draft, JSON.stringify(record), { mode: 0o600 });
    try {
      while (!this.tryLink(draft)) {
        const holder = this.running();
        if (holder !== undefined) throw failure('WL4210', `a site runs already: ${holder.site} (${holder.file}, process ${holder.pid})`, 'wirelet down ends it; wirelet ps shows its appliances.');
        // Of several who find a dead one's record, one moves it away.
        try {
          renameSync(this.recordFile, `${draft}.old`);
          rmSync(`${draft}.old`, { force: true });
        } catch {
          // Somebody else did.
        }
      }
    } finally {
      rmSync(draft, { force: true });
    }
    rmSync(this.socketFolder, { recursive: true, force: true });
    for (const folder of [this.socketFolder, path.join(this.path, 'logs'), this.crashes]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** Gives it back; logs and crash records stay. */
  release(): void {
    if (this.running()?.pid !== process.pid) return;
    rmSync(this.socketFolder, { recursive: true, force: true });
    rmSync(this.recordFile, { force: true });
  }

  private get recordFile(): string {
    return path.join(this.path, 'site.json');
  }

  private get socketFolder(): string {
    return path.join(this.path, 's');
  }

  private socketPath(name: string): string {
    const file = path.join(this.socketFolder, name);
    if (Buffer.byteLength(file) > PATH_BYTES_MAX) throw failure('WL4213', `the path of a socket is longer than ${PATH_BYTES_MAX} bytes: ${file}`, 'Choose shorter names, or set XDG_RUNTIME_DIR to a folder with a shorter path.');
    return file;
  }

  private tryLink(draft: string): boolean {
    try {
      linkSync(draft, this.recordFile);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  }
}
