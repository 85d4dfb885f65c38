/** Tables with all the entries that they were made for. */
import t from 'tap';
import { table, Table } from '#src/kit/table.js';

/** What is remembered of the last entries is looked at: all of them would take long. */
const LOOKED_AT = 1000;

for (const capacity of [2 ** 15, 2 ** 20]) {
  t.test(`a table for ${capacity} entries has room for as many`, async (t) => {
    const addresses = new Table(table({ key: { address: 'u48' }, fields: {}, capacity }), 7, 0);
    // As those of network cards are: hundreds in a row of many vendors.
    const address = (index: number) => 0x0200_0000_0000 + ((Math.floor(index / 100) * 0x9e37_79b1) % 2 ** 32) * 0x100 + (index % 100);
    let refused = 0;
    for (let index = 0; index < capacity; index += 1) if (addresses.insert(address(index)) < 0) refused += 1;
    t.equal(refused, 0, 'refused');
    t.equal(addresses.length, capacity);
    for (let index = capacity - LOOKED_AT; index < capacity; index += 1) if (addresses.find(address(index)) < 0) t.fail(`${index} is not found`);
  });
}
