/**
 * ESP as the standards have it (RFC 4303 with AES-CBC of RFC 3602, DES-CBC of RFC 2405 and HMAC-SHA-1-96 of RFC 2404): what the elements seal, OpenSSL opens, and the other
 * way round. It reaches them through node:crypto; the kernel's own IPsec is not everywhere.
 */
import { spawnSync } from 'node:child_process';
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import path from 'node:path';
import t, { type Test } from 'tap';
import { packageRoot } from '#src/package-root.js';

const RUN_MS = 60_000;
const SPI = 0x1234_5678;
const key = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
/** Twenty bytes, as RFC 2404 has them. */
const secret = Buffer.from('101112131415161718191a1b1c1d1e1f20212223', 'hex');
const routes = `routes :: RadixIPsecLookup(10.0.0.0/8 1 ${SPI} \\<${key.toString('hex')}> \\<${secret.toString('hex')}> 1 32, 192.0.2.1/32 0)`;

/** What the elements print, as bytes: the hex behind the bar of the lines with that label. */
function printed(label: string, configuration: string): Buffer[] {
  const { stderr, status, stdout } = spawnSync(process.execPath, [path.join(packageRoot, 'src/cli/wirelet.cjs'), 'click', '-e', configuration], { encoding: 'utf8', timeout: RUN_MS });
  const lines = stderr.split('\n').filter((line) => line.startsWith(`${label}:`));
  if (status !== 0 || lines.length === 0) throw new Error(`status ${status}\n${stdout}\n${stderr}`);
  return lines.map((line) => Buffer.from(line.split('|')[1]!.replace(/\s/g, ''), 'hex'));
}

const hash = (bytes: Buffer) => createHmac('sha1', secret).update(bytes).digest().subarray(0, 12);

/** The inner packet of a sealed one, checked in every part. */
function opened(t: Test, sealed: Buffer, sequence: number): Buffer {
  const [message, digest] = [sealed.subarray(0, -12), sealed.subarray(-12)];
  t.same(digest, hash(message), 'the hash is right');
  t.equal(message.readUInt32BE(0), SPI);
  t.equal(message.readUInt32BE(4), sequence);
  const cipher = createDecipheriv('aes-128-cbc', key, message.subarray(8, 24)).setAutoPadding(false);
  const plain = Buffer.concat([cipher.update(message.subarray(24)), cipher.final()]);
  const padding = plain[plain.length - 2]!;
  t.equal(plain[plain.length - 1], 4, 'it says that an IPv4 packet is inside');
  t.same([...plain.subarray(plain.length - 2 - padding, -2)], Array.from({ length: padding }, (_, index) => index + 1), 'padding counts up');
  return plain.subarray(0, plain.length - 2 - padding);
}

t.setTimeout(RUN_MS * 4);

t.test('what the elements seal with AES, OpenSSL opens', async (t) => {
  for (const length of [1, 7, 16, 100]) {
    const data = `\\<${Buffer.alloc(length, 0x41).toString('hex')}>`;
    const configuration = `${routes}; InfiniteSource(DATA ${data}, LIMIT 2, STOP true) -> UDPIPEncap(1.2.3.4, 5, 10.0.0.1, 7) -> Print(plain, -1) -> routes;
      routes[1] -> IPsecESPEncap -> IPsecAES(1) -> IPsecAuthHMACSHA1(0) -> Print(sealed, -1) -> Discard; routes[0] -> Discard`;
    const plain = printed('plain', configuration);
    const sealed = printed('sealed', configuration);
    sealed.forEach((packet, index) => t.same(opened(t, packet, index + 1), plain[index], `${length} bytes`));
  }
});

t.test('what OpenSSL seals with AES, the elements open', async (t) => {
  const inner = Buffer.from(`4500002100000000ff11${'0000'}010203040a00000100050007000d0000${Buffer.from('hello').toString('hex')}`, 'hex');
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += inner.readUInt16BE(at);
  inner.writeUInt16BE(~(sum + (sum >>> 16)) & 0xffff, 10);
  const padding = 15 - ((inner.length + 1) % 16);
  const trailer = Buffer.from([...Array.from({ length: padding }, (_, index) => index + 1), padding, 4]);
  const vector = randomBytes(16);
  const cipher = createCipheriv('aes-128-cbc', key, vector).setAutoPadding(false);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(SPI, 0);
  head.writeUInt32BE(1, 4);
  const message = Buffer.concat([head, vector, cipher.update(Buffer.concat([inner, trailer])), cipher.final()]);
  const sealed = Buffer.concat([message, hash(message)]);
  const [got] = printed('out', `${routes}; InfiniteSource(DATA \\<${sealed.toString('hex')}>, LIMIT 1, STOP true) -> IPEncap(50, 9.9.9.9, 192.0.2.1) -> SetIPAddress(192.0.2.1) -> routes;
    routes[0] -> StripIPHeader -> IPsecAuthHMACSHA1(1) -> IPsecAES(0) -> IPsecESPUnencap -> CheckIPHeader -> Print(out, -1) -> Discard; routes[1] -> Discard`);
  t.same(got, inner);
});

t.test('what the elements seal with DES begins with a vector of eight bytes and is whole blocks', async (t) => {
  const configuration = `${routes}; InfiniteSource(DATA abcdefg, LIMIT 1, STOP true) -> UDPIPEncap(1.2.3.4, 5, 10.0.0.1, 7) -> routes;
    routes[1] -> IPsecESPEncap -> Print(clear, -1) -> IPsecDES(1) -> Print(sealed, -1) -> Discard; routes[0] -> Discard`;
  const [clear] = printed('clear', configuration);
  const [sealed] = printed('sealed', configuration);
  t.equal((sealed!.length - 16) % 8, 0);
  // OpenSSL 3 has DES with one key only among what is old; three times the same key is the same.
  const cipher = createDecipheriv('des-ede3-cbc', Buffer.concat([key.subarray(0, 8), key.subarray(0, 8), key.subarray(0, 8)]), sealed!.subarray(8, 16)).setAutoPadding(false);
  t.same(Buffer.concat([cipher.update(sealed!.subarray(16)), cipher.final()]), clear!.subarray(16));
});
