/** Where running appliances are found by their names: a folder of the user's own, with a socket and a record for each. */
import { linkSync, lstatSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { failure } from '../../diagnostics.js';
import { removeFile } from '../remove-file.js';
import { suggestion } from '../../suggest.js';

const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$/;

export interface Registered {
  readonly name: string;
  /** The process that answers for it, and when that began, in clock ticks since the machine's start. */
  readonly pid: number;
  readonly started: string;
  /** Where its handlers are read and written: ControlSocket's protocol. */
  readonly socket: string;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** $XDG_RUNTIME_DIR/wirelet; /run/wirelet for root; else a folder of the user's in the temporary one. */
export function runFolder(): string {
  const base = process.env['XDG_RUNTIME_DIR'];
  const uid = process.getuid!();
  const folder = base !== undefined && base !== '' ? path.join(base, 'wirelet') : uid === 0 ? '/run/wirelet' : path.join(tmpdir(), `wirelet-${uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid: owner, mode } = lstatSync(folder);
  if (owner !== uid || (mode & 0o077) !== 0 || (mode & 0o170000) !== 0o040000) {
    throw failure('WL4142', `${folder} is not a folder of yours alone`, `Whoever can write there could control your appliances: chmod 700 ${folder}, or remove it.`);
  }
  return folder;
}

/** Takes a name for an appliance of this process. Fails with WL4143 when a living one has it. */
export function register(name: string): Registered {
  if (!NAME.test(name)) throw failure('WL4143', `"${name}" cannot be the name of a running appliance`, 'Letters, digits, _, - and full stops, 63 at most; the first is a letter, a digit or _.');
  const folder = runFolder();
  const socket = path.join(folder, `${name}.sock`);
  const record: Registered = { name, pid: process.pid, started: startOf(process.pid)!, socket, since: Date.now() };
  const draft = path.join(folder, `.${name}.${process.pid}-${randomBytes(4).toString('hex')}`);
  writeFileSync(draft, JSON.stringify(record), { mode: 0o600 });
  try {
    for (;;) {
      if (tryLink(draft, recordFile(folder, name))) break;
      const holder = readRecord(folder, name);
      if (holder !== undefined && isAlive(holder)) {
        throw failure('WL4143', `an appliance named "${name}" runs already (process ${holder.pid})`, 'Choose another name, or end that one.');
      }
      clear(folder, name, draft);
    }
  } finally {
    removeFile(draft);
  }
  removeFile(socket);
  return record;
}

/** Gives a name back. */
export function unregister({ name, socket, pid, started }: Registered): void {
  const folder = path.dirname(socket);
  const now = readRecord(folder, name);
  if (now?.pid !== pid || now.started !== started) return;
  removeFile(socket);
  removeFile(recordFile(folder, name));
}

/** All appliances that run, by name; what dead ones left is cleared away. */
export function registered(): Registered[] {
  const folder = runFolder();
  const names = readdirSync(folder).flatMap((file) => (file.startsWith('.') || !file.endsWith('.json') ? [] : [file.slice(0, -5)]));
  return names.sort().flatMap((name) => {
    const record = readRecord(folder, name);
    if (record !== undefined && isAlive(record)) return [record];
    clear(folder, name, path.join(folder, `.${name}.${process.pid}-${randomBytes(4).toString('hex')}`));
    return [];
  });
}

/** The appliance of that name. Fails with WL4144, and says which there are. */
export function findRegistered(name: string): Registered {
  const all = registered();
  const found = all.find((each) => each.name === name);
  if (found !== undefined) return found;
  const names = all.map((each) => each.name);
  const hint = names.length === 0 ? 'None runs: wirelet run GRAPH --name NAME starts one.' : (suggestion(name, names) ?? `There are: ${names.join(', ')}.`);
  throw failure('WL4144', `no appliance named "${name}" runs`, hint);
}

const recordFile = (folder: string, name: string) => path.join(folder, `${name}.json`);

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readRecord(folder: string, name: string): Registered | undefined {
  try {
    return JSON.parse(readFileSync(recordFile(folder, name), 'utf8')) as Registered;
  } catch {
    return undefined;
  }
}

/** Removes the record of a dead process; if a living one took the name in the meantime, it gets it back. */
function clear(folder: string, name: string, draft: string): void {
  const aside = `${draft}.old`;
  try {
    renameSync(recordFile(folder, name), aside);
  } catch {
    return;
  }
  const removed = JSON.parse(readFileSync(aside, 'utf8')) as Registered;
  if (isAlive(removed)) tryLink(aside, recordFile(folder, name));
  else removeFile(path.join(folder, `${name}.sock`));
  removeFile(aside);
}

function isAlive({ pid, started }: Registered): boolean {
  return startOf(pid) === started;
}

/** When a process began (proc(5), stat, field 22); undefined: there is none. */
export function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? undefined : rest[18];
  } catch {
    return undefined;
  }
}
