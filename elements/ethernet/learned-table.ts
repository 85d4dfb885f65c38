/** The handler that shows which segment a switch has seen each MAC address on. */
import { formatMacDashed, type Handler } from 'wirelet';

export const learnedTable: Handler<any, any, any> = {
  doc: 'Addresses learned, a line each, and the segments they were seen on.',
  alike: true,
  read({ state }) {
    const { hosts } = state as any;
    let text = '';
    for (let slot = 0; slot < hosts.slots; slot += 1) if (hosts.occupied(slot)) text += `${formatMacDashed(hosts.address[slot])} ${hosts.segment[slot]}\n`;
    return text;
  },
};
