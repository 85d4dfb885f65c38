/** Processors that images are for: any x86-64 with SSE2, or one that has what the builder's has. */
import { readFileSync } from 'node:fs';
import { failure } from '../diagnostics.js';
import type { Target } from './manifest.js';

/** Features, by their names in /proc/cpuinfo, of which compilers make use unasked when they compile for this machine. */
const SCALAR = ['pni', 'ssse3', 'cx16', 'sse4_1', 'movbe', 'popcnt', 'sse4_2', 'abm', 'lahf_lm', 'bmi1', 'bmi2', 'adx', 'sse4a', 'prefetchw', '3dnowprefetch'];
/** These need state that a guest does not keep: for shared objects only. */
const VECTOR = ['avx', 'f16c', 'fma', 'fma4', 'xop', 'avx2', 'avx512f', 'avx512dq', 'avx512bw', 'avx512vl', 'avx512cd', 'avx512ifma', 'avx512vbmi', 'avx512_vbmi2', 'avx512_vnni', 'avx512_bitalg', 'avx512_vpopcntdq', 'avx_vnni', 'gfni', 'vaes', 'vpclmulqdq'];

export type Processor = 'any' | 'native';

let found: ReadonlySet<string> | undefined;

/** What this machine's processor can do. */
function features(): ReadonlySet<string> {
  found ??= new Set(/^flags\s*:\s*(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.split(/\s+/) ?? []);
  return found;
}

/** What an image needs of a processor that is made for this one. */
export function featuresFor(processor: Processor, target: Target): string[] {
  if (processor === 'any') return [];
  const used = target === 'vm' ? SCALAR : [...SCALAR, ...VECTOR];
  return used.filter((name) => features().has(name));
}

/** How a C compiler is told. A guest keeps no state of AVX, so its code has none. */
export function processorFlags(processor: Processor, target: Target): string[] {
  if (processor === 'any') return ['-march=x86-64', '-mtune=generic'];
  return ['-march=native', '-mtune=native', ...(target === 'vm' ? ['-mno-avx'] : [])];
}

/** Refuses an image that was made for a processor with more than this one's, or to be run by one that emulates another. */
export function refuseOtherProcessor(needed: readonly string[] | undefined, emulated: boolean): void {
  if (needed === undefined || needed.length === 0) return;
  const missing = needed.filter((name) => !features().has(name));
  if (missing.length > 0) {
    throw failure('WL3005', `the image was built with --cpu native for a processor that has ${missing.join(', ')}, and this one has not`, 'Build it here, or without --cpu native.');
  }
  if (emulated) throw failure('WL3005', 'the image was built with --cpu native, and QEMU gives it a plain x86-64', 'Run it with --vmm kvm, or build it without --cpu native.');
}
