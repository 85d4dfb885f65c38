/** An image without its zeros loads as the linked one does: of images made by chance, and of the shapes that matter. */
import t from 'tap';
import { Elf } from '#src/image/elf.js';
import { sparseImage } from '#src/image/sparse-image.js';

const HEADER = 64, PROGRAM = 56, SECTION = 64;
const LOAD = 1, NOTE = 4, PROGBITS = 1, STRTAB = 3, NOBITS = 8;
const READ = 4, WRITE = 2, EXECUTE = 1;
const SEGMENTS_MAX = 16;

interface Range {
  readonly address: number;
  readonly flags: number;
  readonly bytes: Buffer;
  /** Zeros in memory behind `bytes`. */
  readonly more: number;
  /** Of `bytes`, by name: where each begins and its length. */
  readonly sections?: Readonly<Record<string, readonly [number, number]>>;
}

/** As a linker writes it: each range at a page of the file; a note in the first one, if there is a section `.note`. */
function linked(ranges: readonly Range[], apart: Readonly<Record<string, Buffer>> = {}): Buffer {
  const note = ranges[0]?.sections?.['.note'];
  const programs = ranges.length + (note === undefined ? 0 : 1);
  const offsets = ranges.map((_, index) => ranges.slice(0, index).reduce((at, { bytes }) => at + Math.ceil(bytes.length / 4096) * 4096, 4096));
  let end = offsets.length === 0 ? HEADER : offsets.at(-1)! + ranges.at(-1)!.bytes.length;
  const sections: { name: string; type: number; address: number; offset: number; size: number }[] = [{ name: '', type: 0, address: 0, offset: 0, size: 0 }];
  ranges.forEach(({ sections: named = {}, address, bytes, more }, index) => {
    for (const [name, [from, size]] of Object.entries(named)) sections.push({ name, type: PROGBITS, address: address + from, offset: offsets[index]! + from, size });
    if (more > 0) sections.push({ name: `.bss${index}`, type: NOBITS, address: address + bytes.length, offset: end, size: more });
  });
  const contents: [number, Buffer][] = ranges.map(({ bytes }, index) => [offsets[index]!, bytes]);
  for (const [name, bytes] of Object.entries(apart)) {
    sections.push({ name, type: PROGBITS, address: 0, offset: end, size: bytes.length });
    contents.push([end, bytes]);
    end += bytes.length;
  }
  const names = Buffer.from(`${[...sections.map(({ name }) => name), '.names'].join('\0')}\0`);
  sections.push({ name: '.names', type: STRTAB, address: 0, offset: end, size: names.length });
  contents.push([end, names]);
  const table = Math.ceil((end + names.length) / 8) * 8;
  const image = Buffer.alloc(table + sections.length * SECTION);
  image.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  image.writeBigUInt64LE(BigInt(HEADER), 32);
  image.writeBigUInt64LE(BigInt(table), 40);
  image.writeUInt16LE(programs, 56);
  image.writeUInt16LE(SECTION, 58);
  image.writeUInt16LE(sections.length, 60);
  image.writeUInt16LE(sections.length - 1, 62);
  for (const [at, bytes] of contents) image.set(bytes, at);
  const program = (index: number, type: number, flags: number, offset: number, address: number, file: number, memory: number, align: number) => {
    const at = HEADER + index * PROGRAM;
    image.writeUInt32LE(type, at);
    image.writeUInt32LE(flags, at + 4);
    for (const [word, value] of [offset, address, address, file, memory, align].entries()) image.writeBigUInt64LE(BigInt(value), at + 8 + word * 8);
  };
  ranges.forEach(({ address, flags, bytes, more }, index) => program(index, LOAD, flags, offsets[index]!, address, bytes.length, bytes.length + more, 4096));
  if (note !== undefined) program(ranges.length, NOTE, READ, offsets[0]! + note[0], ranges[0]!.address + note[0], note[1], note[1], 4);
  let name = 0;
  sections.forEach((section, index) => {
    const at = table + index * SECTION;
    image.writeUInt32LE(name, at);
    image.writeUInt32LE(section.type, at + 4);
    for (const [word, value] of [section.address, section.offset, section.size].entries()) image.writeBigUInt64LE(BigInt(value), at + 16 + word * 8);
    name += section.name.length + 1;
  });
  return image;
}

const programsOf = (image: Buffer) =>
  Array.from({ length: image.readUInt16LE(56) }, (_, index) => {
    const at = Number(image.readBigUInt64LE(32)) + index * PROGRAM;
    const word = (offset: number) => Number(image.readBigUInt64LE(at + offset));
    return { type: image.readUInt32LE(at), flags: image.readUInt32LE(at + 4), offset: word(8), address: word(16), file: word(32), memory: word(40), align: word(48) };
  });

/** What lies in memory after loading, with the rights to it: by address. Throws where two segments lie over each other. */
function loaded(image: Buffer): Map<number, string> {
  const memory = new Map<number, string>();
  for (const { type, flags, offset, address, file, memory: bytes } of programsOf(image)) {
    if (type !== LOAD) continue;
    if (file > bytes || offset + file > image.length) throw new Error('a segment is beyond the file');
    for (let at = 0; at < bytes; at += 1) {
      if (memory.has(address + at)) throw new Error('two segments lie over each other');
      memory.set(address + at, `${flags}:${at < file ? image[offset + at] : 0}`);
    }
  }
  return memory;
}

/** Numbers from 0 to below `most` (xorshift, Marsaglia 2003). */
function draw(seed: number): (most: number) => number {
  let state = seed + 1;
  return (most) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % most;
  };
}

