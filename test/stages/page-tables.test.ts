/** What a processor may do with each page of an image, found by walking its page tables as a processor does. */
import t from 'tap';
import { pageTables, type ImageLayout } from '#src/image/page-tables.js';

const PAGE = 4096;
const LARGE_PAGE = 0x20_0000;
const BASE = 0x10_0000;

/** Intel SDM volume 3, table 4-19. */
const PRESENT = 1n;
const WRITABLE = 2n;
const USER = 4n;
const ACCESSED = 32n;
const DIRTY = 64n;
const LARGE = 128n;
const NO_EXECUTE = 1n << 63n;
const ADDRESS = 0x000f_ffff_ffff_f000n;

interface Rights {
  readonly address: bigint;
  readonly write: boolean;
  readonly execute: boolean;
  readonly user: boolean;
  readonly entry: bigint;
}

/** The rights of a linear address; undefined where no page is. Each level can only take rights away. */
function walk(tables: Buffer, linear: number): Rights | undefined {
  let table = BASE;
  let [write, user, execute] = [true, true, true];
  for (let level = 3; level >= 0; level -= 1) {
    const index = Math.floor(linear / 2 ** (12 + 9 * level)) % 512;
    const entry = tables.readBigUInt64LE(table - BASE + index * 8);
    if ((entry & PRESENT) === 0n) return undefined;
    write &&= (entry & WRITABLE) !== 0n;
    user &&= (entry & USER) !== 0n;
    execute &&= (entry & NO_EXECUTE) === 0n;
    if (level > 0 && (entry & LARGE) === 0n) {
      table = Number(entry & ADDRESS);
      continue;
    }
    return { address: entry & ADDRESS, write, user, execute, entry };
  }
  return undefined;
}

function layout(shared: number, end: number): ImageLayout {
  return { base: BASE, text: BASE + 10 * PAGE, constants: BASE + 20 * PAGE, guard: BASE + 24 * PAGE, stack: BASE + 25 * PAGE, shared, end };
}

const LAYOUTS: Readonly<Record<string, ImageLayout>> = {
  'a small image': layout(BASE + 60 * PAGE, BASE + 70 * PAGE),
  'an image that ends at 4 MiB': layout(2 * LARGE_PAGE - 3 * PAGE, 2 * LARGE_PAGE),
  'an image whose shared part lies across 4 MiB': layout(2 * LARGE_PAGE - PAGE, 2 * LARGE_PAGE + 40 * PAGE),
  'an image whose shared part begins at 4 MiB': layout(2 * LARGE_PAGE, 2 * LARGE_PAGE + 40 * PAGE),
  'an image with large pages': layout(16 * LARGE_PAGE, 16 * LARGE_PAGE + 40 * PAGE),
  'an image that ends at 1 GiB': layout(511 * LARGE_PAGE, 511 * LARGE_PAGE + 40 * PAGE),
};

for (const [name, image] of Object.entries(LAYOUTS)) {
  t.test(`${name}: every page has the rights that it must have`, (t) => {
    const tables = pageTables(image);
    const wrong: string[] = [];
    for (let address = 0; address < image.end + 64 * PAGE; address += PAGE) {
      const rights = walk(tables, address);
      const found = rights === undefined ? '-' : `${rights.user ? 'user' : 'kernel'} r${rights.write ? 'w' : ''}${rights.execute ? 'x' : ''}`;
      if (found !== expected(address, image)) wrong.push(`${address.toString(16)} has ${found}, not ${expected(address, image)}`);
      if (rights === undefined) continue;
      if (rights.write && rights.execute) wrong.push(`${address.toString(16)} is writable and executable`);
      if ((rights.entry & LARGE) === 0n && rights.address !== BigInt(address)) wrong.push(`${address.toString(16)} leads to ${rights.address.toString(16)}`);
      if ((rights.entry & ACCESSED) === 0n) wrong.push(`${address.toString(16)} is not marked as accessed`);
      if (rights.write && (rights.entry & DIRTY) === 0n) wrong.push(`${address.toString(16)} is writable and not marked as dirty`);
    }
    t.same(wrong.slice(0, 10), []);
    t.end();
  });
}

/** What native/guest/image.ld says of a page. */
function expected(address: number, image: ImageLayout): string {
  if (address === 0) return '-';
  if (address >= image.end) return '-';
  if (address < image.base) return 'user r';
  const page = (address - image.base) / PAGE;
  if (page < 9) return 'kernel rw';
  if (page === 9) return 'kernel rx';
  if (address < image.constants) return 'user rx';
  if (address < image.guard) return 'user r';
  if (address < image.stack) return '-';
  return 'user rw';
}

t.test('the window to devices is closed, and its table is for CPL 0', (t) => {
  const tables = pageTables(LAYOUTS['a small image']!);
  const entry = 3 * PAGE + (Math.floor(0xc000_0000 / LARGE_PAGE) % 512) * 8;
  t.equal(tables.readBigUInt64LE(entry) & ADDRESS, BigInt(BASE + 7 * PAGE), 'the last page of the tables is its own');
  t.equal(walk(tables, BASE + 7 * PAGE)!.user, false);
  for (const address of [0xc000_0000, 0xc01f_f000, 0xfeb0_0000, 0x4000_0000, 0x8000_0000, 0x1_0000_0000, 2 ** 39]) t.equal(walk(tables, address), undefined, address.toString(16));
  t.end();
});
