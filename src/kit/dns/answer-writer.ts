/**
 * Answers laid out when the zone is read: the sections behind the question, with names compressed (RFC 1035, 4.1.4)
 * wherever possible to the question's own. A server copies the bytes behind a question, and is done.
 *
 * An answer is laid out for a question with the name `base`. Where it is given for longer names that end in it, the
 * sections lie further back, and so does the end of the name: their pointers move by as much.
 */
import { keyOf, wireLength, type Name } from './name.js';
import { numberBytes, targetOf, TYPE, type RecordData } from './record-data.js';
import type { RecordSet } from './zone.js';

/** Bytes of a message's header, and of a question behind its name. */
export const HEADER_BYTES = 12;
export const QUESTION_TAIL_BYTES = 4;

/** Flags of an answer's header: it is one, and it is authoritative. */
export const RESPONSE = 0x8000;
export const AUTHORITATIVE = 0x0400;

/** Codes of answers (IANA dns-parameters). */
export const RCODE = Object.freeze({ no_error: 0, format_error: 1, server_failure: 2, name_error: 3, not_implemented: 4, refused: 5, not_auth: 9 });

/** Pointers have 14 bits; a name may move by as much as it is long. */
const POINTER_PLACE_MAX = 0x3fff - 255;

export interface Answer {
  readonly bytes: Uint8Array;
  /** Bytes of the name that it was laid out for. */
  readonly base: number;
  /** Where in the bytes pointers stand that move when the question's name is longer. */
  readonly pointers: readonly number[];
  /** Flags and code of the header. */
  readonly flags: number;
  /** Records of answer, authority and additional section. */
  readonly counts: readonly [number, number, number];
  /** Where it may be cut off when there is no room: `length` bytes are left, with that many additional records. */
  readonly cuts: readonly { readonly length: number; readonly additional: number }[];
}

export type Section = 0 | 1 | 2;

export class AnswerWriter {
  private readonly bytes: number[] = [];
  private readonly places = new Map<string, number>();
  private readonly pointers: number[] = [];
  private readonly counts: [number, number, number] = [0, 0, 0];
  private readonly cuts: { length: number; additional: number }[] = [];
  private readonly written = new Set<string>();
  private readonly begin: number;

  /** `known` labels at the end of `base` are the end of every question's name; with `begin` the sections lie there, such as right behind the header. */
  constructor(
    private readonly base: Name,
    known = base.length,
    private readonly isFixed = false,
    begin = HEADER_BYTES + wireLength(base) + QUESTION_TAIL_BYTES,
  ) {
    this.begin = begin;
    let place = HEADER_BYTES;
    for (let index = 0; index < base.length; index += 1) {
      if (base.length - index <= known) this.places.set(keyOf(base.slice(index)), place);
      place += 1 + base[index]!.length;
    }
  }

  /** Writes a set of records; without an owner it is the question's name. */
  set(section: Section, { records, ttl, type }: RecordSet, owner?: Name): void {
    this.written.add(this.keyOfSet(owner, type));
    for (const { data } of records) this.record(section, type, ttl, data, owner);
  }

  /** Writes a set into the additional section, unless it is in the answer; what may be cut off ends a cut. */
  additional(set: RecordSet, owner: Name, required: boolean): void {
    if (this.written.has(this.keyOfSet(owner, set.type))) return;
    if (!required) this.cuts.push({ length: this.bytes.length, additional: this.counts[2] });
    this.set(2, set, owner);
  }

  private keyOfSet(owner: Name | undefined, type: number): string {
    return `${keyOf(owner ?? this.base)}\0${type}`;
  }

  /** Bytes that were written. */
  get length(): number {
    return this.bytes.length;
  }

  record(section: Section, type: number, ttl: number, data: RecordData, owner?: Name): void {
    if (owner === undefined) this.bytes.push(0xc0, HEADER_BYTES);
    else this.name(owner, true);
    this.bytes.push(...numberBytes(type, 2), 0, 1, ...numberBytes(ttl, 4), 0, 0);
    const start = this.bytes.length;
    for (const part of data) {
      if (part instanceof Uint8Array) for (const byte of part) this.bytes.push(byte);
      else this.name(part.name, part.compress);
    }
    const length = this.bytes.length - start;
    this.bytes[start - 2] = length >>> 8;
    this.bytes[start - 1] = length & 0xff;
    this.counts[section] += 1;
  }

  private name(name: Name, compress: boolean): void {
    for (let index = 0; index < name.length; index += 1) {
      const key = keyOf(name.slice(index));
      const place = this.places.get(key);
      if (compress && place !== undefined) {
        if (!this.isFixed) this.pointers.push(this.bytes.length);
        this.bytes.push(0xc0 | (place >>> 8), place & 0xff);
        return;
      }
      const here = this.begin + this.bytes.length;
      if (place === undefined && here <= POINTER_PLACE_MAX) this.places.set(key, here);
      const label = name[index]!;
      this.bytes.push(label.length, ...Buffer.from(label, 'latin1'));
    }
    this.bytes.push(0);
  }

  done(flags: number): Answer {
    const { base, pointers, counts, cuts } = this;
    return { bytes: Uint8Array.from(this.bytes), base: wireLength(base), pointers, flags, counts, cuts };
  }
}

/** Types whose data names a host: its addresses go along (RFC 1035, 3.3; RFC 2782). */
export function hostsOf({ type, records }: RecordSet): Name[] {
  if (type !== TYPE.NS && type !== TYPE.MX && type !== TYPE.SRV) return [];
  return records.map(({ data }) => targetOf(data)!).filter((name) => name.length > 0);
}
