/**
 * A linked image without its zeros. A linker gives the file of an image a page for its header, begins each range at a page of the
 * file, and writes page tables out that are mostly empty. Who loads an image copies its segments and finds all other
 * memory zeroed, so the file needs only what is not zero: here the ranges are cut at their longest runs of zeros, and what is
 * between two runs becomes a segment of its own with the rights of the whole (System V ABI, program headers). Nobody maps an
 * image's file, so p_align is 1.
 */
import { ElfError, Elf, type Section } from './elf.js';

const HEADER_BYTES = 64;
const PROGRAM_BYTES = 56;
const SECTION_BYTES = 64;
const LOAD = 1;
const NOTE = 4;
/** What the tender reads at most (kSegmentsMax), the note among them. */
const SEGMENTS_MAX = 16;
/** A shorter run of zeros costs less than the header of a segment. */
const ZEROS_MIN = 96;

interface Program {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  readonly fileBytes: number;
  readonly memoryBytes: number;
  readonly align: number;
}

/** Bytes of the linked file and, once placed, where they are in the new one. */
interface Piece {
  readonly program: Program;
  /** Counted from the beginning of the range. */
  readonly from: number;
  to: number;
  offset: number;
}

/** What becomes of sections besides. */
export interface SparseSections {
  /** Dropped: those that may be cut into pieces, and what only the build reads. */
  readonly without: readonly string[];
  /** How many bytes are kept of some that are not loaded. */
  readonly lengths: Readonly<Record<string, number>>;
}

/** The same image in as few bytes. */
export function sparseImage(image: Buffer, { without, lengths }: SparseSections): Buffer {
  const elf = new Elf(image);
  const programs = programsOf(image);
  const ranges = programs.filter(({ type, memoryBytes }) => type === LOAD && memoryBytes > 0);
  const kept = elf.sections.map((section, index) => ({ section, index })).filter(({ section }) => !without.includes(section.name));
  const whole = kept.filter(({ section }) => section.address > 0 && elf.content(section).length > 0).map(({ section }) => section);
  const others = programs.length - ranges.length;
  const pieces = cut(image, ranges, whole, SEGMENTS_MAX - others);

  let end = HEADER_BYTES + (pieces.length + others) * PROGRAM_BYTES;
  for (const piece of pieces) {
    piece.offset = end;
    end += piece.to - piece.from;
  }
  const placed = (offset: number): number => {
    const piece = pieces.find(({ program, from, to }) => program.offset + from <= offset && offset < program.offset + to);
    return piece === undefined ? 0 : piece.offset + offset - piece.program.offset - piece.from;
  };
  // Sections that nobody loads follow.
  const apart = new Map<Section, number>();
  for (const { section } of kept) {
    if (section.address > 0 || elf.content(section).length === 0) continue;
    apart.set(section, end);
    end += lengths[section.name] ?? section.size;
  }
  const table = Math.ceil(end / 8) * 8;
  const result = Buffer.alloc(table + kept.length * SECTION_BYTES);
  image.copy(result, 0, 0, HEADER_BYTES);
  for (const piece of pieces) image.copy(result, piece.offset, piece.program.offset + piece.from, piece.program.offset + piece.to);
  for (const [section, offset] of apart) result.set(elf.content(section).subarray(0, lengths[section.name]), offset);

  const headers = [...pieces.map((piece, index) => segmentOf(piece, pieces[index + 1])), ...programs.filter((program) => !ranges.includes(program)).map((program) => ({ ...program, offset: placed(program.offset) }))];
  headers.forEach((header, index) => writeProgram(result, HEADER_BYTES + index * PROGRAM_BYTES, header));
  const oldTable = Number(image.readBigUInt64LE(40));
  const names = image.readUInt16LE(62);
  kept.forEach(({ section, index }, place) => {
    const at = table + place * SECTION_BYTES;
    image.copy(result, at, oldTable + index * SECTION_BYTES, oldTable + (index + 1) * SECTION_BYTES);
    result.writeBigUInt64LE(BigInt(apart.get(section) ?? placed(section.offset)), at + 24);
    if (lengths[section.name] !== undefined) result.writeBigUInt64LE(BigInt(lengths[section.name]!), at + 32);
    if (index === names) result.writeUInt16LE(place, 62);
  });
  result.writeBigUInt64LE(BigInt(HEADER_BYTES), 32);
  result.writeBigUInt64LE(BigInt(table), 40);
  result.writeUInt16LE(headers.length, 56);
  result.writeUInt16LE(kept.length, 60);
  return result;
}

