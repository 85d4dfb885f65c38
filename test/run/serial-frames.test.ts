/** Replies of an appliance at a serial port, found in whatever comes there. */
import t from 'tap';
import { packRequest, ReplyReader, type SerialReply } from '#src/run/control/serial-frames.js';

const IMAGE = Buffer.from('f501020304050607', 'hex');

/** A reply as the appliance sends it: built as a request is, its runs of zeros counted. */
function reply(number: number, bytes: Uint8Array): Buffer {
  const whole = packRequest({ image: IMAGE, kind: 0, number, length: bytes.length, offset: 5, bytes });
  const sent: number[] = [];
  for (let at = 0; at < whole.length; at += 1) {
    sent.push(whole[at]!);
    if (whole[at] !== 0) continue;
    let zeros = 1;
    while (zeros < 255 && whole[at + zeros] === 0) zeros += 1;
    sent.push(zeros);
    at += zeros - 1;
  }
  return Buffer.from(sent);
}

/** What a reader makes of pieces of so many bytes. */
function found(stream: Buffer, piece: number): { replies: SerialReply[]; noise: string } {
  let noise = '';
  const reader = new ReplyReader((byte) => (noise += String.fromCharCode(byte)));
  const replies: SerialReply[] = [];
  for (let at = 0; at < stream.length; at += piece) replies.push(...reader.take(stream.subarray(at, at + piece)));
  return { replies, noise };
}

t.test('replies are found between text, in pieces of any length', (t) => {
  const content = Buffer.alloc(700);
  content.write('some bytes, and zeros', 300);
  const stream = Buffer.concat([Buffer.from('SeaBIOS\r\n'), reply(1, content), Buffer.from('!'), reply(2, Buffer.alloc(0))]);
  for (const piece of [1, 2, 7, 1000]) {
    const { replies, noise } = found(stream, piece);
    t.match(replies, [{ image: IMAGE, status: 0, number: 1, time: 5n, bytes: content }, { number: 2, bytes: Buffer.alloc(0) }]);
    t.equal(noise, 'SeaBIOS\r\n!');
  }
  t.end();
});

t.test('a reply that was damaged is none, and what is forgotten does not hinder the next', (t) => {
  const good = reply(3, Buffer.from('right'));
  for (let at = 1; at < good.length; at += 1) {
    const damaged = Buffer.from(good);
    damaged[at]! ^= 0x21;
    const reader = new ReplyReader(() => undefined);
    t.same(reader.take(damaged), [], `byte ${at}`);
    reader.forget();
    t.match(reader.take(good), [{ number: 3, bytes: Buffer.from('right') }]);
  }
  t.end();
});
