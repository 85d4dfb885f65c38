/** What sources have in common that make packets up to a limit, and may then end the run or write a handler. */
import { booleanValue, flag, HandlerError, parseInteger, register, u32, type AttendContext, type Clock, type Counter, type FlagSpec, type Handler, type HandlerContext, type Packet, type RegisterSpec } from 'wirelet';

/** A limit that is no limit is negative. */
export const LIMIT_MAX = 0xffff_fffe;
const INT_MIN = -0x8000_0000;
const INT_MAX = 0x7fff_ffff;

/** Numbers as a C program has them. */
export const INT = { min: INT_MIN, max: INT_MAX } as const;

type Limited = {
  readonly made: RegisterSpec;
  readonly limit: RegisterSpec;
  readonly active: FlagSpec;
  readonly ended: FlagSpec;
  readonly reported: FlagSpec;
};

/** State: what was made, up to what; whether it works; whether the end came, and was acted upon. */
export function limitedState(limit: number, active: boolean): Limited {
  return { made: register('u32'), limit: register({ low: INT_MIN, high: LIMIT_MAX }, limit), active: flag(active), ended: flag(), reported: flag() };
}

type Source = HandlerContext<any, 'count', Limited>;

/** Whether all packets have been made. */
export function isOver({ state }: { readonly state: { readonly made: u32; readonly limit: number } }): boolean {
  return state.limit >= 0 && state.made >= state.limit;
}

/** What a source looks at for each packet that it makes. */
interface Counting {
  readonly config: { readonly timestamp: boolean };
  readonly state: { made: u32 };
  readonly counters: Readonly<Record<any, Counter>>;
  readonly clock: Clock;
}

/** Counts one more packet, and stamps it with the time at which it was made unless TIMESTAMP is false. */
export function countMade(packet: Packet, { config, state, counters, clock }: Counting): void {
  state.made = u32(state.made + 1);
  counters.count.add(1);
  if (!config.timestamp) return;
  packet.timestampSeconds = u32(clock.seconds);
  packet.timestampNanoseconds = u32((clock.microseconds % 1_000_000) * 1000);
}

/** The integer that `value` is; throws HandlerError with the words `refusal` where it is none, or less than `low`. */
export function intValue(value: string, refusal: string, low = INT_MIN): number {
  const number = parseInteger(value.trim());
  if (number === undefined || number < low || number > INT_MAX) throw new HandlerError(refusal);
  return number;
}

export const limitedHandlers = {
  limit: {
    doc: 'Packets in all; negative: no limit.',
    calm: true,
    read: ({ state }: Source) => String(state.limit),
    write: ({ state }: Source, value: string) => void Object.assign(state, { limit: intValue(value, 'limit parameter must be integer'), ended: false, reported: false }),
  },
  active: {
    doc: 'Whether it works.',
    read: ({ state }: Source) => String(state.active),
    write: ({ state }: Source, value: string) => void (state.active = booleanValue(value, 'active parameter must be boolean')),
  },
  count: { doc: 'Packets made.', read: ({ state }: Source) => String(state.made) },
  reset: {
    doc: 'Begins anew.',
    write({ state, counters }: Source) {
      Object.assign(state, { made: 0, ended: false, reported: false });
      counters.count.value = 0;
    },
  },
};

/** Packets in one round: a handler, which tells and sets the entry `burst` of the state. */
export const burstHandler: Handler<any, any, any> = {
  doc: 'Packets in one round.',
  calm: true,
  read: ({ state }) => String((state as any).burst),
  write: ({ state }, value) => void ((state as any).burst = intValue(value, 'burstsize parameter must be integer >= 1', 1)),
};

/** Refuses STOP beside END_CALL. */
export function oneEnd({ stop, end_call: call }: { readonly stop: boolean; readonly end_call: string }, fail: (message: string) => never): void {
  if (stop && call !== '') fail('END_CALL and STOP are mutually exclusive');
}

/** Acts upon the end, once: END_CALL writes a handler, STOP ends the run. */
export function attendToEnd({ config, state, stop, call }: AttendContext<any, 'count', Limited>): void {
  if (!state.ended || state.reported) return;
  state.reported = true;
  const { end_call: handler = '', stop: stops } = config as { end_call?: string; stop: boolean };
  if (handler !== '') call(handler);
  else if (stops) stop();
}
