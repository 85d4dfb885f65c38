import { measureBoot, measureThroughput } from '../../run/measure.js';
import { GRAPH_OPTIONS, loadOptions, UsageError, type Command } from '../command.js';
import { VMMS } from '../../run/choose-vmm.js';
import type { Vmm } from '../../run/outcome.js';
import { textTable } from '../text-table.js';

export const command: Command = {
  usage: 'GRAPH|boot',
  summary: 'Measures the rate of a graph between a generator and a sink, or how fast appliances boot.',
  options: {
    ...GRAPH_OPTIONS,
    vmm: { type: 'string', value: VMMS.join('|'), doc: 'How to run; without it kvm, or process where there is no KVM.' },
    sizes: { type: 'string', value: 'BYTES,...', doc: 'Frame sizes with the frame check sequence; 64 unless said.' },
    graph: { type: 'string', value: 'GRAPH', doc: 'For boot: the graph; configs/firewall.yaml unless said.' },
    runs: { type: 'string', value: 'N', doc: 'Repetitions: 5, or 100 boots, unless said.' },
  },
  positionals: [1, 1],
  async run(call) {
    const what = call.positionals[0]!;
    const vmm = call.text('vmm') as Vmm | undefined;
    if (vmm !== undefined && !VMMS.includes(vmm)) throw new UsageError('WL1391', `--vmm ${vmm}: there is no such way to run`, `There are ${VMMS.join(', ')}.`);
    const runs = call.text('runs') === undefined ? undefined : Number(call.text('runs'));
    if (runs !== undefined && !(Number.isInteger(runs) && runs > 0 && runs <= 100_000)) throw new UsageError('WL1391', `--runs ${call.text('runs')} is not a number from 1 to 100000`);
    if (what === 'boot') {
      const result = await measureBoot({ graph: call.text('graph'), vmm, runs: runs ?? 100, load: loadOptions(call) });
      call.print(() => [result.conditions_text, textTable([{ title: '' }, { title: 'p50', align: 'right' }, { title: 'p99', align: 'right' }, { title: 'min', align: 'right' }, { title: 'max', align: 'right' }], result.rows)].join('\n'), result.document);
      return 0;
    }
    const sizes = (call.text('sizes') ?? '64').split(',').map(Number);
    if (sizes.some((size) => !(Number.isInteger(size) && size >= 64 && size <= 9220))) throw new UsageError('WL1391', `--sizes ${call.text('sizes')} are not sizes from 64 to 9220`);
    const result = await measureThroughput({ file: what, vmm, runs: runs ?? 5, sizes, load: loadOptions(call) });
    call.print(() => [result.conditions_text, textTable([{ title: 'size', align: 'right' }, { title: 'Mpps', align: 'right' }, { title: 'ns/packet', align: 'right' }, { title: 'cycles/packet', align: 'right' }], result.rows)].join('\n'), result.document);
    return 0;
  },
};
