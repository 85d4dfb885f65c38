/** `bench boot|density|chain|swap`: measures, prints what was measured, and writes it where that is asked for. */
import { availableParallelism } from 'node:os';
import type { BootMeasurement } from '../measure/boot.js';
import { conditionsText } from '../measure/conditions.js';
import { appendRecord } from '../measure/record.js';
import { shown } from '../measure/shown.js';
import type { Percentiles } from '../measure/site/chain.js';
import { bootReport, chainReport, densityReport, replacementReport, siteCsv, siteHtml, type SiteReport } from '../measure/site/report.js';
import { probeKvm } from '../run/machine.js';
import { Unavailable } from '../unavailable.js';
import { number, sizesOf, vmmOf, writeWhereAsked } from './bench-options.js';
import { loadOptions, UsageError, type Call } from './command.js';
import { interruptedText } from './show-record.js';
import { bytesText, grouped, textTable } from './text-table.js';

/** Chains that are measured: of so many VMs. */
const CHAINS = [2, 4, 8] as const;
const FIREWALLS = 1000;
const RATE = 1e6;
/** Gateways that are killed beside those that are swapped. */
const KILLS = 9;

const right = (title: string) => ({ title, align: 'right' as const });
const say = (text: string) => process.stderr.write(`${text}\n`);
const whole = (value: number) => grouped(Math.round(value));

/** Prints it, and writes the files that were asked for. The exit code: 1 when it was interrupted. */
export function publish(call: Call, text: () => string, record: { readonly partial?: true }, report: SiteReport): number {
  const partial = record.partial === true;
  writeWhereAsked(call, { html: () => siteHtml(report, partial), csv: () => siteCsv(report, partial), history: (file) => appendRecord(file, record) });
  call.print(text, record);
  return partial ? 1 : 0;
}

/** Sites are of VMs. Asked last, so that what is wrong with a command is told on any machine. */
function needKvm(what: string): void {
  const { usable, problem, fix } = probeKvm();
  if (!usable) throw new Unavailable(`bench ${what} needs KVM: ${problem ?? 'it is not usable'}`, fix ?? 'wirelet doctor says what this machine has.');
}

export async function boot(call: Call, signal: AbortSignal): Promise<number> {
  const template = call.text('template');
  const options = { graph: call.text('graph'), vmm: vmmOf(call), runs: number(call, 'runs', 100, 1, 100_000), load: loadOptions(call), signal, onProgress: say, ...(template === undefined ? {} : { template }) };
  const others = number(call, 'others', 0, 0, 4000);
  const table = ({ parts }: Pick<BootMeasurement, 'parts'>) =>
    textTable([{ title: '' }, right('p50'), right('p99'), right('min'), right('max')], Object.entries(parts).map(([name, { median, p99, min, max }]) => [name, ...[median, p99, min, max].map((value) => value.toFixed(0))]));
  const heading = (result: BootMeasurement) => `${conditionsText(result.conditions)}; ${result.samples.length} of ${result.runs} starts with a frame out; microseconds${result.partial === true ? `\n${interruptedText(result)[0]}` : ''}`;
  if (others === 0) {
    const result = await (await import('../measure/boot.js')).measureBoot(options);
    return publish(call, () => `${heading(result)}\n${table(result)}`, result, bootReport(result));
  }
  needKvm('boot --others');
  const result = await (await import('../measure/site/boot-among.js')).measureBootAmong(others, options);
  return publish(call, () => `${heading(result)}\nalone:\n${table(result.alone)}\nwhile ${others} firewalls run (${result.ratio.toFixed(2)} times as long at the median):\n${table(result)}`, result, bootReport(result));
}

/** How many firewalls a machine holds. */
export async function density(call: Call, signal: AbortSignal): Promise<number> {
  const { DENSITY_MAX, measureDensity } = await import('../measure/site/density.js');
  const options = { count: number(call, 'count', FIREWALLS, 1, DENSITY_MAX), rounds: number(call, 'runs', 2, 1, 1000), signal, onProgress: say };
  needKvm('density');
  const result = await measureDensity(options);
  const { memory_bytes: memory, ping_us: ping } = result;
  const rows = [
    ['running', `${whole(result.running)} of ${whole(result.count)}`, ''],
    ['started', `${result.starts_per_second.toFixed(0)} a second`, `all in ${result.start_seconds.toFixed(2)} s`],
    ['answering', `${whole(result.answering)} of ${whole(result.count)}`, `${whole(result.answered)} of ${whole(result.pings)} pings, each through one of them and back: p50 ${shown(ping.p50)}, p99 ${shown(ping.p99)}, max ${shown(ping.max)} us`],
    ['memory for each', bytesText(memory.all_told), `all that the machine has less; of it the process ${bytesText(memory.process)}, in the switch ${bytesText(memory.switch)}`],
    ['idle', `${result.idle_percent.toFixed(3)} % of a core`, 'each, with its share of the switch'],
  ];
  return publish(call, () => [conditionsText(result.conditions), textTable([{ title: 'firewalls' }, right(''), { title: '' }], rows)].join('\n'), result, densityReport(result));
}

