/** What sources have in common that make packets up to a limit, and may then end the run or write a handler. */
import { booleanHandler, booleanValue, flag, HandlerError, parseInteger, register, type AttendContext, type FlagSpec, type HandlerContext, type RegisterSpec } from 'wirelet';

/** A limit that is no limit is -1. */
export const LIMIT_MAX = 0xffff_fffe;

type Limited = {
  readonly made: RegisterSpec;
  readonly limit: RegisterSpec;
  readonly active: FlagSpec;
  readonly ended: FlagSpec;
  readonly reported: FlagSpec;
};

/** State: what was made, up to what; whether it works; whether the end came, and was acted upon. */
export function limitedState(limit: number, active: boolean): Limited {
  return { made: register('u32'), limit: register({ low: -1, high: LIMIT_MAX }, limit), active: flag(active), ended: flag(), reported: flag() };
}

/** What is written to `limit`; in Click's words when it is none. */
function limitOf(value: string): number {
  const limit = parseInteger(value.trim());
  if (limit === undefined || limit > LIMIT_MAX) throw new HandlerError('limit parameter must be integer');
  return Math.max(limit, -1);
}

type Source = HandlerContext<any, 'count', Limited>;

export const limitedHandlers = {
  count: { doc: 'Packets made.', read: ({ state }: Source) => String(state.made) },
  limit: {
    doc: 'Packets in all; -1: no limit.',
    read: ({ state }: Source) => String(state.limit),
    write: ({ state }: Source, value: string) => void Object.assign(state, { limit: limitOf(value), ended: false, reported: false }),
  },
  active: {
    ...booleanHandler('active', 'Whether it works.'),
    write({ state }: Source, value: string) {
      try {
        state.active = booleanValue(value);
      } catch {
        throw new HandlerError('active parameter must be boolean');
      }
    },
  },
  reset: {
    doc: 'Begins anew.',
    write({ state, counters }: Source) {
      Object.assign(state, { made: 0, ended: false, reported: false });
      counters.count.value = 0;
    },
  },
};

/** For those who pull from it: on while there are packets to be had. */
export const notifierHandler = {
  doc: 'What it tells those who pull from it: on while there are packets to be had.',
  read: ({ state }: Source) => `empty notifier ${state.active && (state.limit < 0 || state.made < state.limit) ? 'on' : 'off'}`,
};

/** Acts upon the end, once: END_CALL writes a handler, STOP ends the run. */
export function attendToEnd({ config, state, stop, call }: AttendContext<any, 'count', Limited>): void {
  if (!state.ended || state.reported) return;
  state.reported = true;
  const { end_call: handler = '', stop: stops } = config as { end_call?: string; stop: boolean };
  if (handler !== '') call(handler);
  else if (stops) stop();
}
