/**
 * Header layouts. A layout names the fields of a protocol header once; from it come the views through
 * which Node reads and writes packets, and the loads and stores that the compiler prints. All fields are
 * in network byte order.
 */
import type { u16, u32, u48, u8 } from './integers.js';
import { Packet, readU32, readU48, writeU16, writeU32, writeU48, type HeaderAnchor } from './packet.js';
import { PacketTrap } from './trap.js';

/** One field: `size` bytes at `offset`; of these, `width` bits that lie `shift` bits above the lowest. */
export interface Field<T extends number = number> {
  readonly offset: number;
  readonly size: 1 | 2 | 4 | 6;
  readonly shift: number;
  readonly width: number;
  /** Carries the flavour; never set. */
  readonly type?: T;
}

function whole<T extends number>(size: 1 | 2 | 4 | 6) {
  return (offset: number): Field<T> => ({ offset, size, shift: 0, width: size * 8 });
}

/** Fields for `defineHeader`: whole bytes by offset, or `bits` of the byte or 16-bit word at an offset. */
export const field = {
  u8: whole<u8>(1),
  u16: whole<u16>(2),
  u32: whole<u32>(4),
  u48: whole<u48>(6),
  /** `width` bits of the `size`-byte word at `offset`, `shift` bits above its lowest. */
  bits: (offset: number, size: 1 | 2 | 4, shift: number, width: number): Field<u16> => ({
    offset,
    size,
    shift,
    width,
  }),
};

export type Fields = Readonly<Record<string, Field>>;

/** A header in place: reading a property reads the packet, assigning writes it. */
export type View<F extends Fields> = { -readonly [K in keyof F]: NonNullable<F[K]['type']> };

export interface HeaderLayout<F extends Fields = Fields> {
  readonly name: string;
  /** Bytes of the header without options. */
  readonly size: number;
  /** Which mark `at(packet)` starts from; undefined: the start of the data. */
  readonly anchor: HeaderAnchor | undefined;
  readonly fields: F;
  /** The header where its anchor says it is. Traps when that header was not marked. */
  at(packet: Packet): View<F>;
  /** The header at `offset` from the start of the data. */
  atOffset(packet: Packet, offset: number): View<F>;
}

/** Values from which `make` fills a new header; fields that are not named stay zero. */
export type FieldValues<F extends Fields> = Partial<View<F>>;

export function defineHeader<const F extends Fields>(layout: {
  name: string;
  size: number;
  anchor?: HeaderAnchor;
  fields: F;
}): HeaderLayout<F> {
  class HeaderView {
    constructor(
      readonly packet: Packet,
      readonly base: number,
    ) {}
  }
  for (const [name, f] of Object.entries(layout.fields)) {
    Object.defineProperty(HeaderView.prototype, name, {
      get(this: HeaderView) {
        return readField(f, this.packet.bytes, inside(this, f));
      },
      set(this: HeaderView, value: number) {
        writeField(f, this.packet.bytes, inside(this, f), value);
      },
    });
  }
  const { anchor } = layout;
  return Object.freeze({
    name: layout.name,
    size: layout.size,
    anchor,
    fields: layout.fields,
    at: (packet: Packet) =>
      new HeaderView(packet, anchor === undefined ? packet.start : packet.anchor(anchor)) as unknown as View<F>,
    atOffset: (packet: Packet, offset: number) =>
      new HeaderView(packet, packet.start + offset) as unknown as View<F>,
  });
}

/** Bytes of a header with the given field values, `size` bytes long unless `length` says more. */
export function makeHeader<F extends Fields>(
  layout: HeaderLayout<F>,
  values: FieldValues<F>,
  length = layout.size,
): Uint8Array {
  const bytes = new Uint8Array(length);
  for (const [name, value] of Object.entries(values)) {
    const f = layout.fields[name];
    if (f === undefined) throw new RangeError(`${layout.name} has no field ${name}`);
    writeField(f, bytes, f.offset, value as number);
  }
  return bytes;
}

function inside(view: { packet: Packet; base: number }, f: Field): number {
  const at = view.base + f.offset;
  if (at + f.size > view.packet.end) throw new PacketTrap('short_packet');
  return at;
}

function readField(f: Field, bytes: Uint8Array, at: number): number {
  const word = readWord(f.size, bytes, at);
  return f.width === f.size * 8 ? word : (word >>> f.shift) & (2 ** f.width - 1);
}

function writeField(f: Field, bytes: Uint8Array, at: number, value: number): void {
  if (f.width === f.size * 8) return writeWord(f.size, bytes, at, value);
  const mask = (2 ** f.width - 1) << f.shift;
  writeWord(f.size, bytes, at, (readWord(f.size, bytes, at) & ~mask) | ((value << f.shift) & mask));
}

function readWord(size: Field['size'], bytes: Uint8Array, at: number): number {
  switch (size) {
    case 1:
      return bytes[at]!;
    case 2:
      return (bytes[at]! << 8) | bytes[at + 1]!;
    case 4:
      return readU32(bytes, at);
    case 6:
      return readU48(bytes, at);
  }
}

function writeWord(size: Field['size'], bytes: Uint8Array, at: number, value: number): void {
  switch (size) {
    case 1:
      bytes[at] = value;
      break;
    case 2:
      writeU16(bytes, at, value);
      break;
    case 4:
      writeU32(bytes, at, value);
      break;
    case 6:
      writeU48(bytes, at, value);
      break;
  }
}
