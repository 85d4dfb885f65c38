/** The hash of flow tables: how it spreads keys that differ in a few bits only. */
import t from 'tap';
import { hashKeys, hashWords } from '#src/kit/hash.js';

const KEYS = 1024;
/** Buckets of eight, half full, as the tables are. */
const BUCKETS = 256;
const SLOTS = 8;
const SEEDS = 20;
/** Where buckets are drawn, 8 of the keys find theirs full. */
const FULL_MAX = 48;

const each = (word: (n: number) => readonly number[]) => Array.from({ length: KEYS }, (_, n) => word(n));
const SETS: Readonly<Record<string, readonly (readonly number[])[]>> = {
  'numbers in a row': each((n) => [n]),
  'addresses in a row': each((n) => [0xc0a8_0000 + n]),
  'the uppermost bits of one word': each((n) => [(n << 22) >>> 0]),
  'the uppermost bits of two words': each((n) => [5, (n << 22) >>> 0]),
  'the ports of an address': each((n) => [0x0a00_0005, ((1024 + n) << 16) >>> 0]),
  'the lowest bits of the second word': each((n) => [0, n]),
  'five bits at the bottom of each of two words': each((n) => [n & 31, n >> 5]),
  'five bits at the top of each of two words': each((n) => [((n & 31) << 27) >>> 0, ((n >> 5) << 27) >>> 0]),
};

t.test('keys of one or two words fill buckets evenly, whatever bits tell them apart', (t) => {
  for (const [name, keys] of Object.entries(SETS)) {
    let full = 0;
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const secret = hashKeys(seed, 0);
      const counts = new Uint32Array(BUCKETS);
      for (const words of keys) counts[hashWords(words, secret) % BUCKETS]! += 1;
      for (const count of counts) full += Math.max(0, count - SLOTS);
    }
    t.ok(full / SEEDS <= FULL_MAX, `${name}: ${full / SEEDS} of ${KEYS} keys find their bucket full, at most ${FULL_MAX}`);
  }
  t.end();
});
