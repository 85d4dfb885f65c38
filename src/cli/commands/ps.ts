import { askFigures, ratesBetween, type ApplianceRates } from '../../site/rack-client.js';
import type { Command } from '../command.js';
import { bytesText, microsecondsText, textTable } from '../text-table.js';

/** How long rates are looked at. */
const WINDOW_MS = 250;

export const command: Command = {
  usage: '',
  summary: 'Shows the appliances of the running site.',
  options: {},
  positionals: [0, 0],
  async run(call) {
    const before = await askFigures();
    await new Promise((resolve) => setTimeout(resolve, WINDOW_MS));
    const rows = ratesBetween(before, await askFigures());
    call.print(() => appliancesText(rows), rows);
    return 0;
  },
};

/** One line for each appliance. */
export function appliancesText(rows: readonly ApplianceRates[]): string {
  const figure = (value: number | null, text: (value: number) => string = (number) => number.toLocaleString('en-US')) => (value === null ? '-' : text(value));
  const columns = ['name', 'state', 'pid', 'up', 'boot', 'memory', 'rx/s', 'tx/s', 'drops/s', 'restarts'].map((title, index) => ({ title, align: index < 2 ? ('left' as const) : ('right' as const) }));
  return textTable(
    columns,
    rows.map((row) => [
      row.name, row.state, figure(row.pid, String), figure(row.uptime_s, (seconds) => `${seconds.toFixed(1)} s`), figure(row.boot_us, microsecondsText), figure(row.memory_bytes, bytesText),
      figure(row.rx_pps), figure(row.tx_pps), figure(row.drops_pps), row.restarts,
    ]),
  );
}
