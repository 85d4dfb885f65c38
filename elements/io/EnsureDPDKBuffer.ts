/**
 * Passes packets on: in FastClick it moves them into memory that DPDK's devices can send from, and here all packets lie in such memory. Its arguments are accepted and mean
 * nothing.
 */
import { bool, defineElement, ethernet, example, integer } from 'wirelet';

const accepted = 'Accepted for compatibility.';
const frame = ethernet.make({});

export default defineElement({
  name: 'EnsureDPDKBuffer',
  config: {
    force_copy: bool({ default: false, doc: accepted }),
    extra_headroom: integer({ default: 0, max: 65_535, unit: 'bytes', doc: accepted }),
    fail: bool({ default: false, keyword: true, doc: accepted }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets.' } },
  split: 'each',
  build({ config, fail }) {
    if (config.force_copy && config.fail) fail('either every packet is copied, or none', 'Leave FORCE_COPY or FAIL out.', 'You cannot have both FORCE_COPY and FAIL at the same time');
    return undefined;
  },
  process: (_packet, { outputs }) => outputs.out,
  examples: [example('passes packets on', frame, { out: frame }, { config: 'true, 16' })],
});
