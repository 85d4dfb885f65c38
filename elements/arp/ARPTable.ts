/**
 * Remembers the MAC addresses of IPv4 addresses for several ARPQueriers, which name it in their argument TABLE: what one of them learns, all know.
 */
import { background, defineElement, duration, example, integer } from 'wirelet';
import { entryCapacity, firstSearch, forgetOld, hostHandlers, hostState, nextSearch, takeHosts, timeoutOf } from './host-table.js';

export default defineElement({
  name: 'ARPTable',
  config: {
    capacity: integer({ default: 2048, max: 65_536, keyword: true, doc: 'Packets that each of its queriers keeps at once; 0: 4096.' }),
    entry_capacity: integer({ default: 0, max: 2 ** 20, keyword: true, doc: 'Addresses remembered at once; 0: 1024.' }),
    entry_packet_capacity: integer({ default: 0, max: 65_536, keyword: true, doc: 'Packets that each of its queriers keeps for one address; 0: as many as CAPACITY.' }),
    capacity_slim_factor: integer({ default: 2, keyword: true, doc: 'The part of CAPACITY that is given up when it is not enough: 1 / CAPACITY_SLIM_FACTOR.' }),
    timeout: duration({ default: 300e6, keyword: true, doc: 'Age at which an answer is forgotten; 0: never.' }),
  },
  ports: {},
  split: 'each',
  state: ({ config }) => hostState(entryCapacity(config.entry_capacity)),
  build({ config, fail }) {
    if (config.capacity_slim_factor === 0) return fail('CAPACITY_SLIM_FACTOR cannot be zero', undefined, 'CAPACITY_SLIM_FACTOR cannot be zero');
    const timeout = timeoutOf(config.timeout);
    return { timeout, first_us: firstSearch(timeout), next_us: nextSearch(timeout) };
  },
  initialize({ built, timers }) {
    if (built.timeout > 0) timers.search.after(built.first_us);
  },
  timers: {
    search: background(({ built, state, clock, timers }) => {
      forgetOld(state.hosts, built.timeout, clock.microseconds);
      timers.search.after(built.next_us);
    }),
  },
  handlers: { ...hostHandlers, drops: { doc: 'Packets dropped here: none, queriers keep them.', read: () => '0' }, length: { doc: 'Packets kept here: none, queriers keep them.', read: () => '0' } },
  takeOver: takeHosts,
  examples: [example('is there for queriers', [], {}, { config: 'TIMEOUT 60s' })],
});
