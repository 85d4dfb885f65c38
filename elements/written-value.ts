/** Values that people write to handlers: read strictly, refused with words that say what was expected. */
import { parseInteger } from 'wirelet';

/** The integer that `value` is, from `low` to `high`. Throws a RangeError, with a message for whoever wrote it. */
export function writtenInteger(value: string, low: number, high: number): number {
  const number = parseInteger(value.trim());
  if (number === undefined || number < low || number > high) {
    throw new RangeError(`expected an integer from ${low} to ${high}, got "${value.trim()}"`);
  }
  return number;
}

/** The truth value that `value` is. Throws a RangeError. */
export function writtenBool(value: string): boolean {
  const text = value.trim().toLowerCase();
  if (['true', 'yes', '1', 't', 'y'].includes(text)) return true;
  if (['false', 'no', '0', 'f', 'n'].includes(text)) return false;
  throw new RangeError(`expected true or false, got "${value.trim()}"`);
}
