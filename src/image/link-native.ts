/** From the C unit to a shared object that runs in the process of its host; see native/addon/wl_native.h. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Lowered } from '../compile/lowered.js';
import { packageRoot } from '../package-root.js';
import type { Tuning } from './tuning.js';
import { linkShared } from './linker.js';
import { processorFlags } from './processor.js';
import { PROFILE_USE, takeProfile } from './profile.js';
import { compile, type Toolchain } from './toolchain.js';

const FLAGS = ['-std=gnu11', '-O2', '-g', '-fPIC', '-fvisibility=hidden', '-fno-strict-aliasing', '-fwrapv', '-w'];

/** Compiles and links; the bytes of the object. */
export async function linkNative(lowered: Lowered, tool: Toolchain, { profile, processor = 'any' }: Tuning = {}): Promise<Buffer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-link-'));
  try {
    const unit = path.join(folder, 'unit.c');
    const object = path.join(folder, 'unit.o');
    const library = path.join(folder, 'appliance.so');
    const flags = processorFlags(processor, 'native');
    if (profile !== undefined) await takeProfile(lowered, folder, tool, flags, profile);
    const source = lowered.source('wl_native.h');
    writeFileSync(unit, source);
    const include = ['runtime', 'addon'].flatMap((name) => ['-I', path.join(packageRoot, 'native', name)]);
    await compile(tool, [...FLAGS, ...flags, ...(profile === undefined ? [] : PROFILE_USE), ...include, '-c', '-o', object, unit], 'the appliance', source.length);
    await linkShared(tool, library, object, 'the appliance');
    return readFileSync(library);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
