import { askFigures, ratesBetween, type ApplianceRates } from '../../site/rack-client.js';
import type { ApplianceFigures, ApplianceStart } from '../../site/rack-appliance.js';
import type { Command } from '../command.js';
import { bytesText, microsecondsText, textTable } from '../text-table.js';

/** How long rates are looked at. */
const WINDOW_MS = 250;

export const command: Command = {
  usage: '',
  summary: 'Shows the appliances of the running site.',
  options: { boot: { type: 'boolean', doc: 'Where each microsecond of their starts went.' } },
  positionals: [0, 0],
  async run(call) {
    const before = await askFigures();
    await new Promise((resolve) => setTimeout(resolve, WINDOW_MS));
    const rows = ratesBetween(before, await askFigures());
    call.print(() => (call.flag('boot') ? startsText(rows) : appliancesText(rows)), rows);
    return 0;
  },
};

/** Parts of a start, in their order. */
const PARTS = [
  ['spawn_us', 'spawn'], ['exec_us', 'exec'], ['image_us', 'image, memory'], ['ports_us', 'ports'], ['machine_us', 'machine'], ['enter_us', 'enter'], ['setup_us', 'setup'], ['attach_us', 'to the switch'], ['total_us', 'all'],
] as const;
const STARTS_SHOWN_MAX = 40;

/** Where the time of starts went, in microseconds, and the medians of all. */
export function startsText(appliances: readonly Pick<ApplianceFigures, 'name' | 'start'>[]): string {
  const known = appliances.flatMap(({ name, start }) => (start === null ? [] : [{ name, start }]));
  const cells = (start: ApplianceStart) => PARTS.map(([key]) => start[key]?.toFixed(0) ?? '-');
  const middle = (key: (typeof PARTS)[number][0]) => {
    const values = known.flatMap(({ start }) => start[key] ?? []).sort((a, b) => a - b);
    return values[Math.floor(values.length / 2)]?.toFixed(0) ?? '-';
  };
  const rows = known.slice(0, STARTS_SHOWN_MAX).map(({ name, start }) => [name, ...cells(start)]);
  const medians = known.length > 1 ? [[`median of ${known.length}`, ...PARTS.map(([key]) => middle(key))]] : [];
  return textTable([{ title: 'microseconds' }, ...PARTS.map(([, title]) => ({ title, align: 'right' as const }))], [...rows, ...medians]);
}

/** One line for each appliance. */
export function appliancesText(rows: readonly ApplianceRates[]): string {
  const figure = (value: number | null, text: (value: number) => string = (number) => number.toLocaleString('en-US')) => (value === null ? '-' : text(value));
  const columns = ['name', 'state', 'pid', 'up', 'boot', 'memory', 'rx/s', 'tx/s', 'drops/s', 'cycles/packet', 'restarts'].map((title, index) => ({ title, align: index < 2 ? ('left' as const) : ('right' as const) }));
  return textTable(
    columns,
    rows.map((row) => [
      row.name, row.state, figure(row.pid, String), figure(row.uptime_s, (seconds) => `${seconds.toFixed(1)} s`), figure(row.boot_us, microsecondsText), figure(row.memory_bytes, bytesText),
      figure(row.rx_pps), figure(row.tx_pps), figure(row.drops_pps), figure(row.cycles_per_packet), row.restarts,
    ]),
  );
}
