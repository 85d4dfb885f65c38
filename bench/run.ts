/** `npm run bench -- [--only NAME,...] [--samples N] [--json]`: every figure that docs/specification.md promises. */
import { parseArgs } from 'node:util';
import { textTable } from '#src/cli/text-table.js';
import { conditions, conditionsText } from '#src/measure/conditions.js';
import { measureFullSpeed } from '#src/measure/full-speed.js';
import { probeKvm } from '#src/run/machine.js';
import { CaptureWriter } from '#src/capture/write.js';
import { packageRoot } from '#src/package-root.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { measureFigures, type Figure } from './figures.js';
import { measureNative } from './native.js';
import { SCENARIOS, type Scenario } from './scenarios.js';

interface Row {
  readonly name: string;
  readonly engine: 'native' | 'vm';
  readonly frame_size: number;
  readonly ns_per_packet: number | null;
  readonly cycles_per_packet: number | null;
  readonly samples: readonly number[];
  readonly reference_ns_per_packet: number | null;
  readonly peers: Readonly<Record<string, number | null>>;
  /** Why something is null. */
  readonly reason?: string;
}

const { values } = parseArgs({ options: { only: { type: 'string' }, samples: { type: 'string', default: '7' }, json: { type: 'boolean', default: false } } });
const only = values.only?.split(',');
const samples = Number(values.samples);
const say = (text: string) => process.stderr.write(`${text}\n`);

const rows: Row[] = [];
for (const scenario of SCENARIOS) {
  if (only !== undefined && !only.includes(scenario.name)) continue;
  say(`${scenario.name}, native ...`);
  const native = await measureNative(scenario, samples);
  rows.push({ name: scenario.name, engine: 'native', frame_size: 64, ns_per_packet: native.ns_per_packet, cycles_per_packet: native.cycles_per_packet, samples: native.samples, reference_ns_per_packet: native.reference_ns_per_packet, peers: {} });
  rows.push(await inVm(scenario));
}
const figures: Figure[] = only === undefined || only.includes('figures') ? await measureFigures(say) : [];
const vmm = probeKvm().usable ? 'kvm' : 'process';
if (values.json) {
  console.log(JSON.stringify({ conditions: conditions(vmm), scenarios: rows, figures }, null, 2));
} else {
  console.log(`${conditionsText(conditions(vmm))}; 64-byte frames, medians of ${samples} runs\n`);
  const shown = (value: number | null, digits = 2) => (value === null ? '-' : value.toFixed(digits));
  console.log(textTable(
    [{ title: 'scenario' }, { title: 'engine' }, { title: 'ns/packet', align: 'right' }, { title: 'cycles', align: 'right' }, { title: 'Mpps', align: 'right' }, { title: 'by hand in C, ns', align: 'right' }, { title: 'ratio', align: 'right' }, { title: '' }],
    rows.map((row) => [row.name, row.engine, shown(row.ns_per_packet), shown(row.cycles_per_packet, 1), row.ns_per_packet === null ? '-' : (1e3 / row.ns_per_packet).toFixed(1), shown(row.reference_ns_per_packet), row.reference_ns_per_packet === null || row.ns_per_packet === null ? '-' : (row.ns_per_packet / row.reference_ns_per_packet).toFixed(2), row.reason ?? '']),
  ));
  if (figures.length > 0) console.log(`\n${textTable([{ title: 'figure' }, { title: 'measured', align: 'right' }, { title: 'to reach', align: 'right' }, { title: '' }], figures.map(({ name, value, unit, reach, good }) => [name, `${value.toFixed(value < 10 ? 2 : 0)} ${unit}`, reach, good ? 'reached' : 'NOT reached']))}`);
}

/** Generator -> virtio rings -> VM -> virtio rings -> sink. */
async function inVm(scenario: Scenario): Promise<Row> {
  const base = { name: scenario.name, engine: 'vm' as const, frame_size: 64, reference_ns_per_packet: null, peers: {} };
  if (!probeKvm().usable) return { ...base, ns_per_packet: null, cycles_per_packet: null, samples: [], reason: 'no usable /dev/kvm' };
  say(`${scenario.name}, in a VM ...`);
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-bench-'));
  try {
    const template = path.join(folder, 'frames.pcap');
    const writer = new CaptureWriter(template);
    for (const frame of scenario.frames()) writer.write(0n, frame);
    writer.close();
    const document = await measureFullSpeed({ file: path.join(packageRoot, `bench/scenarios/${scenario.name}.yaml`), vmm: 'kvm', runs: samples, load: {}, traffic: { template } });
    return { ...base, ns_per_packet: document.ns_per_packet, cycles_per_packet: document.cycles_per_packet, samples: document.samples };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
