/**
 * Text that knows where each of its characters stands in a file: a Click configuration, a string of a
 * YAML file after quotes, escapes and indentation are taken off, a part of either.
 */
import type { SourceText, Span } from '../diagnostics.js';

/** From `start` (an offset in the text) on, the character at `i` stands at `i + shift` in `source`. */
interface Segment {
  readonly start: number;
  readonly source: SourceText;
  readonly shift: number;
}

export class PlacedText {
  private constructor(
    readonly text: string,
    private readonly segments: readonly Segment[],
    /** Offset in the file of each character, where they do not simply follow one another. */
    private readonly offsets?: Uint32Array,
  ) {}

  /** The part of `source` from `start` to `end`, as it stands. */
  static slice(source: SourceText, start = 0, end = source.text.length): PlacedText {
    return new PlacedText(source.text.slice(start, end), [{ start: 0, source, shift: start }]);
  }

  /** `text`, which stands at `start` in `source`, some of it perhaps blanked out. */
  static at(text: string, source: SourceText, start: number): PlacedText {
    return new PlacedText(text, [{ start: 0, source, shift: start }]);
  }

  /** Text whose characters stand at `offsets` of `source`. */
  static mapped(text: string, source: SourceText, offsets: Uint32Array): PlacedText {
    return new PlacedText(text, [{ start: 0, source, shift: 0 }], offsets);
  }

  /** The same text with other places, as `#line` directives give them. */
  withSegments(segments: readonly Segment[]): PlacedText {
    return new PlacedText(this.text, segments, this.offsets);
  }

  span(start: number, end: number = start): Span {
    const { source } = this.segmentAt(start);
    const from = this.offset(start);
    const last = end > start ? this.offset(end - 1) + 1 : from;
    return source.span(from, last);
  }

  /** Offset in the file of the character at `at`; the end of the text has one too. */
  private offset(at: number): number {
    if (this.offsets === undefined) return at + this.segmentAt(at).shift;
    if (at < this.offsets.length) return this.offsets[at]!;
    return this.offsets.length === 0 ? 0 : this.offsets[this.offsets.length - 1]! + 1;
  }

  private segmentAt(at: number): Segment {
    let low = 0;
    let high = this.segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.segments[middle]!.start <= at) low = middle;
      else high = middle - 1;
    }
    return this.segments[low]!;
  }
}

/**
 * Places of the characters of `text`, which YAML made of the source between `start` and `end`: the two
 * are walked together, and what the source has more (quotes, indentation, backslashes) is passed over.
 * `escapes`: it is a double-quoted string.
 */
export function alignText(
  text: string,
  source: SourceText,
  start: number,
  end: number,
  escapes: boolean,
): PlacedText {
  const raw = source.text;
  const offsets = new Uint32Array(text.length);
  let at = start;
  let escaped = false;
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index]!;
    // The second half of a character that one escape stands for.
    if (escaped && /[\udc00-\udfff]/.test(char)) {
      offsets[index] = offsets[index - 1]!;
      continue;
    }
    at = next(raw, at, end, char, escapes);
    offsets[index] = Math.min(at, end);
    escaped = escapes && raw[at] === '\\';
    if (escaped) at += escapeLength(raw, at);
    else if (raw[at] === char || isBreak(char, raw[at])) at += 1;
  }
  return PlacedText.mapped(text, source, offsets);
}

/** Where `char` comes from, at `at` or after it: as it stands, folded from a line break, or escaped. */
function next(raw: string, at: number, end: number, char: string, escapes: boolean): number {
  for (let seek = at; seek < end; seek += 1) {
    const found = raw[seek]!;
    if (escapes && found === '\\') {
      if (raw[seek + 1] !== '\n' && raw[seek + 1] !== '\r') return seek;
    } else if (found === char || isBreak(char, found)) {
      return seek;
    } else if (!/[\s'"]/.test(found)) {
      // Only blanks and quotes are ever left out without an escape.
      return at;
    }
  }
  return at;
}

/** A folded line break: the text has a blank, the source a new line. */
function isBreak(char: string, found: string | undefined): boolean {
  return (char === ' ' || char === '\n') && (found === '\n' || found === '\r');
}

/** Length of an escape of a double-quoted YAML string (YAML 1.2, 5.7). */
function escapeLength(raw: string, at: number): number {
  const digits = { x: 2, u: 4, U: 8 }[raw[at + 1] ?? ''] ?? 0;
  return 2 + digits;
}
