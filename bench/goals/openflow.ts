/** The OpenFlow switch as it is shipped, with 1,000 flows: frames of all of them in turn, from one port to another. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseDocument } from 'yaml';
import { CaptureWriter } from '#src/capture/write.js';
import { measureFullSpeed } from '#src/measure/full-speed.js';
import { compileUnit, sampleOf, writeFrames, writeUnit } from '#src/measure/in-memory.js';
import { median } from '#src/measure/statistics.js';
import { Frames } from '#src/measure/traffic/frames.js';
import { packageRoot } from '#src/package-root.js';
import { probeKvm } from '#src/run/machine.js';

const FLOWS = 1000;
const SOURCE = 0x0a00_0000;
const DESTINATION = 0x0a01_0000;
const SERVICE = 80;
const UDP = 17;
/** Each flow says all that there is to say of IPv4 and UDP; the port that they leave by is the second. */
const flow = (index: number) => `priority=${100 + (index % 7)},udp,nw_src=10.0.${index >>> 8}.${index & 255},nw_dst=10.1.${index >>> 8}.${index & 255},tp_src=${1024 + index},tp_dst=${SERVICE},actions=output:2`;

export interface OpenFlowRates {
  /** Nanoseconds a packet, of each sample. */
  readonly native: readonly number[];
  /** The same through a VM; null: no usable /dev/kvm. */
  readonly vm: readonly number[] | null;
}

/** configs/openflow-switch.yaml with the flows among the arguments of its switch. */
export function writeSwitch(file: string): string {
  const document = parseDocument(readFileSync(path.join(packageRoot, 'configs/openflow-switch.yaml'), 'utf8'));
  document.setIn(['elements', 'switch', 'flows'], Array.from({ length: FLOWS }, (_, index) => flow(index)));
  writeFileSync(file, String(document));
  return file;
}

/** One frame of each flow, in an order that is not that of the flows. */
export function flowFrames(): Frames {
  const frames = new Frames(FLOWS);
  for (let count = 0; count < FLOWS; count += 1) {
    const index = (count * 617) % FLOWS;
    frames.addFlow(0, { source: SOURCE + index, destination: DESTINATION + index, protocol: UDP, sourcePort: 1024 + index, destinationPort: SERVICE });
  }
  return frames;
}

/** Measures in memory and through a VM; `folder` is for files on the way. */
export async function measureOpenFlow(samples: number, folder: string): Promise<OpenFlowRates> {
  const graph = writeSwitch(path.join(folder, 'openflow-1k.yaml'));
  const frames = writeFrames(flowFrames(), path.join(folder, 'frames'));
  const program = await compileUnit(await writeUnit(graph, path.join(folder, 'unit.c')), path.join(folder, 'unit'), { WL_BENCH_COPY: 1, WL_BENCH_CHECK: 0 });
  const native: number[] = [];
  for (let index = 0; index < samples; index += 1) {
    const { packets, sent, ns } = await sampleOf(program, frames);
    if (sent !== packets) throw new Error(`${packets - sent} of ${packets} frames were not forwarded`);
    native.push(ns);
  }
  if (!probeKvm().usable) return { native, vm: null };
  const template = path.join(folder, 'frames.pcap');
  const writer = new CaptureWriter(template);
  for (const frame of flowFrames().traffic(0, FLOWS)) writer.write(0n, frame);
  writer.close();
  const { samples: vm } = await measureFullSpeed({ file: graph, vmm: 'kvm', runs: samples, load: {}, traffic: { template } });
  return { native, vm };
}

/** Millions of packets a second. */
export const mppsOf = (times: readonly number[]) => 1e3 / median(times);
