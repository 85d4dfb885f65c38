/** Zone files in master syntax (RFC 1035, 5; RFC 2308, 4): their records, with where each stands. */
import type { Diagnostics, SourceText, Span } from '../../diagnostics.js';
import { isMistake, parseName, type Name } from './name.js';
import { formatType, parseTime, parseType, readData, refusedType, RECORD_TYPES, TYPE, type RecordData } from './record-data.js';
import { entriesOf, type Entry, type Word } from './zone-lexer.js';

export interface ZoneRecord {
  readonly owner: Name;
  readonly type: number;
  /** Seconds, 0..2^31-1. */
  readonly ttl: number;
  readonly data: RecordData;
  /** The whole record; its owner where it is written there. */
  readonly span: Span;
}

/** Files within files, at most. */
const INCLUDE_DEPTH_MAX = 16;
/** Records of one zone, at most. */
export const RECORDS_MAX = 1_000_000;

/** Opens a file that another one names; undefined when it cannot be read, which was reported. */
export type OpenInclude = (name: string, at: Span) => SourceText | undefined;

/** All records of a zone file and of what it includes. What is wrong is reported, and the rest read on. */
export function readZone(source: SourceText, origin: Name, include: OpenInclude, diagnostics: Diagnostics): ZoneRecord[] {
  const reader = new ZoneReader(include, diagnostics);
  reader.read(source, origin, 0);
  return reader.records;
}

const CLASSES = /^(IN|CH|HS|CS|CLASS\d{1,5})$/i;
const OTHER_DIRECTIVES: Readonly<Record<string, string>> = { $GENERATE: '$GENERATE is of BIND alone: write the records out' };

class ZoneReader {
  readonly records: ZoneRecord[] = [];
  private origin!: Name;
  private owner: Name | undefined;
  private defaultTtl: number | undefined;
  private lastTtl: number | undefined;

  constructor(
    private readonly include: OpenInclude,
    private readonly diagnostics: Diagnostics,
  ) {}

  read(source: SourceText, origin: Name, depth: number): void {
    this.origin = origin;
    for (const entry of entriesOf(source, this.diagnostics)) {
      if (this.records.length >= RECORDS_MAX) return this.refuse(entry.words[0]!, `a zone has at most ${RECORDS_MAX} records`);
      const first = entry.words[0]!;
      if (!entry.continued && !first.quoted && first.text.startsWith('$')) this.directive(entry.words, depth);
      else this.record(entry);
    }
  }

  private refuse(word: Word, message: string, hint?: string): void {
    this.diagnostics.error('WL1311', word.span, message, hint);
  }

  // ---- directives -----------------------------------------------------------------------------------------

  private directive(words: readonly Word[], depth: number): void {
    const [name, value, second, more] = words;
    const directive = name!.text.toUpperCase();
    const known = directive === '$ORIGIN' || directive === '$TTL' || directive === '$INCLUDE';
    if (!known) return this.refuse(name!, OTHER_DIRECTIVES[directive] ?? `there is no directive ${name!.text}`, 'There are $ORIGIN, $TTL and $INCLUDE.');
    if (value === undefined) return this.refuse(name!, `${directive} needs a value`);
    const excess = directive === '$INCLUDE' ? more : second;
    if (excess !== undefined) return this.refuse(excess, `${directive} takes nothing more`);
    if (directive === '$ORIGIN') this.origin = this.name(value) ?? this.origin;
    else if (directive === '$TTL') this.setTtl(value);
    else this.includeFile(name!, value, second, depth);
  }

  private setTtl(value: Word): void {
    const ttl = parseTime(value.text);
    if (ttl === undefined) return this.refuse(value, `expected a time to live in seconds, got "${value.text}"`, 'For example 3600, or 1h; 2147483647 at most.');
    this.defaultTtl = ttl;
  }

