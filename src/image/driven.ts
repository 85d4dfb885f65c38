/** The stage from Plan to an addon of Node-API that is driven round by round; see native/addon/wl_driven.h. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packageRoot } from '../package-root.js';
import type { Plan } from '../plan/plan.js';
import { sourcesHash, WIRELET_VERSION } from './build.js';
import { cached, contentHash } from './cache.js';
import { compile, toolchain } from './toolchain.js';

const FLAGS = ['-std=gnu11', '-O2', '-shared', '-fPIC', '-fvisibility=hidden', '-fno-strict-aliasing', '-fwrapv', '-march=x86-64', '-mtune=generic', '-w', '-DWL_DRIVEN'];

/** The addon's file, in the cache. Throws diagnostics. */
export async function buildDriven(plan: Plan): Promise<string> {
  const tool = await toolchain();
  const key = contentHash('driven', WIRELET_VERSION, tool.version, sourcesHash(), plan.graph.sha256);
  const { file } = await cached(key, '.node', async (draft) => {
    const { lower } = await import('../compile/lower.js');
    const lowered = await lower(plan, { places: false });
    const counters = JSON.stringify(JSON.stringify(lowered.counters.instances));
    const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-driven-'));
    try {
      const unit = path.join(folder, 'unit.c');
      writeFileSync(unit, lowered.source('wl_driven.h', { WL_DRIVEN_COUNTERS: counters }));
      const headers = path.join(path.dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')), 'include');
      const include = ['native/runtime', 'native/abi', 'native/addon'].flatMap((name) => ['-I', path.join(packageRoot, name)]);
      await compile(tool, [...FLAGS, ...include, '-I', headers, '-o', draft, unit], 'the configuration');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
  return file;
}
