/** The port that people switch to, of `count`: -1, none, where there is no such port. */
import { integerValue } from 'wirelet';

export function switchedTo(value: string, count: number): number {
  const port = integerValue(value, -0x8000_0000, 0x7fff_ffff);
  return port >= 0 && port < count ? port : -1;
}
