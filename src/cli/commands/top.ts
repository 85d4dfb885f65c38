import { askFigures, ratesBetween } from '../../site/rack-client.js';
import type { SwitchPortFigures } from '../../site/switch-daemon.js';
import type { Command } from '../command.js';
import { textTable } from '../text-table.js';
import { appliancesText } from './ps.js';

const PERIOD_MS = 1000;

export const command: Command = {
  usage: '',
  summary: 'Shows appliances and ports of the running site, again every second; once where the output is no terminal.',
  options: { once: { type: 'boolean', doc: 'Show one second and end.' } },
  positionals: [0, 0],
  async run(call) {
    const live = process.stdout.isTTY === true && !call.json && !call.flag('once');
    for (let before = await askFigures(); ; ) {
      await new Promise((resolve) => setTimeout(resolve, PERIOD_MS));
      const after = await askFigures();
      const appliances = ratesBetween(before, after);
      const ports = after.figures?.ports ?? [];
      // Home, and what is below the new text is cleared.
      if (live) process.stdout.write('\x1b[H\x1b[J');
      call.print(() => `${after.site}: switch ${after.switch.pid ?? 'is being started'}\n\n${appliancesText(appliances)}\n\n${portsText(ports)}`, { site: after.site, switch: after.switch, appliances, ports, networks: after.figures?.networks ?? [] });
      if (!live) return 0;
      before = after;
    }
  },
};

function portsText(ports: readonly SwitchPortFigures[]): string {
  const columns = ['port', 'network', 'kind', 'from it', 'to it', 'drops'].map((title, index) => ({ title, align: index === 3 || index === 4 ? ('right' as const) : ('left' as const) }));
  const drops = (port: SwitchPortFigures) => Object.entries(port.drops).map(([reason, count]) => `${reason} ${count}`).join(', ');
  return textTable(columns, ports.map((port) => [port.name, port.network, port.attached ? port.kind : `${port.kind} (${port.stopped === undefined ? 'away' : `stopped: ${port.stopped}`})`, port.rx_packets, port.tx_packets, drops(port)]));
}
