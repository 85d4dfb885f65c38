/** Handlers of sources that send the same bytes again and again, and of what works by intervals. */
import { duration, EMPTY_SCOPE, HandlerError, intervalText, type Handler } from 'wirelet';
import { DEFAULT_DATA } from './default-data.js';
import { intValue } from './limited.js';

/** The bytes of packets, as they were given or written; what is written is taken as it is. */
export const dataHandler: Handler<any, any, any> = {
  doc: 'The bytes of each packet.',
  raw: true,
  calm: true,
  read: ({ config }) => Buffer.from(config.data ?? DEFAULT_DATA).toString('latin1'),
  write: ({ set }, value) => set('data', Uint8Array.from(Buffer.from(value, 'latin1'))),
};

/** How long packets are, by the argument `length` or its old name `datasize`. What is no number is refused with the words `refusal`. */
export function lengthHandler(refusal: string, most: number): Handler<any, any, any> {
  return {
    doc: 'Bytes of each packet, the data repeated or cut; negative: as the data are.',
    read: ({ config }) => String(config.datasize ?? config.length),
    write({ config, set }, value) {
      const length = intValue(value, refusal);
      if (length > most) throw new HandlerError(`out of range, bound ${most}`);
      set(config.datasize === undefined ? 'length' : 'datasize', length);
    },
  };
}

const interval = duration({ doc: 'Time from one packet to the next.' });

/** The argument `interval`, which counts from the next packet on. */
export const intervalHandler: Handler<any, any, any> = {
  doc: 'Time from one packet to the next.',
  calm: true,
  read: ({ config }) => intervalText(config.interval),
  write({ set }, value) {
    const read = interval.parse(value.trim(), EMPTY_SCOPE);
    if ('error' in read || read.value === 0) throw new HandlerError('bad interval');
    set('interval', read.value);
  },
};
