/** What sources of ready-made UDP and TCP packets have in common: they are pulled, so many in a second, so many in all. */
import { booleanValue, flag, HandlerError, integer, parseInteger, register, u32, type Clock, type FlagSpec, type HandlerContext, type RegisterSpec, type StateValues, type Timer, type u53 } from 'wirelet';

const RATE_MAX = 2_000_000;
const LIMIT_MAX = 0xffff_fffe;
/** Bytes of the shortest frame; what is said to be shorter has as many. */
export const LENGTH_MIN = 60;

export type Premade = { readonly made: RegisterSpec; readonly limit: RegisterSpec; readonly rate: RegisterSpec; readonly begin_us: RegisterSpec; readonly end_us: RegisterSpec; readonly active: FlagSpec };

type Source = HandlerContext<any, 'count', Premade>;

/** The arguments that come first. */
export const premadeArguments = {
  rate: integer({ min: 0, max: RATE_MAX, doc: 'Packets in a second; 0: as many as are pulled.' }),
  limit: integer({ min: -1, max: LIMIT_MAX, doc: 'Packets in all; -1: no limit.' }),
  length: integer({ max: 1500, doc: 'Bytes of each frame, 60 at least.' }),
};

/** State: packets made, up to how many, at what rate, since when and until when; whether it works. */
export function premadeState(config: { readonly limit: number; readonly rate: number; readonly active: boolean }): Premade {
  return {
    made: register('u32'),
    limit: register({ low: -1, high: LIMIT_MAX }, config.limit),
    rate: register({ low: 0, high: RATE_MAX }, config.rate),
    begin_us: register('u53'),
    end_us: register('u53'),
    active: flag(config.active),
  };
}

/** What a source looks at when it is pulled. */
export interface Paced {
  readonly state: { made: u32; readonly limit: number; readonly rate: u32; begin_us: u53; end_us: u53; readonly active: boolean };
  readonly clock: Clock;
  readonly timers: { readonly next: Timer };
}

/** The length of frames, with a warning where that is not what was asked for. */
export function lengthOf(config: { readonly length: number }, warn: (message: string, hint: undefined, at: undefined, click: string) => void): number {
  if (config.length >= LENGTH_MIN) return config.length;
  warn(`frames have ${LENGTH_MIN} bytes at least`, undefined, undefined, `packet length < ${LENGTH_MIN}, defaulting to ${LENGTH_MIN}`);
  return LENGTH_MIN;
}

/** Whether it works; time counts from the first time that it is asked. */
export function isActive({ state, clock }: Paced): boolean {
  if (!state.active) return false;
  if (state.begin_us === 0) state.begin_us = clock.microseconds;
  return true;
}

/** Whether one more packet keeps to the limit. */
export function isAllowed({ state }: Paced): boolean {
  return state.limit < 0 || state.made < state.limit;
}

/** Whether the next packet is due. If not, who pulls is to ask again when it may be. */
export function isDue({ state, clock, timers }: Paced): boolean {
  if (inTime(state.made, state.rate, state.begin_us, clock.microseconds)) return true;
  timers.next.after(Math.max(1, Math.trunc(1_000_000 / Math.max(1, state.rate))));
  return false;
}

/** Whether so many packets do not run ahead of the rate; a rate of 0 is none. */
function inTime(made: u32, rate: u32, begin: u53, now: u53): boolean {
  if (rate === 0) return true;
  const elapsed = Math.max(0, now - begin);
  const seconds = Math.min(Math.trunc(elapsed / 1_000_000), 0xffff_ffff);
  return made <= seconds * Math.min(rate, RATE_MAX) + Math.trunc(((elapsed % 1_000_000) * Math.min(rate, RATE_MAX)) / 1_000_000);
}

/** Counts one more packet, and remembers when it was the last one. */
export function countMade(context: Paced & { readonly counters: { readonly count: { add(n: number): void } } }): void {
  const { state, clock, counters } = context;
  state.made = u32(state.made + 1);
  counters.count.add(1);
  if (!isAllowed(context)) state.end_us = clock.microseconds;
}

export const premadeTimers = {
  next() {
    // The round that it wakes is what it is for.
  },
};

/** Packets in a second, from the first to the last one that the limit allowed, as Click counts them: by milliseconds. */
function measured({ counters, state }: Source): number {
  if (state.end_us === 0) return 0;
  const span = Math.max(1, Math.floor(state.end_us / 1000) - Math.floor(state.begin_us / 1000));
  return Math.trunc((counters.count.value * 1000) / span);
}

function written(value: string, what: string): number {
  const number = parseInteger(value.trim());
  if (number === undefined) throw new HandlerError(`${what} parameter must be integer >= 0`);
  return number;
}

function begin({ state, counters }: { readonly state: StateValues<Premade>; readonly counters: Source['counters'] }): void {
  Object.assign(state, { made: 0, begin_us: 0, end_us: 0 });
  counters.count.value = 0;
}

/** Handlers; `notBoolean` is what Click says of a value of `active` that is none. */
export function premadeHandlers(notBoolean: string) {
  return {
    count: { doc: 'Packets made.', read: ({ counters }: Source) => String(counters.count.value) },
    limit: {
      doc: 'Packets in all; -1: no limit.',
      read: ({ state }: Source) => String(state.limit),
      write: ({ state }: Source, value: string) => void Object.assign(state, { limit: Math.min(LIMIT_MAX, Math.max(-1, written(value, 'limit'))) }),
    },
    rate: {
      doc: 'Packets in a second from the first to the last one, once the limit was reached, else 0; writes how many are made in a second, 0: as many as are pulled.',
      read: (element: Source) => String(measured(element)),
      write({ state }: Source, value: string) {
        const rate = written(value, 'rate');
        if (rate < 0 || rate > RATE_MAX) throw new HandlerError(rate < 0 ? 'rate parameter must be integer >= 0' : `rate too large; max is ${RATE_MAX}`);
        Object.assign(state, { rate });
      },
    },
    active: {
      doc: 'Whether it works; it begins anew when that is written.',
      read: ({ state }: Source) => String(state.active),
      write(element: Source, value: string) {
        let active = false;
        try {
          active = booleanValue(value);
        } catch {
          throw new HandlerError(notBoolean);
        }
        Object.assign(element.state, { active });
        if (active) begin(element);
      },
    },
    reset: { doc: 'Begins anew.', write: (element: Source) => begin(element) },
  };
}
