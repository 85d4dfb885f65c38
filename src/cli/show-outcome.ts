/** What came of a run, for people. */
import type { RunOutcome } from '../run/outcome.js';
import { bytesText, grouped, microsecondsText, textTable } from './text-table.js';

const ENDINGS = { idle: 'inputs spent and queues drained', time: 'its time was over', signal: 'stopped by a signal' };

export interface ShownImage {
  readonly bytes: number;
}

export function outcomeText(outcome: RunOutcome, image?: ShownImage): string {
  return [head(outcome, image), ports(outcome), elements(outcome), drops(outcome), rates(outcome)].filter((part) => part !== '').join('\n\n');
}

function head({ vmm, vmm_reason, boot, memory, ended, seconds }: RunOutcome, image: ShownImage | undefined): string {
  const rows: [string, string][] = [['ran as', `${vmm}: ${vmm_reason}`]];
  if (image !== undefined) rows.push(['image', `${grouped(image.bytes)} bytes (${bytesText(image.bytes)})`]);
  if (memory.guest_bytes !== null) {
    const vmmPart = memory.vmm_private_bytes === null ? '' : `; the VMM itself ${bytesText(memory.vmm_private_bytes)}`;
    rows.push(['memory', `${bytesText(memory.guest_bytes)} guest, packets included${vmmPart}`]);
  }
  if (boot.first_frame_us !== null) {
    const parts = boot.vmm_us === null || boot.guest_us === null ? '' : ` (VMM ${microsecondsText(boot.vmm_us)}, guest ${microsecondsText(boot.guest_us)})`;
    rows.push(['first frame out', `${microsecondsText(boot.first_frame_us)} after execve of the VMM${parts}`]);
  }
  rows.push(['ended', `after ${seconds.toFixed(3)} s: ${ENDINGS[ended]}`]);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

const right = (title: string) => ({ title, align: 'right' as const });

function ports({ ports: all }: RunOutcome): string {
  const rows = Object.entries(all).map(([name, port]) => [name, port.rx_packets, port.rx_bytes, port.tx_packets, port.tx_bytes, port.drops]);
  if (rows.length === 0) return '';
  return textTable([{ title: 'port' }, right('packets in'), right('bytes in'), right('packets out'), right('bytes out'), right('drops')], rows);
}

function elements({ elements: all }: RunOutcome): string {
  const rows = Object.entries(all).map(([name, { class: type, counters, outputs, drops: lost }]) => {
    const { packets = 0, ...own } = counters;
    const left = Object.entries(outputs).filter(([, count]) => count > 0).map(([output, count]) => `${output} ${grouped(count)}`);
    const counted = Object.entries(own).filter(([, count]) => count > 0).map(([counter, count]) => `${counter} ${grouped(count)}`);
    const dropped = Object.values(lost).reduce((sum, count) => sum + count, 0);
    return [name, type, packets, left.join(', '), dropped, counted.join(', ')];
  });
  if (rows.length === 0) return '';
  return textTable([{ title: 'element' }, { title: 'class' }, right('packets'), { title: 'left by' }, right('dropped'), { title: 'counters' }], rows);
}

function drops({ elements: all }: RunOutcome): string {
  const rows = Object.entries(all).flatMap(([name, { drops: lost }]) =>
    Object.entries(lost).filter(([, count]) => count > 0).map(([reason, count]) => [reason, name, count] as const),
  );
  if (rows.length === 0) return 'Nothing was dropped.';
  rows.sort((a, b) => b[2] - a[2]);
  return textTable([{ title: 'dropped because' }, { title: 'in element' }, right('packets')], rows);
}

function rates({ rates: all }: RunOutcome): string {
  const rows = Object.entries(all ?? {}).flatMap(([name, rate]) => {
    if (rate === null || rate.elapsed_ns === 0) return [];
    const perSecond = (packets: number) => `${((packets * 1e3) / rate.elapsed_ns).toFixed(3)} Mpps`;
    return [[name, rate.sent, rate.received, perSecond(rate.sent), perSecond(rate.received)]];
  });
  if (rows.length === 0) return '';
  return textTable([{ title: 'generator' }, right('sent'), right('received'), right('sent at'), right('received at')], rows);
}
