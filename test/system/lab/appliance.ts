/** A running appliance of configs/ in the laboratory, started as a user starts it. */
import path from 'node:path';
import { packageRoot } from '#src/package-root.js';
import type { RunOutcome } from '#src/run/outcome.js';
import type { Lab } from './lab.js';
import type { Program } from './program.js';

/** The first start builds the image. */
const READY_TIMEOUT_MS = 60_000;
const APPLIANCE_TIMEOUT_MS = 180_000;

export class Appliance {
  constructor(private readonly program: Program) {}

  /** Ends it as Ctrl-C does; returns its figures. */
  async stop(): Promise<RunOutcome> {
    const { stdout, stderr, status } = await this.program.stop('SIGINT', 10_000);
    try {
      return JSON.parse(stdout) as RunOutcome;
    } catch {
      throw new Error(`the appliance ended with status ${status} and without figures:\n${stdout}${stderr}`);
    }
  }
}

/** Runs `configs/CONFIG.yaml` with its interfaces on taps, and waits until it forwards. A port is a tap's name, or KIND:NAME. */
export async function startAppliance(lab: Lab, config: string, taps: Readonly<Record<string, string>>, vmm = process.env.WIRELET_VMM, set: Readonly<Record<string, string>> = {}, processors = 1): Promise<Appliance> {
  const program = lab.start([
    process.execPath, path.join(packageRoot, 'src/cli/wirelet.cjs'), 'run', path.join(packageRoot, 'configs', `${config}.yaml`), '--json',
    ...(vmm === undefined ? [] : ['--vmm', vmm]),
    ...(processors === 1 ? [] : ['--cpus', String(processors)]),
    ...Object.entries(set).flatMap(([name, value]) => ['--set', `${name}=${value}`]),
    ...Object.entries(taps).flatMap(([name, tap]) => ['--port', `${name}=${tap.includes(':') ? tap : `tap:${tap}`}`]),
  ], APPLIANCE_TIMEOUT_MS);
  await program.says(/^running /m, READY_TIMEOUT_MS);
  return new Appliance(program);
}
