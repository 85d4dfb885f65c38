/**
 * Passes packets on. In Click it copies data whose address is not OFFSET modulo MODULUS, for processors that need it; here
 * headers may lie anywhere.
 */
import { defineElement, example, integer } from 'wirelet';

const bytes = Uint8Array.from([1, 2, 3]);

export default defineElement({
  name: 'Align',
  config: { modulus: integer({ min: 1, max: 8, doc: 'Accepted for compatibility.' }), offset: integer({ max: 7, doc: 'Accepted for compatibility.' }) },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets.' } },
  build({ config, fail }) {
    if ((config.modulus & (config.modulus - 1)) !== 0 || config.modulus < 2) fail('the modulus must be 2, 4 or 8');
    if (config.offset >= config.modulus) fail('the offset must be below the modulus');
    return undefined;
  },
  process: (_packet, { outputs }) => outputs.out,
  examples: [example('passes packets on', bytes, { out: bytes }, { config: '4, 2' })],
});