/** Runs of something and of zeros, in turn. */
function patchy(next: (most: number) => number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; ) {
    const something = next(3) > 0;
    const end = Math.min(length, at + 1 + next(something ? 60 : 400));
    if (something) for (; at < end; at += 1) bytes[at] = 1 + next(255);
    at = end;
  }
  return bytes;
}

const KEEP_ALL = { without: [], lengths: {} };

t.test('whatever is linked lies in memory as it did, in no more segments than are read, and in no more bytes', async (t) => {
  const least = Number(process.env['WIRELET_SEED'] ?? 0);
  for (let seed = least; seed < least + (process.env['WIRELET_SEED'] === undefined ? 100 : 1); seed += 1) {
    const next = draw(seed);
    const ranges: Range[] = Array.from({ length: 1 + next(4) }, (_, index) => {
      const bytes = patchy(next, 1 + next(3000));
      const from = next(bytes.length);
      return {
        address: 0x100000 * (index + 1), flags: [READ, READ | EXECUTE, READ | WRITE][next(3)]!, bytes, more: next(2) * next(500),
        sections: { [`.whole${index}`]: [from, 1 + next(bytes.length - from)], ...(index === 0 && bytes.length > 24 ? { '.note': [0, 24] } : {}) },
      };
    });
    const image = linked(ranges, { '.apart': patchy(next, 1 + next(500)) });
    const sparse = sparseImage(image, { without: next(2) === 0 ? [] : ['.whole0'], lengths: {} });
    const problem = differs(image, sparse);
    if (problem !== undefined) return t.fail(`${problem}; again with WIRELET_SEED=${seed}`);
  }
  t.pass('100 images');
});

/** How a sparse image is another one than the linked; undefined: it is not. */
function differs(image: Buffer, sparse: Buffer): string | undefined {
  const [before, after] = [loaded(image), loaded(sparse)];
  if (before.size !== after.size || [...before].some(([address, what]) => after.get(address) !== what)) return 'memory differs';
  if (programsOf(sparse).length > SEGMENTS_MAX) return 'too many segments';
  if (sparse.length > image.length) return 'it is longer';
  const elf = new Elf(sparse), old = new Elf(image);
  for (const section of elf.sections.filter(({ name }) => name !== '')) {
    if (!elf.content(section).equals(old.content(old.section(section.name)!))) return `${section.name} differs`;
  }
  const notes = (of: Buffer) => programsOf(of).filter(({ type }) => type === NOTE).map(({ offset, file, address, align }) => [of.subarray(offset, offset + file).toString('hex'), address, align].join(' '));
  return notes(image).join() === notes(sparse).join() ? undefined : 'its note differs';
}

t.test('page tables that are mostly empty take what is in them', async (t) => {
  const tables = Buffer.alloc(32 * 4096);
  for (let page = 0; page < 32; page += 1) tables.writeBigUInt64LE(0x8000_0000_0010_0003n, page * 4096 + 8 * page);
  const image = linked([{ address: 0x200000, flags: READ, bytes: tables, more: 4096 }]);
  const sparse = sparseImage(image, KEEP_ALL);
  t.same([...loaded(sparse)], [...loaded(image)]);
  t.ok(programsOf(sparse).length === SEGMENTS_MAX, 'as many pieces as there may be');
  t.ok(sparse.length < image.length * 0.6, `${sparse.length} of ${image.length} bytes`);
});

t.test('a section that stays is not cut, one that goes may be, and the longest zeros go first', async (t) => {
  const bytes = Buffer.alloc(10_000, 7);
  bytes.fill(0, 1000, 3000);
  bytes.fill(0, 5000, 5000 + 95); // shorter than the header of a segment pays for
  const image = (sections: Range['sections']) => linked([{ address: 0x100000, flags: READ, bytes, more: 0, sections: sections! }]);
  const kept = sparseImage(image({ '.table': [900, 2200] }), KEEP_ALL);
  t.equal(programsOf(kept).length, 1, 'zeros within it stay');
  t.ok(new Elf(kept).content(new Elf(kept).section('.table')!).equals(bytes.subarray(900, 3100)));
  const dropped = sparseImage(image({ '.table': [900, 2200] }), { without: ['.table'], lengths: {} });
  t.same(programsOf(dropped).map(({ address, file, memory }) => [address, file, memory]), [[0x100000, 1000, 3000], [0x100000 + 3000, 7000, 7000]]);
  t.equal(new Elf(dropped).section('.table'), undefined);
});

t.test('a range of nothing but zeros keeps a byte, zeros at its end none, and what follows in memory is the range as it was', async (t) => {
  const bytes = Buffer.alloc(2000);
  bytes[0] = 1;
  for (const [content, file] of [[bytes, 1], [Buffer.alloc(2000), 1]] as const) {
    const sparse = sparseImage(linked([{ address: 0x100000, flags: READ | WRITE, bytes: content, more: 77 }]), KEEP_ALL);
    t.same(programsOf(sparse).map(({ file: length, memory, align }) => [length, memory, align]), [[file, 2077, 1]]);
  }
});

t.test('sections beside memory may be shortened', async (t) => {
  const apart = Buffer.from('described, and more that only the build reads');
  const sparse = sparseImage(linked([{ address: 0x100000, flags: READ, bytes: Buffer.alloc(100, 1), more: 0 }], { '.info': apart }), { without: [], lengths: { '.info': 9 } });
  t.equal(new Elf(sparse).content(new Elf(sparse).section('.info')!).toString(), 'described');
});

t.test('program headers beyond the file are refused', async (t) => {
  const image = linked([{ address: 0x100000, flags: READ, bytes: Buffer.alloc(100, 1), more: 0 }]);
  image.writeUInt16LE(60_000, 56);
  t.throws(() => sparseImage(image, KEEP_ALL), /its program headers are cut off/);
});
