/** The stage from Plan to an addon of Node-API that is driven round by round; see native/addon/wl_driven.h. */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { InstanceCounters } from '../compile/counter-table.js';
import type { Lowered } from '../compile/lowered.js';
import { packageRoot } from '../package-root.js';
import type { Plan } from '../plan/plan.js';
import { sourcesHash, WIRELET_VERSION } from './build.js';
import { cachedFile, cachedNow, contentHash } from './cache.js';
import { linkSharedNow } from './linker.js';
import { compileNow, quickToolchain, type Toolchain } from './toolchain.js';

const FLAGS = ['-std=gnu11', '-O2', '-fPIC', '-fvisibility=hidden', '-fno-strict-aliasing', '-fwrapv', '-march=x86-64', '-mtune=generic', '-w', '-DWL_DRIVEN'];
const SUFFIX = '.node';

/** What an addon says of itself. */
export interface DrivenFacts {
  readonly counters: readonly InstanceCounters[];
  /** The instances that have random numbers, in the order of their places. */
  readonly randoms: readonly number[];
}

/** Makes addons at once; their files are in the cache. Throws diagnostics. */
export type DrivenMaker = (plan: Plan) => string;

let maker: Promise<DrivenMaker> | undefined;

/** The compiler takes a while to load, and is mostly not needed: what was compiled before is in the cache. */
export function drivenMaker(): Promise<DrivenMaker> {
  maker ??= (async () => {
    const tool = await quickToolchain();
    const { lowering } = await import('../compile/lower.js');
    const lower = await lowering({ places: false, driven: true });
    return (plan: Plan) => {
      const lowered = lower(plan);
      const source = sourceOf(lowered);
      return cachedNow(contentHash('driven source', tool.version, sourcesHash(), source), SUFFIX, (draft) => compileUnit(tool, source, draft));
    };
  })();
  return maker;
}

/** The addon's file, in the cache. Throws diagnostics. */
export async function buildDriven(plan: Plan): Promise<string> {
  const tool = await quickToolchain();
  const key = contentHash('driven', WIRELET_VERSION, tool.version, sourcesHash(), plan.graph.sha256);
  const known = cachedFile(key, SUFFIX);
  if (known !== undefined) return known;
  const make = await drivenMaker();
  return cachedNow(key, SUFFIX, (draft) => copyFileSync(make(plan), draft));
}

function sourceOf(lowered: Lowered): string {
  const facts: DrivenFacts = { counters: lowered.counters.instances, randoms: [...lowered.randoms.keys()] };
  const randoms = [...lowered.randoms.values()].map((place) => `X(${place})`);
  return lowered.source('wl_driven.h', { WL_LOG_DRAIN: 'wl_driven_drain', WL_DRIVEN_FACTS: JSON.stringify(JSON.stringify(facts)), 'WL_RANDOM_PLACES(X)': randoms.join(' ') });
}

function compileUnit(tool: Toolchain, source: string, file: string): void {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-driven-'));
  try {
    const unit = path.join(folder, 'unit.c');
    writeFileSync(unit, source);
    const headers = path.join(path.dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')), 'include');
    const include = ['native/runtime', 'native/abi', 'native/addon'].flatMap((name) => ['-I', path.join(packageRoot, name)]);
    const object = path.join(folder, 'unit.o');
    compileNow(tool, [...FLAGS, ...include, '-I', headers, '-c', '-o', object, unit], 'the configuration');
    linkSharedNow(tool, file, object, 'the configuration');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
