/** IPv6 addresses as text: what RFC 4291 allows is read, and written as RFC 5952 recommends. */
import { isIPv6 } from 'node:net';
import t from 'tap';
import { formatAddress6, parseAddress6, parsePrefix6, type Address6 } from '#src/kit/index.js';

/** Text, and how it is written. */
const RIGHT: readonly (readonly [string, string])[] = [
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
];

for (const [text, written] of RIGHT) {
  t.test(`${text} is written ${written}`, (t) => {
    const address = parseAddress6(text);
    t.ok(address, 'it is an address');
    t.equal(formatAddress6(address!), written);
    t.same(parseAddress6(written), address);
    t.end();
  });
}

const WRONG = ['', ':', ':::', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1::2::3', '12345::', 'g::', '1:2:3:4:5:6:7:8::', '::1.2.3', '::1.2.3.256', '1.2.3.4', '1:', ':1', '::1.2.3.4:5'];

for (const text of WRONG) {
  t.test(`"${text}" is no address`, (t) => {
    t.equal(isIPv6(text), false, 'nor for the host');
    t.equal(parseAddress6(text), undefined);
    t.end();
  });
}

t.test('any address comes back from its text', (t) => {
  let seed = 1;
  const word = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return [0, seed, seed >>> 16, (seed & 0xffff) * 65_536][seed >>> 30]! >>> 0;
  };
  for (let count = 0; count < 2000; count += 1) {
    const address: Address6 = [word(), word(), word(), word()];
    const text = formatAddress6(address);
    if (!isIPv6(text)) t.fail(`${text} is no address for the host`);
    t.same(parseAddress6(text), address, text);
  }
  t.end();
});

t.test('prefixes have a length from 0 to 128', (t) => {
  t.same(parsePrefix6('2001:db8::/33')!.mask, [0xffff_ffff, 0x8000_0000, 0, 0]);
  t.same(parsePrefix6('::/0')!.mask, [0, 0, 0, 0]);
  t.equal(parsePrefix6('::1')!.length, 128);
  for (const wrong of ['::/129', '::/', '::/-1', '::/1/2', '1.2.3.4/8']) t.equal(parsePrefix6(wrong), undefined, wrong);
  t.end();
});
