/**
 * Remembers the MAC addresses of IPv4 addresses for several ARPQueriers, which name it in their argument TABLE: what one of them learns, all know.
 */
import { defineElement, duration, example, integer } from 'wirelet';
import { entryCapacity, hostHandlers, hostTable } from './host-table.js';

export default defineElement({
  name: 'ARPTable',
  config: {
    capacity: integer({ default: 1024, keyword: true, doc: 'Accepted for compatibility: queriers keep packets themselves.' }),
    entry_capacity: integer({ default: 0, max: 2 ** 20, keyword: true, doc: 'Addresses remembered at once; 0: 1024.' }),
    entry_packet_capacity: integer({ default: 0, keyword: true, doc: 'Accepted for compatibility: queriers keep packets themselves.' }),
    capacity_slim_factor: integer({ default: 2, min: 1, keyword: true, doc: 'Accepted for compatibility.' }),
    timeout: duration({ default: 300e6, keyword: true, doc: 'Age at which an answer is forgotten; 0: never.' }),
  },
  ports: {},
  split: 'each',
  state: ({ config }) => ({ hosts: hostTable(entryCapacity(config.entry_capacity)) }),
  handlers: { ...hostHandlers, drops: { doc: 'Packets dropped here: none.', read: () => '0' }, length: { doc: 'Packets kept here: none.', read: () => '0' } },
  examples: [example('is there for queriers', [], {}, { config: 'TIMEOUT 60s' })],
});