function programsOf(image: Buffer): Program[] {
  const start = Number(image.readBigUInt64LE(32));
  const count = image.readUInt16LE(56);
  if (start + count * PROGRAM_BYTES > image.length) throw new ElfError('its program headers are cut off');
  return Array.from({ length: count }, (_, index) => {
    const at = start + index * PROGRAM_BYTES;
    const number = (offset: number) => Number(image.readBigUInt64LE(at + offset));
    return { type: image.readUInt32LE(at), flags: image.readUInt32LE(at + 4), offset: number(8), address: number(16), fileBytes: number(32), memoryBytes: number(40), align: number(48) };
  });
}

/** Cuts ranges at their longest runs of zeros, `most` pieces at most, and never within a section that is to stay whole. */
function cut(image: Buffer, ranges: readonly Program[], whole: readonly Section[], most: number): Piece[] {
  const gaps = ranges.flatMap((program) => zerosOf(image, program, whole));
  // A gap at the end of a range costs no segment.
  const atEnd = gaps.filter(({ to, program }) => to === program.fileBytes);
  const between = gaps.filter((gap) => !atEnd.includes(gap)).sort((a, b) => b.to - b.from - (a.to - a.from) || a.program.address + a.from - b.program.address - b.from);
  const used = new Set([...atEnd, ...between.slice(0, Math.max(0, most - ranges.length))]);
  return ranges.flatMap((program) => {
    const pieces: Piece[] = [{ program, from: 0, to: program.fileBytes, offset: 0 }];
    for (const gap of gaps.filter((one) => one.program === program && used.has(one))) {
      pieces.at(-1)!.to = gap.from;
      if (gap.to < program.fileBytes) pieces.push({ program, from: gap.to, to: program.fileBytes, offset: 0 });
    }
    return pieces;
  });
}

interface Gap {
  readonly program: Program;
  readonly from: number;
  readonly to: number;
}

/** Runs of zeros of a range outside of the sections that stay whole, in their order. */
function zerosOf(image: Buffer, program: Program, whole: readonly Section[]): Gap[] {
  const gaps: Gap[] = [];
  let from = -1;
  const close = (to: number): void => {
    // The first byte of a range always begins a segment.
    const start = Math.max(from, 1);
    if (from >= 0 && (to - start >= ZEROS_MIN || (to === program.fileBytes && to > start))) gaps.push({ program, from: start, to });
    from = -1;
  };
  for (let at = 0; at < program.fileBytes; at += 1) {
    const inside = whole.find(({ offset, size }) => offset <= program.offset + at && program.offset + at < offset + size);
    if (inside !== undefined) {
      close(at);
      at = inside.offset + inside.size - program.offset - 1;
    } else if (image[program.offset + at] !== 0) close(at);
    else if (from < 0) from = at;
  }
  close(program.fileBytes);
  return gaps;
}

/** The segment of a piece; it reaches as far as the next of the same range, or to the range's end. */
function segmentOf({ program, from, to, offset }: Piece, next: Piece | undefined): Program {
  const end = next?.program === program ? next.from : program.memoryBytes;
  return { ...program, offset, address: program.address + from, fileBytes: to - from, memoryBytes: end - from, align: 1 };
}

function writeProgram(to: Buffer, at: number, { type, flags, offset, address, fileBytes, memoryBytes, align }: Program): void {
  to.writeUInt32LE(type, at);
  to.writeUInt32LE(flags, at + 4);
  for (const [index, value] of [offset, address, address, fileBytes, memoryBytes, type === NOTE ? align : 1].entries()) to.writeBigUInt64LE(BigInt(value), at + 8 + index * 8);
}
