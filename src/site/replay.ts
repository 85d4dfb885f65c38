/** Runs an appliance into the fault that a record is of: with what its elements knew, and the last frames that it was given. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CaptureWriter } from '../capture/write.js';
import { DiagnosticError, failure } from '../diagnostics.js';
import type { ApplianceState } from '../run/control/element-state.js';
import type { Fault } from '../run/fault.js';
import type { Vmm } from '../run/outcome.js';
import type { PortSpec } from '../run/port-spec.js';
import { run } from '../run/run.js';
import { interfaceNames, openSubject, type Subject } from '../run/subject.js';
import { shellWord } from '../shell-word.js';
import { imageOfRecord, type CrashRecord, type RecordedFrame } from './crash-record.js';

/** One way to begin, and what came of it. */
export interface Attempt {
  readonly with: 'last frames and state' | 'all frames and state' | 'all frames';
  readonly frames: number;
  /** Frames came as fast as it took them, in batches; else one at a time, in their own time. */
  readonly burst: boolean;
  /** Where it was, by the code of the diagnostic; null: it went through. */
  readonly fault: { readonly place: string | null; readonly message: string } | null;
}

export interface Replay {
  readonly vmm: Vmm;
  /** An attempt ended in the fault of the record. */
  readonly same: boolean;
  readonly attempts: readonly Attempt[];
}

export interface ReplayOptions {
  readonly record: CrashRecord;
  /** The record's file: the image is beside it. */
  readonly file: string;
  readonly vmm: Vmm;
  readonly onLog: (line: string) => void;
}

/** The most that an appliance takes in one round of an interface, and may not have finished. */
const ROUND_FRAMES = 64;
/** A replay that does not come to rest. */
const SECONDS_MAX = 60;

/** Tries what is most like the fault first, until one attempt ends as the record says. */
export async function replay({ record, file, vmm, onLog }: ReplayOptions): Promise<Replay> {
  const { subject } = await openSubject(...subjectOf(record, file, vmm));
  const attempts: Attempt[] = [];
  const known = record.state !== undefined && vmm !== 'node' ? record.state : undefined;
  const ways: { with: Attempt['with']; frames: readonly RecordedFrame[]; state: ApplianceState | undefined }[] = [
    ...(known === undefined ? [] : [
      { with: 'last frames and state' as const, frames: lastOf(record), state: known },
      { with: 'all frames and state' as const, frames: record.frames, state: known },
    ]),
    { with: 'all frames', frames: record.frames, state: undefined },
  ];
  // Compiled elements deal with batches and with single frames in different code; Node has one frame at a time.
  for (const way of ways.flatMap((each) => (vmm === 'node' ? [false] : [false, true]).map((burst) => ({ ...each, burst })))) {
    const fault = await attempt(subject, record, way, vmm, onLog);
    attempts.push({ with: way.with, frames: way.frames.length, burst: way.burst, fault });
    if (fault !== null && fault.place === record.fault.place) return { vmm, same: true, attempts };
  }
  return { vmm, same: false, attempts };
}

/** What a VM runs is the very image; what a debugger looks at is built from the same graph. */
function subjectOf(record: CrashRecord, file: string, vmm: Vmm): Parameters<typeof openSubject> {
  if (vmm === 'native' || vmm === 'node') return [record.file, { set: { ...record.set }, elementFolders: [...record.element_folders] }];
  const image = imageOfRecord(file, record);
  if (image === undefined) throw failure('WL4244', `the image of ${file} is not beside it any more`, `Replay it from the graph: wirelet replay ${shellWord(file)} --vmm native`);
  return [image, { set: {}, elementFolders: [...record.element_folders] }];
}

/** Frames that were not dealt with when it ended: those that it had just taken, and those that it had not. */
function lastOf({ frames }: CrashRecord): RecordedFrame[] {
  const names = new Set(frames.map((frame) => frame.interface));
  const last = [...names].flatMap((name) => frames.filter((frame) => frame.interface === name).slice(-ROUND_FRAMES));
  return frames.filter((frame) => last.includes(frame));
}

async function attempt(subject: Subject, record: CrashRecord, { frames, state, burst }: { frames: readonly RecordedFrame[]; state: ApplianceState | undefined; burst: boolean }, vmm: Vmm, onLog: (line: string) => void): Promise<Attempt['fault']> {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-replay-'));
  const seen: Fault[] = [];
  try {
    await run(subject, {
      vmm, ports: capturesOf(subject, record, frames, folder), untilIdle: true, realTime: burst, seconds: SECONDS_MAX, seed: record.seed,
      control: state !== undefined, state, fresh: true, elementFolders: record.element_folders, watchdog: record.fault.kind === 'stuck' ? WATCHDOG_S : undefined,
      onLog, onFault: (fault) => void seen.push(fault),
    });
    return null;
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return { place: seen[0]?.place ?? null, message: seen[0]?.problem.message ?? error.diagnostics.map(({ message }) => message).join('; ') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const WATCHDOG_S = 2;

/** A capture for each interface, in the order and at the distances in which the frames came. */
export function capturesOf(subject: Subject, record: CrashRecord, frames: readonly RecordedFrame[], folder: string): Map<string, PortSpec> {
  const base = BigInt(Date.parse(record.at)) * 1_000_000n - BigInt(frames.at(-1)?.at_ns ?? 0);
  return new Map(interfaceNames(subject).map((name): [string, PortSpec] => {
    const own = frames.filter((frame) => frame.interface === name);
    if (own.length === 0) return [name, { kind: 'null' }];
    const file = path.join(folder, `${name}.pcap`);
    const writer = new CaptureWriter(file);
    for (const { at_ns, length, data } of own) writer.write(base + BigInt(at_ns), data.length === length ? data : Buffer.concat([data], length));
    writer.close();
    return [name, { kind: 'pcap', in: file, speed: 'max' }];
  }));
}

/** The same under gdb, in the native build: `program` is the command's own script. Its exit status. */
export function replayUnderGdb(program: string, file: string, batch: boolean): number {
  // Where code of an element begins that is inlined, gdb shows who calls it; the line of the instruction itself says what went wrong.
  const options = ['-q', '-ex', 'set breakpoint pending on', '-ex', 'handle SIGUSR1 SIGUSR2 nostop noprint', '-ex', 'run', '-ex', 'info line *$pc', ...(batch ? ['-batch', '-ex', 'bt'] : [])];
  const { status, error } = spawnSync('gdb', [...options, '--args', process.execPath, program, 'replay', file, '--vmm', 'native'], { stdio: 'inherit' });
  if (error !== undefined) throw failure('WL4244', `gdb cannot be started: ${error.message}`, 'apt-get install gdb');
  return status ?? 1;
}

