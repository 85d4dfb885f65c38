/** What sources of ready-made UDP and TCP packets have in common: they are pulled, so many in a second, so many in all. */
import { booleanHandler, integerHandler, integerValue, type FlagSpec, type HandlerContext, type RegisterSpec, type u32, type u53 } from 'wirelet';

export const RATE_MAX = 2_000_000;
export const LIMIT_MAX = 0xffff_fffe;

type Premade = { readonly made: RegisterSpec; readonly limit: RegisterSpec; readonly rate: RegisterSpec; readonly begin_us: RegisterSpec; readonly active: FlagSpec };

type Source = HandlerContext<any, 'count', Premade>;

/** Whether the next packet is due. */
export function isDue(made: u32, limit: number, rate: u32, begin: u53, now: u53): boolean {
  if (limit >= 0 && made >= limit) return false;
  const elapsed = Math.max(0, now - begin);
  const seconds = Math.min(Math.trunc(elapsed / 1_000_000), 0xffff_ffff);
  return made <= seconds * Math.min(rate, RATE_MAX) + Math.trunc(((elapsed % 1_000_000) * Math.min(rate, RATE_MAX)) / 1_000_000);
}

export const premadeHandlers = {
  count: { doc: 'Packets made.', read: ({ counters }: Source) => String(counters.count.value) },
  limit: { doc: 'Packets in all; -1: no limit.', read: ({ state }: Source) => String(state.limit), write: ({ state }: Source, value: string) => void Object.assign(state, { limit: integerValue(value, -1, LIMIT_MAX) }) },
  rate: integerHandler('rate', 'Packets in a second.', 0, RATE_MAX),
  active: booleanHandler('active', 'Whether it works.'),
  reset: {
    doc: 'Begins anew.',
    write({ state, counters }: Source) {
      Object.assign(state, { made: 0, begin_us: 0 });
      counters.count.value = 0;
    },
  },
};