  /** Origin and owner are, after it, what they were before (RFC 1035, 5.1). */
  private includeFile(directive: Word, file: Word, origin: Word | undefined, depth: number): void {
    if (depth >= INCLUDE_DEPTH_MAX) return this.refuse(directive, `files are included more than ${INCLUDE_DEPTH_MAX} deep`, 'Does a file include itself?');
    const within = origin === undefined ? this.origin : this.name(origin);
    const source = this.include(file.text, file.span);
    if (source === undefined || within === undefined) return;
    const [outer, owner] = [this.origin, this.owner];
    this.read(source, within, depth + 1);
    [this.origin, this.owner] = [outer, owner];
  }

  private name(word: Word): Name | undefined {
    const name = word.quoted ? { mistake: 'a name stands without quotes' } : parseName(word.text, this.origin);
    if (!isMistake(name)) return name;
    this.refuse(word, name.mistake, name.hint);
    return undefined;
  }

  // ---- records --------------------------------------------------------------------------------------------

  private record({ continued, words }: Entry): void {
    let at = 0;
    if (!continued) {
      const name = this.name(words[0]!);
      if (name === undefined) return;
      this.owner = name;
      at = 1;
    }
    const { owner } = this;
    if (owner === undefined) return this.refuse(words[0]!, 'the first record has no owner', 'A line that begins with a blank has the owner of the record before it.');
    let ttl: number | undefined;
    let classWord: Word | undefined;
    let type: number | undefined;
    // TTL and class, in either order, or one of them, or none.
    for (; at < words.length; at += 1) {
      const { text, quoted } = words[at]!;
      if (quoted) break;
      if (classWord === undefined && CLASSES.test(text)) classWord = words[at]!;
      else if (ttl === undefined && /^\d/.test(text)) {
        ttl = parseTime(text);
        if (ttl === undefined) return this.refuse(words[at]!, `expected a time to live or a type, got "${text}"`, 'A time to live is in seconds, 2147483647 at most.');
      } else {
        type = parseType(text);
        break;
      }
    }
    const typeWord = words[at];
    if (typeWord === undefined) return this.refuse(words.at(-1)!, 'the type of the record is missing', 'Write OWNER [TTL] [IN] TYPE DATA, such as: www 3600 IN A 192.0.2.1');
    if (type === undefined) return this.refuse(typeWord, `"${typeWord.text}" is no type of record`, `There are ${Object.keys(RECORD_TYPES).join(', ')}; others as TYPE123 \\# LENGTH HEX.`);
    const refused = refusedType(type);
    if (refused !== undefined) return this.refuse(typeWord, refused);
    if (classWord !== undefined && !/^(IN|CLASS0*1)$/i.test(classWord.text)) return this.refuse(classWord, `only class IN is served, not ${classWord.text.toUpperCase()}`);
    const span = spanOf(words);
    const data = readData(type, words.slice(at + 1), this.origin, (word, message, hint) => this.refuse(word ?? { ...typeWord, span: behind(words) }, message, hint));
    if (data === undefined) return;
    this.records.push({ owner, type, ttl: this.ttlOf(ttl, type, data, typeWord), data, span });
  }

  private ttlOf(given: number | undefined, type: number, data: RecordData, at: Word): number {
    if (given !== undefined) return (this.lastTtl = given);
    if (this.defaultTtl !== undefined) return this.defaultTtl;
    if (this.lastTtl !== undefined) return this.lastTtl;
    // Before the first time to live there is only that of negative answers, as BIND takes it.
    const negative = type === TYPE.SOA ? Buffer.from(data.at(-1) as Uint8Array).readUInt32BE() : 0;
    const message = type === TYPE.SOA ? `the zone gives no time to live: that of negative answers is taken, ${negative} seconds` : `the first ${formatType(type)} record has no time to live`;
    if (type === TYPE.SOA) this.diagnostics.warning('WL1313', at.span, message, 'Begin the file with $TTL 3600, or what it shall be.');
    else this.diagnostics.error('WL1311', at.span, message, 'Begin the file with $TTL 3600, or what it shall be.');
    return (this.lastTtl = negative);
  }
}

function spanOf(words: readonly Word[]): Span {
  const { source, start } = words[0]!.span;
  return { source, start, end: words.at(-1)!.span.end };
}

/** The place behind the last word. */
function behind(words: readonly Word[]): Span {
  const { source, end } = words.at(-1)!.span;
  return { source, start: end, end };
}

