/**
 * Profiles for C compilers: the unit is compiled once more, instrumented, with a host that gives it traffic
 * (native/profile/wl_profile.h), and what it counts there tells which way branches go. gcc recognises the functions of the
 * graph by their order and shape, which are the same whatever the host; functions of other hosts have no profile.
 */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Lowered } from '../compile/lowered.js';
import { failure } from '../diagnostics.js';
import { packageRoot } from '../package-root.js';
import { contentHash } from './cache.js';
import { compile, type Toolchain } from './toolchain.js';

export interface ProfileFrame {
  readonly interface: number;
  readonly timestamp: bigint;
  readonly bytes: Uint8Array;
}

/** Frames that an instrumented graph sees at least, if the traffic goes round. */
const FRAMES_MIN = 200_000;
const PROFILE_TIMEOUT_MS = 120_000;
const FLAGS = ['-std=gnu11', '-O2', '-w', '-fno-strict-aliasing', '-fwrapv', '--param', 'profile-func-internal-id=1'];

/** What makes a compilation use the profile that lies beside its object, `unit.o`. What the traffic never did stays as fast as it was. */
export const PROFILE_USE = ['-fprofile-use', '-fprofile-partial-training', '--param', 'profile-func-internal-id=1'];

export function profileKey(frames: readonly ProfileFrame[]): string {
  return contentHash(...frames.flatMap(({ interface: number, timestamp, bytes }) => [`${number} ${timestamp}`, bytes]));
}

/** Leaves `unit.gcda` in the folder. `processor`: the flags of the compilation that will use it. */
export async function takeProfile(lowered: Lowered, folder: string, tool: Toolchain, processor: readonly string[], frames: readonly ProfileFrame[]): Promise<void> {
  const at = (name: string) => path.join(folder, name);
  writeFileSync(at('profiled.c'), lowered.source('wl_profile.h'));
  const include = ['runtime', 'profile'].flatMap((name) => ['-I', path.join(packageRoot, 'native', name)]);
  await compile(tool, [...FLAGS, ...processor, '-fprofile-generate', ...include, '-c', '-o', at('unit.o'), at('profiled.c')], 'the appliance for its profile');
  await compile(tool, ['-fprofile-generate', '-o', at('profiled'), at('unit.o')], 'the appliance for its profile');
  const rounds = Math.max(1, Math.ceil(FRAMES_MIN / frames.length));
  const child = spawn(at('profiled'), [String(rounds)], { stdio: ['pipe', 'ignore', 'ignore'], timeout: PROFILE_TIMEOUT_MS });
  const ended = new Promise<number | string | null>((resolve, reject) => child.once('error', reject).once('close', (code, signal) => resolve(code ?? signal)));
  // A program that ends early does not read all: its status says so.
  child.stdin.on('error', () => {});
  child.stdin.end(inputOf(frames));
  const status = await ended;
  if (status !== 0) throw failure('WL3004', `no profile could be taken: the graph ended with ${status} on this traffic`, 'Build without --profile; if the graph runs otherwise, please report it with graph and capture.');
}

function inputOf(frames: readonly ProfileFrame[]): Buffer {
  return Buffer.concat(
    frames.flatMap(({ interface: number, timestamp, bytes }) => {
      const head = Buffer.alloc(16);
      head.writeBigUInt64LE(timestamp);
      head.writeUInt32LE(number, 8);
      head.writeUInt32LE(bytes.length, 12);
      return [head, bytes];
    }),
  );
}
