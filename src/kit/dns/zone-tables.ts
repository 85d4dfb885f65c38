/** A zone as constants that the packet path looks questions up in: names by their hash, answers by name and type. */
import type { Diagnostics, SourceText } from '../../diagnostics.js';
import { RCODE, type Answer } from './answer-writer.js';
import { hashOfWords, nameWords } from './name-hash.js';
import { keyOf, NAME_BYTES_MAX, wireLength, wireOf, type Name } from './name.js';
import { TYPE } from './record-data.js';
import { ZoneAnswers } from './zone-answers.js';
import type { OpenInclude } from './zone-reader.js';
import { zoneTransfer } from './zone-transfer.js';
import type { Zone, ZoneNode } from './zone.js';
import { loadZone } from './load-zone.js';

/**
 * All arrays whose names begin alike are columns of one table. A `first` holds, for each row, where its entries begin,
 * and at its end how many entries there are.
 */
export interface ZoneTables {
  readonly seed: number;
  /** Bucket of a name: the lowest bits of its hash. Names are sorted by bucket. */
  readonly bucket_mask: number;
  readonly bucket_first: readonly number[];
  readonly name_hash: readonly number[];
  /** Bytes on the wire. */
  readonly name_length: readonly number[];
  /** Where its words begin. */
  readonly name_words: readonly number[];
  /** Whether other servers answer for it and what is below. */
  readonly name_cut: readonly number[];
  /** One more than the number of the wildcard right below it; 0: there is none. */
  readonly name_wildcard: readonly number[];
  /** Answers for types that are not listed, and for ANY. */
  readonly name_otherwise: readonly number[];
  readonly name_any: readonly number[];
  readonly name_first_type: readonly number[];
  /** Behind the last name as many zeros as a name can have words. */
  readonly words: readonly number[];
  readonly type_number: readonly number[];
  readonly type_answer: readonly number[];
  readonly answer_start: readonly number[];
  readonly answer_length: readonly number[];
  readonly answer_base: readonly number[];
  readonly answer_flags: readonly number[];
  readonly answer_answers: readonly number[];
  readonly answer_authorities: readonly number[];
  readonly answer_additionals: readonly number[];
  readonly answer_first_pointer: readonly number[];
  readonly answer_first_cut: readonly number[];
  readonly pointers: readonly number[];
  /** The shorter ones first. */
  readonly cut_length: readonly number[];
  readonly cut_additionals: readonly number[];
  readonly bytes: Uint8Array;
  /** Labels of the origin, and most labels of a name that exists. */
  readonly least_labels: number;
  readonly most_labels: number;
  /** The answer for names that do not exist. */
  readonly no_such_name: number;
  /** The answer that begins a transfer of the zone; -1: there are none. */
  readonly transfer_first: number;
  /** Where in `bytes` the other messages of a transfer lie, with their lengths and without identification; see ZoneTransfer. */
  readonly transfer_start: number;
  readonly transfer_length: number;
  /** Where each of them begins, from there. */
  readonly transfer_starts: readonly number[];
}

/**
 * Reads a zone file into tables; undefined when it has errors, which were reported. Only `withTransfer` they hold what a transfer of
 * the whole zone is made of.
 */
export function zoneTables(source: SourceText, origin: Name, include: OpenInclude, diagnostics: Diagnostics, withTransfer = false): ZoneTables | undefined {
  const zone = loadZone(source, origin, include, diagnostics);
  return zone && tablesOf(zone, withTransfer);
}

/** Seeds that are tried for short buckets. */
const SEEDS = 8;

export function tablesOf(zone: Zone, withTransfer = false): ZoneTables {
  const nodes = zone.all.filter(({ name }) => {
    const cut = zone.cutAbove(name);
    return cut === undefined || keyOf(cut.name) === keyOf(name);
  });
  const { seed, mask, order, first } = buckets(nodes);
  const sorted = order.map(({ node }) => node);
  const numbers = new Map(sorted.map(({ name }, index) => [keyOf(name), index]));
  const answers = new AnswerTable();
  const made = new ZoneAnswers(zone);
  const nothing = answers.add(made.nothing(RCODE.no_error));
  const noSuchName = answers.add(made.nothing(RCODE.name_error));
  const transfer = withTransfer ? zoneTransfer(zone) : undefined;
  const transferFirst = transfer === undefined ? -1 : answers.add(transfer.first);
  const types: { number: number; answer: number }[] = [];
  const rows = sorted.map((node) => {
    const firstType = types.length;
    const row = isCut(zone, node) ? cutRow(node) : ownRow(node);
    return { ...row, firstType };
  });

  function cutRow(node: ZoneNode) {
    types.push({ number: TYPE.DS, answer: answers.addOr(made.signer(node), nothing) });
    const referral = answers.add(made.referral(node));
    return { otherwise: referral, any: referral };
  }

  function ownRow(node: ZoneNode) {
    for (const type of made.typesOf(node)) types.push({ number: type, answer: answers.add(made.answer(node, type)) });
    const isAlias = node.sets.has(TYPE.CNAME);
    return {
      otherwise: isAlias ? answers.add(made.answer(node, undefined)) : nothing,
      any: node.sets.size === 0 ? nothing : answers.add(made.any(node)),
    };
  }

  const words: number[] = [];
  const nameStarts = order.map((item) => words.push(...item.words) - item.words.length);
  words.push(...new Array<number>(NAME_BYTES_MAX >> 2).fill(0), 0);
  const labels = sorted.map(({ name }) => name.length);
  const columns = answers.columns();
  return {
    seed,
    bucket_mask: mask,
    bucket_first: first,
    name_hash: order.map(({ hash }) => hash),
    name_length: sorted.map(({ name }) => wireLength(name)),
    name_words: nameStarts,
    name_cut: sorted.map((node) => (isCut(zone, node) ? 1 : 0)),
    name_wildcard: sorted.map(({ name }) => (numbers.get(keyOf(['*', ...name])) ?? -1) + 1),
    name_otherwise: rows.map(({ otherwise }) => otherwise),
    name_any: rows.map(({ any }) => any),
    name_first_type: [...rows.map(({ firstType }) => firstType), types.length],
    words,
    type_number: types.map(({ number }) => number),
    type_answer: types.map(({ answer }) => answer),
    ...columns,
    bytes: Uint8Array.from(Buffer.concat([columns.bytes, transfer?.bytes ?? new Uint8Array()])),
    least_labels: zone.origin.length,
    most_labels: labels.reduce((most, count) => Math.max(most, count), 0),
    no_such_name: noSuchName,
    transfer_first: transferFirst,
    transfer_start: columns.bytes.length,
    transfer_length: transfer?.bytes.length ?? 0,
    transfer_starts: transfer?.starts ?? [0],
  };
}

