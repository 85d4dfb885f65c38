import { fileURLToPath } from 'node:url';
import { VMMS } from '../../run/choose-vmm.js';
import type { Vmm } from '../../run/outcome.js';
import { readRecord, type CrashRecord } from '../../site/crash-record.js';
import { replay, replayUnderGdb, type Replay } from '../../site/replay.js';
import { UsageError, type Command } from '../command.js';

export const command: Command = {
  usage: 'RECORD',
  summary: 'Runs an appliance into the fault that a record is of: the same image, what its elements knew, the last frames that it was given.',
  options: {
    vmm: { type: 'string', value: VMMS.join('|'), doc: 'How to run it: kvm unless said; native and node build it from its graph.' },
    gdb: { type: 'boolean', doc: 'In the native build, under gdb.' },
  },
  positionals: [1, 1],
  async run(call) {
    const file = call.positionals[0]!;
    const record = readRecord(file);
    if (call.flag('gdb')) return replayUnderGdb(fileURLToPath(new URL('../../../../src/cli/wirelet.cjs', import.meta.url)), file, !process.stdin.isTTY);
    const vmm = (call.text('vmm') ?? 'kvm') as Vmm;
    if (!VMMS.includes(vmm)) throw new UsageError('WL1391', `--vmm ${vmm}: there is no such way to run`, `There are ${VMMS.join(', ')}.`);
    const result = await replay({ record, file, vmm, onLog: (line) => process.stderr.write(`${line}\n`) });
    const { state: _, frames, ...facts } = record;
    call.print(() => [...recordText(record), ...replayText(result)].join('\n'), { record: { ...facts, frames: frames.length }, ...result });
    return result.same ? 0 : 1;
  },
};

function recordText({ appliance, site, at, fault, frames, state, image_sha256 }: CrashRecord): string[] {
  const registers = Object.entries(fault.registers).map(([name, value]) => `${name} ${value}`);
  const rows = Array.from({ length: Math.ceil(registers.length / 6) }, (_, row) => `  ${registers.slice(6 * row, 6 * row + 6).join('  ')}`);
  return [
    `${appliance} of the site ${site}, ${at}: ${fault.problem.message}`, ...rows,
    `image ${image_sha256}; ${frames.length} frames; ${state === undefined ? 'no state' : `state of ${state.elements.length} elements`}`,
  ];
}

function replayText({ vmm, same, attempts }: Replay): string[] {
  const lines = attempts.map(({ with: how, frames, burst, fault }) => `${vmm}, ${how} (${frames}), ${burst ? 'as fast as it takes them' : 'one at a time'}: ${fault === null ? 'no fault' : fault.message}`);
  return [...lines, same ? 'the same fault' : 'not the same fault'];
}
