/** The same jobs with DPDK's libraries, where its development files are installed. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { packageRoot } from '#src/package-root.js';
import type { Scenario } from './scenarios.js';

export interface PeerFlags {
  readonly compile: readonly string[];
  readonly link: readonly string[];
}

/** What its programs are compiled with, or why they cannot be. */
export function peerFlags(): PeerFlags | { readonly reason: string } {
  const ask = (...words: string[]) => execFileSync('pkg-config', [...words, 'libdpdk'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim().split(/\s+/);
  try {
    return { compile: ask('--cflags'), link: ask('--libs') };
  } catch {
    return { reason: 'DPDK is not installed: apt-get install libdpdk-dev' };
  }
}

/** The peer's source for a scenario, if there is one. */
export function peerSource(scenario: Scenario): string | undefined {
  return scenario.peer === undefined ? undefined : path.join(packageRoot, `bench/peers/${scenario.peer.source}.c`);
}
