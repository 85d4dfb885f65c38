/** The port that people switch to. */
import { HandlerError, parseInteger } from 'wirelet';

/** Numbers of ports, as arguments and handlers have them: those of a C program. */
export const PORT = { min: -0x8000_0000, max: 0x7fff_ffff } as const;

/** The port that `value` says, of `count`: -1, none, where there are not so many. What is no number is refused with the words `refusal`. */
export function switchedTo(value: string, count: number, refusal: string): number {
  const port = parseInteger(value.trim());
  if (port === undefined || port < PORT.min || port > PORT.max) throw new HandlerError(refusal);
  return port < count ? port : -1;
}
