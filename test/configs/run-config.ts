/** Runs an appliance of configs/ on captures, and reads what left it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CaptureWriter } from '#src/capture/write.js';
import { readCapture } from '#src/capture/read.js';
import type { MachineType } from '#src/run/choose-vmm.js';
import type { RunOutcome, Vmm } from '#src/run/outcome.js';
import type { PortSpec } from '#src/run/port-spec.js';
import { run } from '#src/run/run.js';
import { openSubject } from '#src/run/subject.js';
import { configFile, PORTS, shippedCapture, type Arrival, type ConfigName } from './traffic.js';

export interface ConfigRun {
  readonly outcome: RunOutcome;
  /** What left, for each port, in order. */
  readonly frames: Record<string, Buffer[]>;
}

/** Runs it until it is idle: on the shipped captures, or on `arrivals`; in QEMU as that machine. */
export async function runConfig(config: ConfigName, vmm: Vmm, arrivals?: readonly Arrival[], machine?: MachineType): Promise<ConfigRun> {
  const folder = mkdtempSync(join(tmpdir(), `wirelet-${config}-`));
  try {
    const out = (port: string) => join(folder, `${port}-out.pcap`);
    const ports = new Map<string, PortSpec>(PORTS[config].map((port) => {
      const file = arrivals === undefined ? shippedCapture(config, port) : written(folder, port, arrivals);
      return [port, { kind: 'pcap', in: file, out: out(port), speed: 'max' }];
    }));
    const { subject } = await openSubject(configFile(config));
    const outcome = await run(subject, { vmm, machine, ports, untilIdle: true });
    const frames = PORTS[config].map((port) => [port, [...readCapture(out(port))].map(({ bytes }) => Buffer.from(bytes))]);
    return { outcome, frames: Object.fromEntries(frames) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The arrivals of one port as a capture. */
function written(folder: string, port: string, arrivals: readonly Arrival[]): string {
  const file = join(folder, `${port}-in.pcap`);
  const writer = new CaptureWriter(file);
  for (const arrival of arrivals) if (arrival.port === port) writer.write(arrival.time, arrival.bytes);
  writer.close();
  return file;
}
