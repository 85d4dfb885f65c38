/**
 * Requests of the cases, cut, doubled and changed by chance: whatever comes, responses are well-formed, and they are the same whether it came in
 * one piece or byte by byte. WIRELET_SEED=N adds a seed.
 */
import t from 'tap';
import { Dice } from '../differential/element-fuzz.js';
import { EPOCH, readCases, SITE, wordsOf, type Outcome } from './cases.js';
import { NodeClient } from './node-client.js';

const ROUNDS = 300;
const SEEDS = [1, 2, ...(process.env['WIRELET_SEED'] === undefined ? [] : [Number(process.env['WIRELET_SEED'])])];
const PIECES = ['\r\n', '\n', ' ', ',', '0', ':', '\r\nTransfer-Encoding: chunked', '\r\nContent-Length: 3'].map((text) => Buffer.from(text));

process.env['SOURCE_DATE_EPOCH'] = EPOCH;

function changed(bytes: Buffer, dice: Dice): Buffer {
  const at = dice.below(bytes.length);
  const kind = dice.below(3);
  if (kind === 0) return Buffer.concat([bytes.subarray(0, at), Buffer.from([dice.below(256)]), bytes.subarray(at + 1)]);
  return kind === 1 ? Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + dice.below(8))]) : Buffer.concat([bytes.subarray(0, at), dice.pick(PIECES), bytes.subarray(at)]);
}

/** Without the date, which goes on. */
const textOf = ({ bytes, closed }: Outcome) => `${bytes.toString('latin1').replace(/^Date: .*$/gm, '')}${closed ? 'closed' : ''}`;

/** What is left of responses that are well-formed, one after another; a body is there, or is not, as after HEAD. */
function malformed(bytes: Buffer): string {
  let rest = bytes.toString('latin1');
  for (;;) {
    const [head, fields] = /^HTTP\/1\.1 \d{3} [A-Z][\w -]*\r\n((?:[\w-]+: [^\r\n]+\r\n)+)\r\n/.exec(rest) ?? [];
    if (head === undefined) return rest;
    rest = rest.slice(head.length);
    if (!/^HTTP\/1\.1 /.test(rest)) rest = rest.slice(Number(/^Content-Length: (\d+)\r$/m.exec(fields!)?.[1] ?? 0));
  }
}

for (const seed of SEEDS) {
  await t.test(`malformed requests by chance are answered the same in one piece and byte by byte (WIRELET_SEED=${seed})`, async (t) => {
    const client = await NodeClient.of(SITE);
    const head = (coding: string) => Promise.resolve(client.exchange([Buffer.from(`HEAD /style.css HTTP/1.1\r\nHost: a\r\nAccept-Encoding: ${coding}\r\n\r\n`)]).bytes.toString('latin1'));
    const cases = readCases(await wordsOf(head));
    const dice = new Dice(seed);
    for (let round = 0; round < ROUNDS; round += 1) {
      let sent: Buffer = Buffer.concat([dice.pick(cases).sent, ...(dice.chance(50) ? [dice.pick(cases).sent] : [])]);
      for (let count = dice.below(6); count > 0 && sent.length > 0; count -= 1) sent = changed(sent, dice);
      const whole = client.exchange([sent]);
      const about = JSON.stringify(sent.toString('latin1').slice(0, 2000));
      if (malformed(whole.bytes) !== '') t.fail(`a malformed response to ${about}: ${malformed(whole.bytes).slice(0, 200)}`);
      const bytewise = textOf(client.exchange(Array.from(sent, (byte) => Uint8Array.of(byte))));
      if (bytewise !== textOf(whole)) t.equal(bytewise, textOf(whole), about);
    }
    t.pass(`${ROUNDS} requests`);
  });
}