/** What the switch carries from VM to VM, and what rows of VMs do to packets. */
export async function chain(call: Call, signal: AbortSignal): Promise<number> {
  const most = number(call, 'most', CHAINS.at(-1)!, 1, CHAINS.at(-1)!);
  const sizes = sizesOf(call.text('sizes') ?? '64,1518').map((size) => {
    if (size === 'imix') throw new UsageError('WL1391', '--sizes imix: two VMs at the switch are measured with frames of one size');
    return size;
  });
  const { CHAIN_PARTS, measureChain } = await import('../measure/site/chain.js');
  const only = CHAIN_PARTS.filter((part) => call.text('only') === undefined || call.text('only')!.split(',').includes(part));
  const unknown = (call.text('only')?.split(',') ?? []).filter((part) => !(CHAIN_PARTS as readonly string[]).includes(part));
  if (unknown.length > 0) throw new UsageError('WL1391', `--only ${unknown.join(',')}: that is no part of bench chain`, `There are ${CHAIN_PARTS.join(', ')}.`);
  const options = { lengths: CHAINS.filter((length) => length <= most), sizes, runs: number(call, 'runs', 3, 1, 100), only, cores: availableParallelism(), signal, onProgress: say };
  needKvm('chain');
  const result = await measureChain(options);
  const times = (latency: Percentiles | null) => (latency === null ? ['-', '-', '-', '-'] : [latency.p50, latency.p99, latency.p99_9, latency.max].map(shown));
  const { hop } = result;
  const pairs = textTable(
    [right('bytes'), right('Mpps'), right('Gb/s'), right('of the switch, ns/packet')],
    result.pairs.map((pair) => [pair.frame_size, shown(pair.mpps), shown(pair.gbps), pair.switch_ns_per_packet.toFixed(1)]),
  );
  const latencies = [right('p50'), right('p99'), right('p99.9'), right('max, us')];
  const hops = hop === null ? [] : [`Through one VM; it adds ${shown(hop.added_p50_us)} us at the median:`, textTable([{ title: `at ${whole(hop.rate)} a second` }, ...latencies], [['no VM', ...times(hop.without_us)], ['one VM, busy-polled', ...times(hop.with_us)]]), ''];
  const chains = textTable(
    [right('VMs'), right('Mpps'), right('at half of it: lost'), ...latencies],
    result.chains.map(({ vms, mpps, lost, offered, latency_us: latency }) => [vms, shown(mpps), `${whole(lost)} of ${whole(offered)}`, ...times(latency)]),
  );
  return publish(call, () => [
    conditionsText(result.conditions), ...interruptedText(result), '',
    ...(result.pairs.length === 0 ? [] : ['From a VM by a learning switch to a VM (one on both sides of it), the switch on a core of its own:', pairs, '']), ...hops,
    ...(result.chains.length === 0 ? [] : ['Through a row of VMs:', chains]),
  ].join('\n'), result, chainReport(result));
}

/** What is lost while a gateway is replaced. */
export async function replacement(call: Call, signal: AbortSignal): Promise<number> {
  const { measureReplacement } = await import('../measure/site/replacement.js');
  const options = { rate: number(call, 'rate', RATE, 1000, 1e7), swaps: number(call, 'runs', 5, 1, 100), kills: KILLS, signal, onProgress: say };
  needKvm('swap');
  const result = await measureReplacement(options);
  const { latency_us: latency, outage_ms: outage } = result;
  const rows = [
    ['lost', `${whole(result.lost)} of ${whole(result.offered)}`, `${result.swaps} swaps of a NAT gateway, ${whole(result.offered_pps)} packets a second offered; ${whole(result.reordered)} out of order`],
    ['frames waited', `${shown(result.median)} ms`, `in the switch, at the median; ${result.samples.map(shown).join(', ')}`],
    ...(latency === null ? [] : [['latency', `${shown(latency.p50)} us`, `p50; p99 ${shown(latency.p99)}, max ${shown(latency.max)} us, swaps included`]]),
    ...(outage === null ? [] : [['outage', `${shown(outage.median)} ms`, `from kill -9 of a gateway to its successor at the switch; ${outage.samples.map(shown).join(', ')}`]]),
  ];
  return publish(call, () => [conditionsText(result.conditions), ...interruptedText(result), textTable([{ title: '' }, right(''), { title: '' }], rows)].join('\n'), result, replacementReport(result));
}
