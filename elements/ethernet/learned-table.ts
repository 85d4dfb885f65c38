/** The handlers of switches that learn: which segment each MAC address was seen on, and for how long that is remembered. */
import { duration, EMPTY_SCOPE, formatMacDashed, HandlerError, type Handler } from 'wirelet';

export const timeoutArgument = duration({ default: 300e6, keyword: true, doc: 'Age at which a learned address is forgotten; 0: nothing is learned, all frames go to all other segments.' });

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

export const learnedTimeout: Handler<any, any, any> = {
  doc: 'Age at which a learned address is forgotten, in seconds.',
  read: ({ config }) => String((config as any).timeout / 1e6),
  write({ set }, text) {
    const read = timeoutArgument.parse(text.trim(), EMPTY_SCOPE);
    if ('error' in read) throw new HandlerError('expected timeout (integer)');
    set('timeout', read.value);
  },
};
