/**
 * The little of ELF64 (System V ABI, AMD64 supplement) that images need: finding sections and symbols, and
 * adding a section that is not loaded. Input is a file from outside: every offset is checked.
 */

const HEADER_BYTES = 64;
const SECTION_HEADER_BYTES = 64;
const SYMBOL_BYTES = 24;
const TYPE_PROGBITS = 1;
const TYPE_SYMTAB = 2;
const TYPE_RELA = 4;
const TYPE_NOBITS = 8;
const RELOCATION_BYTES = 24;
const RELOCATION_RELATIVE = 8;
/** R_X86_64_PC32 and PLT32 count from behind the four bytes that they fill. */
const FROM_BEHIND = new Set([2, 4]);
const SECTIONS_MAX = 4096;

export class ElfError extends Error {}

export interface Section {
  readonly name: string;
  readonly type: number;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
}

export interface ElfSymbol {
  readonly name: string;
  readonly value: number;
  readonly size: number;
  /** False: another object has it. */
  readonly defined: boolean;
}

export class Elf {
  readonly sections: readonly Section[];

  constructor(readonly bytes: Buffer) {
    if (bytes.length < HEADER_BYTES || bytes.readUInt32BE(0) !== 0x7f454c46) throw new ElfError('it is not an ELF file');
    if (bytes[4] !== 2 || bytes[5] !== 1) throw new ElfError('it is not a 64-bit little-endian ELF file');
    this.sections = this.readSections();
  }

  section(name: string): Section | undefined {
    return this.sections.find((section) => section.name === name);
  }

  /** The bytes of a section; empty for one that occupies no file space. */
  content(section: Section): Buffer {
    return section.type === TYPE_NOBITS ? Buffer.alloc(0) : this.slice(section.offset, section.size);
  }

  symbols(): ElfSymbol[] {
    const table = this.sections.find(({ type }) => type === TYPE_SYMTAB);
    const names = table && this.sections[table.link];
    if (table === undefined || names === undefined) return [];
    const entries = this.content(table);
    const strings = this.content(names);
    const symbols: ElfSymbol[] = [];
    for (let at = 0; at + SYMBOL_BYTES <= entries.length; at += SYMBOL_BYTES) {
      symbols.push({
        name: stringAt(strings, entries.readUInt32LE(at)),
        value: Number(entries.readBigUInt64LE(at + 8)),
        size: Number(entries.readBigUInt64LE(at + 16)),
        defined: entries.readUInt16LE(at + 6) !== 0,
      });
    }
    return symbols;
  }

  /**
   * The 64-bit words of a section as they will be in memory, addresses as if the object was not moved: in a shared object
   * R_X86_64_RELATIVE relocations (type 8) give them.
   */
  words(section: Section): number[] {
    const content = Buffer.from(this.content(section));
    for (const table of this.sections.filter(({ type }) => type === TYPE_RELA)) {
      const entries = this.content(table);
      for (let at = 0; at + RELOCATION_BYTES <= entries.length; at += RELOCATION_BYTES) {
        const place = Number(entries.readBigUInt64LE(at)) - section.address;
        if (place < 0 || place + 8 > content.length || entries.readUInt32LE(at + 8) !== RELOCATION_RELATIVE) continue;
        content.writeBigUInt64LE(entries.readBigUInt64LE(at + 16), place);
      }
    }
    return Array.from({ length: Math.floor(content.length / 8) }, (_, index) => Number(content.readBigUInt64LE(index * 8)));
  }

  /** What some sections refer to, by addresses, in an executable whose linker kept its relocations. */
  references(from: readonly string[]): { place: number; target: number }[] {
    return this.sections.filter(({ type, name }) => type === TYPE_RELA && from.includes(name.replace(/^\.rela/, ''))).flatMap((table) => {
      const symbols = this.sections[table.link];
      const names = symbols === undefined ? Buffer.alloc(0) : this.content(symbols);
      const entries = this.content(table);
      return Array.from({ length: Math.floor(entries.length / RELOCATION_BYTES) }, (_, index) => {
        const at = index * RELOCATION_BYTES;
        const symbol = entries.readUInt32LE(at + 12) * SYMBOL_BYTES;
        const value = symbol + SYMBOL_BYTES <= names.length ? Number(names.readBigUInt64LE(symbol + 8)) : 0;
        const behind = FROM_BEHIND.has(entries.readUInt32LE(at + 8)) ? 4 : 0;
        return { place: Number(entries.readBigUInt64LE(at)), target: value + Number(entries.readBigInt64LE(at + 16)) + behind };
      });
    });
  }

