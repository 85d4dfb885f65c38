/** Which line a machine address is of, by what objdump lists. */
import t from 'tap';
import { lineOf, parseDecodedLines } from '#src/image/line-table.js';

const LISTED = `
a.ts:
a.ts                    3            0x1000
a.ts                    4            0x1000               x
./b.ts:
b.ts                    9            0x1004               x
a.ts:
a.ts                    5            0x1004      1        x
a.ts                    6            0x1010               x
a.ts                    -            0x1020

b.ts:
b.ts                    1            0x1020               x
b.ts                    -            0x1030
`;

t.test('of lines at one address the last has the instruction, and ends give way to what begins there', (t) => {
  const table = parseDecodedLines(LISTED);
  const places = [0xfff, 0x1000, 0x1003, 0x1004, 0x1010, 0x101f, 0x1020, 0x1030].map((address) => lineOf(table, address));
  t.same(places, [undefined, 'a.ts:4', 'a.ts:4', 'a.ts:5', 'a.ts:6', 'a.ts:6', 'b.ts:1', undefined]);
  t.equal(table.addresses.slice(1).every((difference) => difference > 0), true, 'each row is of instructions');
  t.end();
});
