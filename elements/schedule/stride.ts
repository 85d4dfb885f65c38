/**
 * Stride scheduling (Waldspurger and Weihl, "Stride Scheduling: Deterministic Proportional-Share Resource Management",
 * 1995): whoever has the lowest pass is next, and each turn raises the pass by a stride, the smaller the more tickets.
 * As in Click a port begins with one stride behind it, and of those with equal passes the one that had its turn last is next.
 */
import { array, HandlerError, parsed, parseInteger, register, rest, type Handler } from 'wirelet';

/** Stride of one ticket. */
const STRIDE_ONE = 65_536;
/** Passes above this are brought down together, since only their differences count. */
export const PASS_HIGH = 1_099_511_627_776;

/** Passes grow no higher: what they are brought down from, and one stride. */
const PASS_MAX = PASS_HIGH + 2 * STRIDE_ONE;

/** More than any pass and stride together. */
export const PASS_NONE = PASS_MAX + 2 * STRIDE_ONE;

/** More than so many are so many. */
const TICKETS_MAX = 32_767;
const given = parsed<number>('tickets', { doc: 'Tickets; 0: it has no turn.', schema: { type: ['string', 'integer'] } }, (text) => {
  const value = parseInteger(text);
  if (value === undefined || Math.abs(value) > 0x7fff_ffff) return { error: `expected a number of tickets, got "${text}"`, click: 'argument %i should be number of tickets (integer)', ofElement: true };
  return value < 0 ? { error: `there cannot be ${value} tickets`, click: 'argument %i (number of tickets) must be >= 0', ofElement: true } : { value };
}, String);

export const tickets = rest(given, { min: 1, max: 1024, doc: 'Tickets of each port, in order.' });

/** Strides of ports with these tickets; 0: it has no turn. */
export function stridesOf(given: readonly number[], warn: (message: string, hint: undefined, at: undefined, click: string) => void): number[] {
  given.forEach((value, port) => {
    const message = `input ${port}'s tickets reduced to ${TICKETS_MAX}`;
    if (value > TICKETS_MAX) warn(message, undefined, undefined, message);
  });
  return given.map((value) => (value === 0 ? 0 : Math.trunc(STRIDE_ONE / Math.min(value, TICKETS_MAX))));
}

/** Passes of ports, without the stride that each begins with, and when each had its last turn. */
export const strideState = (ports: number) => ({ passes: array({ low: 0, high: PASS_MAX }, ports), turns: array('u32', ports), turn: register('u32') });

/** A pass after a turn. */
export function passAfter(pass: number, stride: number): number {
  return Math.min(pass + stride, PASS_MAX);
}

export const ticketHandlers: Readonly<Record<string, Handler<any, any, any>>> = {
  config: { doc: 'The tickets now.', read: ({ config }) => (config.tickets as readonly number[]).map((value) => Math.min(value, TICKETS_MAX)).join(', ') },
};

/** A handler for the tickets of each port. */
export function ticketHandlersFor({ tickets: given }: { readonly tickets: readonly number[] }): Record<string, Handler<any, any, any>> {
  return Object.fromEntries(given.map((_, port) => [`tickets${port}`, {
    doc: `Tickets of port ${port}.`,
    read: ({ config }) => String(Math.min((config.tickets as readonly number[])[port] ?? -1, TICKETS_MAX)),
    write({ config, replace, warn }, value) {
      const wanted = Number(value.trim());
      if (!/^[+-]?\d+$/.test(value.trim())) throw new HandlerError('tickets value must be integer');
      if (wanted < 0) throw new HandlerError('number of tickets must be >= 0');
      if (wanted > TICKETS_MAX) warn(`port ${port}'s tickets reduced to ${TICKETS_MAX}`);
      replace('tickets', (config.tickets as readonly number[]).map((old, at) => (at === port ? Math.min(wanted, TICKETS_MAX) : old)));
    },
  } satisfies Handler<any, any, any>]));
}