  /** A copy of the file with one more section, which no loader looks at. */
  withSection(name: string, content: Uint8Array): Buffer {
    const header = Buffer.from(this.bytes.subarray(0, HEADER_BYTES));
    const tableOffset = Number(header.readBigUInt64LE(40));
    const count = header.readUInt16LE(60);
    const namesIndex = header.readUInt16LE(62);
    const names = this.sections[namesIndex];
    if (names === undefined) throw new ElfError('it has no section names');
    const body = this.bytes.subarray(0, tableOffset);
    const oldTable = Buffer.from(this.slice(tableOffset, count * SECTION_HEADER_BYTES));
    const newNames = Buffer.concat([this.content(names), Buffer.from(`${name}\0`)]);
    const contentOffset = align(body.length, 8);
    const namesOffset = align(contentOffset + content.length, 8);
    const newTableOffset = align(namesOffset + newNames.length, 8);
    const result = Buffer.alloc(newTableOffset + (count + 1) * SECTION_HEADER_BYTES);
    body.copy(result);
    result.set(content, contentOffset);
    newNames.copy(result, namesOffset);
    oldTable.writeBigUInt64LE(BigInt(namesOffset), namesIndex * SECTION_HEADER_BYTES + 24);
    oldTable.writeBigUInt64LE(BigInt(newNames.length), namesIndex * SECTION_HEADER_BYTES + 32);
    oldTable.copy(result, newTableOffset);
    const entry = newTableOffset + count * SECTION_HEADER_BYTES;
    result.writeUInt32LE(newNames.length - name.length - 1, entry);
    result.writeUInt32LE(TYPE_PROGBITS, entry + 4);
    result.writeBigUInt64LE(BigInt(contentOffset), entry + 24);
    result.writeBigUInt64LE(BigInt(content.length), entry + 32);
    result.writeBigUInt64LE(1n, entry + 48);
    result.writeBigUInt64LE(BigInt(newTableOffset), 40);
    result.writeUInt16LE(count + 1, 60);
    return result;
  }

  private readSections(): Section[] {
    const offset = this.number(40);
    const size = this.bytes.readUInt16LE(58);
    const count = this.bytes.readUInt16LE(60);
    const namesIndex = this.bytes.readUInt16LE(62);
    if (count === 0) return [];
    if (size !== SECTION_HEADER_BYTES || count > SECTIONS_MAX || namesIndex >= count) throw new ElfError('its section table is damaged');
    const table = this.slice(offset, count * size);
    const raw = Array.from({ length: count }, (_, index) => {
      const entry = table.subarray(index * size, (index + 1) * size);
      return {
        nameAt: entry.readUInt32LE(0),
        type: entry.readUInt32LE(4),
        address: Number(entry.readBigUInt64LE(16)),
        offset: Number(entry.readBigUInt64LE(24)),
        size: Number(entry.readBigUInt64LE(32)),
        link: entry.readUInt32LE(40),
      };
    });
    const names = this.slice(raw[namesIndex]!.offset, raw[namesIndex]!.size);
    return raw.map(({ nameAt, ...section }) => ({ name: stringAt(names, nameAt), ...section }));
  }

  private number(at: number): number {
    return Number(this.bytes.readBigUInt64LE(at));
  }

  private slice(offset: number, size: number): Buffer {
    if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(size) || offset + size > this.bytes.length) {
      throw new ElfError('it points outside itself');
    }
    return this.bytes.subarray(offset, offset + size);
  }
}

function stringAt(strings: Buffer, at: number): string {
  if (at >= strings.length) return '';
  const end = strings.indexOf(0, at);
  return strings.toString('latin1', at, end < 0 ? strings.length : end);
}

function align(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}
