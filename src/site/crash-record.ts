/** What is kept of a fault of an appliance: enough to say where it was, and to run it into the same fault again. */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { failure } from '../diagnostics.js';
import type { ApplianceState } from '../run/control/element-state.js';
import { packState, unpackState } from '../run/control/state-file.js';
import type { Fault } from '../run/fault.js';

const FORMAT = 'wirelet-crash';
const VERSION = 1;
const SUFFIX = '.crash';
/** More than the memory of an appliance and its last packets. */
const RECORD_BYTES_MAX = 2 ** 30;

/** Of a rack: the oldest go first. */
export const RECORD_LIMITS = { count: 32, bytes: 256 * 2 ** 20 } as const;

export interface RecordedFrame {
  readonly interface: string;
  /** Nanoseconds of the machine's monotonic clock. */
  readonly at_ns: number;
  /** Bytes that it had; of long ones fewer are kept. */
  readonly length: number;
  readonly data: Buffer;
}

export interface CrashRecord {
  readonly appliance: string;
  readonly site: string;
  /** When it was, ISO 8601. */
  readonly at: string;
  readonly fault: Fault;
  /** What was run, as the site named it, and the image's SHA-256. */
  readonly file: string;
  readonly set: Readonly<Record<string, string>>;
  readonly element_folders: readonly string[];
  readonly image_sha256: string;
  readonly image_name: string;
  readonly seed: number;
  /** Frames that interfaces had received, as the appliance counted them. */
  readonly received: Readonly<Record<string, number>>;
  /** The last frames that the appliance was given, 256 for each interface, in the order in which they came. */
  readonly frames: readonly RecordedFrame[];
  /** What its elements knew; undefined: it could not be read any more. */
  readonly state: ApplianceState | undefined;
}

/** Writes a record and a copy of the image into that folder, and removes what is beyond the limits; its path. */
export function writeRecord(folder: string, record: Omit<CrashRecord, 'image_sha256'>, image: string): string {
  const bytes = readFileSync(image);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const { frames, state, ...rest } = record;
  const text = JSON.stringify({
    format: FORMAT, version: VERSION, ...rest, image_sha256: sha256,
    frames: frames.map(({ data, ...frame }) => ({ ...frame, data: data.toString('base64') })),
    state: state === undefined ? null : packState(state).toString('base64'),
  });
  const packed = gzipSync(text, { level: 1 });
  const file = freeName(folder, record, sha256);
  const draft = `${file}.draft`;
  try {
    makeRoom(folder, packed.length + bytes.length);
    mkdirSync(path.join(folder, 'images'), { recursive: true, mode: 0o700 });
    if (!existsSync(imageFile(folder, sha256))) {
      copyFileSync(image, `${draft}.image`);
      renameSync(`${draft}.image`, imageFile(folder, sha256));
    }
    writeFileSync(draft, packed, { mode: 0o600 });
    renameSync(draft, file);
    return file;
  } catch (error) {
    // A disk that is full shall not be filled by halves of records.
    for (const each of [draft, `${draft}.image`]) rmSync(each, { force: true });
    throw failure('WL4243', `the record of a fault cannot be written: ${(error as Error).message}`, 'Free some space there: wirelet and its appliances go on without it.');
  }
}

/** Fails with WL4244 when the file is none. */
export function readRecord(file: string): CrashRecord {
  const refuse = (why: string) => failure('WL4244', `${file} is no record of a fault: ${why}`, 'Records are where wirelet logs VM says, in the folder crashes of the rack.');
  let parsed: any;
  try {
    parsed = JSON.parse(gunzipSync(readFileSync(file), { maxOutputLength: RECORD_BYTES_MAX }).toString('utf8'));
  } catch (error) {
    throw refuse((error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : 'it is damaged, or something else');
  }
  if (parsed?.format !== FORMAT) throw refuse('it is something else');
  if (parsed.version !== VERSION) throw refuse(`it is of version ${parsed.version} of the format, this is version ${VERSION}`);
  try {
    return {
      ...parsed,
      frames: (parsed.frames as any[]).map((frame) => ({ ...frame, data: Buffer.from(frame.data as string, 'base64') })),
      state: parsed.state === null ? undefined : unpackState(Buffer.from(parsed.state as string, 'base64'), file),
    } as CrashRecord;
  } catch {
    throw refuse('it is damaged');
  }
}

/** The copy of the image that faulted; undefined: it is gone, or was changed. */
export function imageOfRecord(file: string, { image_sha256: sha256 }: CrashRecord): string | undefined {
  const image = imageFile(path.dirname(path.resolve(file)), sha256);
  if (!/^[0-9a-f]{64}$/.test(sha256) || !existsSync(image)) return undefined;
  return createHash('sha256').update(readFileSync(image)).digest('hex') === sha256 ? image : undefined;
}

const imageFile = (folder: string, sha256: string) => path.join(folder, 'images', `${sha256}.elf`);

/** Of an image's hash, in the names of its records. */
const HASH_LETTERS = 12;

/** `nat-20261129-180501-1-6d0f2c1be0aa.crash`. */
function freeName(folder: string, { appliance, at }: { readonly appliance: string; readonly at: string }, sha256: string): string {
  const stem = path.join(folder, `${appliance}-${at.replace(/[-:]/g, '').replace('T', '-').replace(/\..*$/, '')}`);
  for (let number = 1; ; number += 1) {
    const file = `${stem}-${number}-${sha256.slice(0, HASH_LETTERS)}${SUFFIX}`;
    if (!existsSync(file)) return file;
  }
}

/** Removes the oldest records until there is room for another one of so many bytes. */
function makeRoom(folder: string, bytes: number): void {
  const records = readdirSync(folder).filter((name) => name.endsWith(SUFFIX)).map((name) => {
    const file = path.join(folder, name);
    const { size, mtimeMs } = statSync(file);
    return { file, size, mtimeMs };
  }).sort((one, other) => one.mtimeMs - other.mtimeMs);
  let total = bytes + records.reduce((sum, { size }) => sum + size, 0);
  while (records.length >= RECORD_LIMITS.count || (records.length > 0 && total > RECORD_LIMITS.bytes)) {
    const oldest = records.shift()!;
    rmSync(oldest.file, { force: true });
    total -= oldest.size;
  }
  dropImages(folder);
}

/** Images that no record is of any more. */
function dropImages(folder: string): void {
  const images = path.join(folder, 'images');
  if (!existsSync(images)) return;
  const used = new Set(readdirSync(folder).filter((name) => name.endsWith(SUFFIX)).map((name) => name.slice(-SUFFIX.length - HASH_LETTERS, -SUFFIX.length)));
  for (const name of readdirSync(images)) if (!used.has(name.slice(0, HASH_LETTERS))) rmSync(path.join(images, name), { force: true });
}
