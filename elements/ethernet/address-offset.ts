/** The argument that says where an Ethernet address lies in a packet. */
import { parsed, parseInteger } from 'wirelet';

const PLACES: Readonly<Record<string, number>> = { dst: 0, src: 6 };
const OFFSET_MAX = 9210;

export const addressOffset = parsed<number>(
  'offset',
  { doc: 'Where the address lies: a number of bytes, or src or dst for its places in an Ethernet header.' },
  (text) => {
    const value = PLACES[text.toLowerCase()] ?? parseInteger(text);
    if (value !== undefined && value >= 0 && value <= OFFSET_MAX) return { value };
    return { error: `expected src, dst or an offset from 0 to ${OFFSET_MAX}, got "${text}"`, click: 'type mismatch: bad OFFSET', ofElement: true };
  },
  String,
);
