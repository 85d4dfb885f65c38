/** From the C unit to a shared object that runs in the process of its host; see native/addon/wl_native.h. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Lowered } from '../compile/lower.js';
import { packageRoot } from '../package-root.js';
import { compile, type Toolchain } from './toolchain.js';

const FLAGS = ['-std=gnu11', '-O2', '-g', '-shared', '-fPIC', '-fvisibility=hidden', '-fno-strict-aliasing', '-fwrapv', '-march=x86-64', '-mtune=generic', '-w'];

/** Compiles and links; the bytes of the object. */
export async function linkNative(lowered: Lowered, tool: Toolchain): Promise<Buffer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-link-'));
  try {
    const unit = path.join(folder, 'unit.c');
    const object = path.join(folder, 'appliance.so');
    writeFileSync(unit, lowered.source('wl_native.h'));
    const include = ['runtime', 'addon'].flatMap((name) => ['-I', path.join(packageRoot, 'native', name)]);
    await compile(tool, [...FLAGS, ...include, '-o', object, unit], 'the appliance');
    return readFileSync(object);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
