/** Cases of HTTP against the web server in Node; each also byte by byte, and through a window so small that answers come in many pieces. */
import t from 'tap';
import { EPOCH, readCases, SITE, wordsOf, wrong } from './cases.js';
import { NodeClient } from './node-client.js';

process.env['SOURCE_DATE_EPOCH'] = EPOCH;
const client = await NodeClient.of(SITE);
const head = (coding: string) => Promise.resolve(client.exchange([Buffer.from(`HEAD /style.css HTTP/1.1\r\nHost: a\r\nAccept-Encoding: ${coding}\r\n\r\n`)]).bytes.toString('latin1'));
const cases = readCases(await wordsOf(head)).filter(({ sentence }) => sentence.includes(process.env['WIRELET_HTTP_CASE'] ?? ''));

await t.test('the web server does what the cases say (WIRELET_HTTP_CASE=WORDS runs those with them in their sentence)', (t) => {
  for (const each of cases) {
    const ways = {
      'in one piece': [each.sent],
      'byte by byte': Array.from(each.sent, (byte) => Uint8Array.of(byte)),
      'in two pieces': [each.sent.subarray(0, each.sent.length / 2), each.sent.subarray(each.sent.length / 2)],
    };
    for (const [way, pieces] of Object.entries(ways)) t.equal(wrong(each, client.exchange(pieces)), undefined, `${each.file}: ${each.sentence} (${way})`);
    t.equal(wrong(each, client.exchange([each.sent], 100)), undefined, `${each.file}: ${each.sentence} (answers in pieces)`);
  }
  t.end();
});