function isCut(zone: Zone, { name, sets }: ZoneNode): boolean {
  return sets.has(TYPE.NS) && keyOf(name) !== keyOf(zone.origin);
}

interface Placed {
  readonly node: ZoneNode;
  /** Behind the last name as many zeros as a name can have words. */
  readonly words: readonly number[];
  readonly hash: number;
}

/** The names in buckets, about half of them in use, with the seed of a few that makes the fullest one smallest. */
function buckets(nodes: readonly ZoneNode[]): { seed: number; mask: number; order: Placed[]; first: number[] } {
  const mask = 2 ** Math.ceil(Math.log2(2 * nodes.length)) - 1;
  const named = nodes.map((node) => ({ node, words: nameWords(wireOf(node.name)) }));
  let best: { seed: number; fullest: number } | undefined;
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const counts = new Map<number, number>();
    let fullest = 0;
    for (const { words } of named) {
      const bucket = hashOfWords(words, seed) & mask;
      const count = (counts.get(bucket) ?? 0) + 1;
      counts.set(bucket, count);
      fullest = Math.max(fullest, count);
    }
    if (best === undefined || fullest < best.fullest) best = { seed, fullest };
  }
  const { seed } = best!;
  const placed = named.map(({ node, words }) => ({ node, words, hash: hashOfWords(words, seed) }));
  const order = placed.sort((a, b) => (a.hash & mask) - (b.hash & mask));
  const first: number[] = [];
  let at = 0;
  for (let bucket = 0; bucket <= mask + 1; bucket += 1) {
    while (at < order.length && (order[at]!.hash & mask) < bucket) at += 1;
    first.push(at);
  }
  return { seed, mask, order, first };
}

/** Answers by number, each once. */
class AnswerTable {
  private readonly list: Answer[] = [];
  private readonly known = new Map<string, number>();

  add(answer: Answer): number {
    const { base, pointers, flags, counts, cuts, bytes } = answer;
    const key = [pointers.length > 0 ? base : '', pointers, flags, counts, cuts.map(({ length }) => length), Buffer.from(bytes).toString('latin1')].join(';');
    const number = this.known.get(key);
    if (number !== undefined) return number;
    this.known.set(key, this.list.length);
    return this.list.push(answer) - 1;
  }

  addOr(answer: Answer | undefined, other: number): number {
    return answer === undefined ? other : this.add(answer);
  }

  columns() {
    const { list } = this;
    const pointers: number[] = [];
    const cuts: { length: number; additional: number }[] = [];
    const starts: number[] = [];
    const pieces: Uint8Array[] = [];
    const places = new Map<string, number>();
    const firstPointer: number[] = [];
    const firstCut: number[] = [];
    let length = 0;
    for (const answer of list) {
      firstPointer.push(pointers.length);
      firstCut.push(cuts.length);
      pointers.push(...answer.pointers);
      cuts.push(...answer.cuts);
      // Answers that differ in their header alone share bytes.
      const key = Buffer.from(answer.bytes).toString('latin1');
      const place = places.get(key) ?? length;
      starts.push(place);
      if (places.has(key)) continue;
      places.set(key, place);
      pieces.push(answer.bytes);
      length += answer.bytes.length;
    }
    return {
      answer_start: starts,
      answer_length: list.map(({ bytes }) => bytes.length),
      answer_base: list.map(({ base }) => base),
      answer_flags: list.map(({ flags }) => flags),
      answer_answers: list.map(({ counts }) => counts[0]),
      answer_authorities: list.map(({ counts }) => counts[1]),
      answer_additionals: list.map(({ counts }) => counts[2]),
      answer_first_pointer: [...firstPointer, pointers.length],
      answer_first_cut: [...firstCut, cuts.length],
      pointers,
      cut_length: cuts.map((cut) => cut.length),
      cut_additionals: cuts.map((cut) => cut.additional),
      bytes: Buffer.concat(pieces),
    };
  }
}
