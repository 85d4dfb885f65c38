/**
 * Stands where FastClick has what finds the flow of each packet for the elements behind it; here these find it themselves, so that packets pass as they are.
 */
import { bool, defineElement, example, integer, ipv4 } from 'wirelet';

export default defineElement({
  name: 'FlowIPManager',
  config: {
    capacity: integer({ default: 65_536, doc: 'Accepted for compatibility: elements behind it have capacities of their own.' }),
    reserve: integer({ default: 0, keyword: true, doc: 'Accepted for compatibility.' }),
    timeout: integer({ default: 60, min: -1, keyword: true, unit: 'seconds', doc: 'Accepted for compatibility: elements behind it have timeouts of their own.' }),
    cache: bool({ default: true, keyword: true, doc: 'Accepted for compatibility.' }),
    lf: bool({ default: false, keyword: true, doc: 'Accepted for compatibility.' }),
    verbose: integer({ default: 1, keyword: true, doc: 'Accepted for compatibility.' }),
    recycle_interval: integer({ default: 1, keyword: true, unit: 'seconds', doc: 'Accepted for compatibility.' }),
  },
  ports: { inputs: { in: 'IPv4 packets with marked headers.' }, outputs: { out: 'The same packets.' } },
  split: 'each',
  process: (_packet, { outputs }) => outputs.out,
  examples: [example('passes packets on', ipv4.make({}), { out: ipv4.make({}) }, { config: 'CAPACITY 1000, TIMEOUT 10' })],
});
