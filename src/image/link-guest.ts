/** From the C unit to a VM image: an ELF that boots by itself, its tables filled in. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packageRoot } from '../package-root.js';
import type { Lowered } from '../compile/lowered.js';
import { Elf } from './elf.js';
import { describedBytes, INFO_SECTION } from './image.js';
import { pageTables, type ImageLayout } from './page-tables.js';
import type { Tuning } from './tuning.js';
import { processorFlags } from './processor.js';
import { PROFILE_USE, takeProfile } from './profile.js';
import { sparseImage } from './sparse-image.js';
import { STATE_SECTION } from './state-table.js';
import { cached, contentHash } from './cache.js';
import { link } from './linker.js';
import { compile, type Toolchain } from './toolchain.js';

const NATIVE = path.join(packageRoot, 'native');

const GUEST_FLAGS = [
  '-std=gnu11', '-O2', '-g1', '-ffreestanding', '-fno-pic', '-fno-pie', '-fno-stack-protector', '-fno-asynchronous-unwind-tables', '-fno-strict-aliasing',
  '-fwrapv', '-ffunction-sections', '-w',
];

const LINK_FLAGS = ['-static', '--build-id=none', '-z', 'max-page-size=4096', '-z', 'noexecstack', '--gc-sections', '--no-warn-rwx-segments'];

export interface LinkedGuest {
  /** The image, without symbols, debug information and zeros. */
  readonly image: Buffer;
  /** The same with them and its relocations; there until `dispose` is called. */
  readonly debugFile: string;
  /** What it says to who asks it for its image: see IDENTITY_BEGIN. */
  readonly identity: Buffer;
  dispose(): void;
}

/** Compiles and links. */
export async function linkGuest(lowered: Lowered, tool: Toolchain, { profile, processor = 'any' }: Tuning = {}): Promise<LinkedGuest> {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-link-'));
  const dispose = () => rmSync(folder, { recursive: true, force: true });
  try {
    const unit = path.join(folder, 'unit.c');
    const source = lowered.source('wl_guest.h');
    writeFileSync(unit, source);
    // SSE2 and nothing more, unless it was asked for: CPUID is not.
    const flags = [...GUEST_FLAGS, ...processorFlags(processor, 'vm')];
    if (profile !== undefined) await takeProfile(lowered, folder, tool, processorFlags(processor, 'vm'), profile);
    const include = ['-I', path.join(NATIVE, 'runtime'), '-I', path.join(NATIVE, 'guest')];
    const [, boot, memory] = await Promise.all([
      compile(tool, [...flags, ...(profile === undefined ? [] : PROFILE_USE), ...include, '-c', '-o', path.join(folder, 'unit.o'), unit], 'the appliance', source.length),
      // Every image has these two as they are.
      fixedPart(tool, 'boot.S', []),
      fixedPart(tool, 'memory.c', [...flags, '-fno-builtin']),
    ]);
    const objects = [boot, path.join(folder, 'unit.o'), memory];
    const options = [...LINK_FLAGS, '-T', path.join(NATIVE, 'guest/image.ld')];
    // The same twice: what only debuggers read does not move what is loaded.
    await Promise.all([['debug.elf', '--emit-relocs'], ['image.elf', '--strip-all']].map(([name, option]) => link(tool, path.join(folder, name!), [...options, option!], objects, 'the image')));
    const debugFile = path.join(folder, 'debug.elf');
    const image = readFileSync(path.join(folder, 'image.elf'));
    const debug = new Elf(readFileSync(debugFile));
    pageTables(layoutOf(debug)).copy(image, new Elf(image).section('.wl_cpu')!.offset);
    const identity = giveIdentity(image, debug);
    return { identity, image: sparseImage(image, { without: ['.wl_cpu', STATE_SECTION], lengths: { [INFO_SECTION]: describedBytes(image) } }), debugFile, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** The object, in the cache, of a file of the guest that has nothing of a graph; it includes nothing of ours. */
async function fixedPart(tool: Toolchain, name: string, flags: readonly string[]): Promise<string> {
  const source = path.join(NATIVE, 'guest', name);
  const key = contentHash('part of guests', tool.version, readFileSync(source), ...flags);
  const { file } = await cached(key, '.o', (draft) => compile(tool, [...flags, '-c', '-o', draft, source], name));
  return file;
}

/** An identity is eight bytes: this one, and seven of a hash over the linked image, none of which is this one (WL_SERIAL_BEGIN). */
const IDENTITY_BEGIN = 0xf5;

/** Fills in what the image says that it is (wl_identity of boot.S). */
function giveIdentity(image: Buffer, debug: Elf): Buffer {
  const identity = createHash('sha256').update(image).digest().subarray(0, 8).map((byte) => (byte === IDENTITY_BEGIN ? ~byte : byte));
  identity[0] = IDENTITY_BEGIN;
  const address = debug.symbols().find(({ name }) => name === 'wl_identity')!.value;
  const { offset, address: start } = new Elf(image).sections.find((section) => section.name === '.rodata' && address >= section.address && address < section.address + section.size)!;
  image.set(identity, offset + address - start);
  return Buffer.from(identity);
}

/** Where the image's ranges begin, as the linker script names them. */
function layoutOf(elf: Elf): ImageLayout {
  const symbols = new Map(elf.symbols().map(({ name, value }) => [name, value]));
  const address = (name: string): number => {
    const value = symbols.get(name);
    if (value === undefined) throw new Error(`the image has no symbol ${name}`);
    return value;
  };
  return {
    base: elf.section('.wl_cpu')!.address,
    text: address('wl_text_start'),
    constants: address('wl_constants_start'),
    guard: address('wl_guard'),
    stack: address('wl_stack'),
    shared: address('wl_shared_start'),
    end: address('wl_end'),
  };
}
