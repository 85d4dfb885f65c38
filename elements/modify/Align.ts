/**
 * Passes packets on. In Click it copies data whose address is not OFFSET modulo MODULUS, for processors that need it; here
 * headers may lie anywhere.
 */
import { defineElement, example, integer } from 'wirelet';

const bytes = Uint8Array.from([1, 2, 3]);

export default defineElement({
  name: 'Align',
  config: { modulus: integer({ doc: 'Accepted for compatibility: 2, 4 or 8.' }), offset: integer({ min: -0x8000_0000, max: 0x7fff_ffff, doc: 'Accepted for compatibility: less than MODULUS.' }) },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets.' } },
  build({ config, fail }) {
    if (config.modulus !== 2 && config.modulus !== 4 && config.modulus !== 8) fail('MODULUS must be 2, 4, or 8');
    if (config.offset >= config.modulus) fail('OFFSET must be smaller than MODULUS');
    return undefined;
  },
  process: (_packet, { outputs }) => outputs.out,
  examples: [example('passes packets on', bytes, { out: bytes }, { config: '4, 2' })],
});
