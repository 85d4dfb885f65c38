/** IPv6 addresses are read and written as RFC 4291 and RFC 5952 have it; Node's own reader says the same. */
import { isIPv6 } from 'node:net';
import t from 'tap';
import { formatIpv6, parseIpv6 } from '#src/kit/index.js';

/** What is written, and how it is written back. */
const RIGHT: readonly (readonly [string, string])[] = [
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['2001:DB8:0:0:8:800:200C:417A', '2001:db8::8:800:200c:417a'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ['::ffff:10.0.0.1', '::ffff:a00:1'],
  ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
];
const WRONG = ['', ':', ':::', '1', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1::2::3', '::12345', '1.2.3.4::', '1:2:3:4::5:6:7:8', 'g::', '::1.2.3.4.5', '1.2.3.4:5::', '::1%eth0', '1:2:3:4:5:6:7:'];

t.test('right addresses are read, and written in their shortest form', (t) => {
  for (const [text, shown] of RIGHT) {
    const address = parseIpv6(text);
    t.ok(isIPv6(text), text);
    t.equal(address && formatIpv6(address), shown, text);
    t.same(parseIpv6(shown), address, `${shown} is the same`);
  }
  t.end();
});

t.test('what is no address is refused', (t) => {
  for (const text of WRONG) t.equal(parseIpv6(text), undefined, text);
  t.end();
});
