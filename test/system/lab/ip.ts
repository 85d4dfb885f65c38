/** The `ip` program, with a time limit. */
import { spawnSync } from 'node:child_process';

export const IP_TIMEOUT_MS = 10_000;

/** Runs `ip`; throws what it says. */
export function ip(...options: string[]): void {
  const { status, stderr, error } = spawnSync('ip', options, { encoding: 'utf8', timeout: IP_TIMEOUT_MS });
  if (status !== 0) throw new Error(`ip ${options.join(' ')}: ${error?.message ?? stderr.trim()}`);
}
