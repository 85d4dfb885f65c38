/**
 * Arrows that stand unquoted in a YAML list. YAML reads `a :: Queue -> b` as a map and `[0]x -> y` as a
 * list; people mean the text. So where a `graph:` did not come out as text, its arrows are masked in a
 * copy of the file, character for character, and the copy is parsed: every place stays the same, and the
 * text of a masked arrow is taken from the file itself.
 */

export interface MaskedText {
  /** As long as the original, with `x` in place of what YAML would misread. */
  readonly text: string;
  readonly regions: readonly MaskedRegion[];
}

export interface MaskedRegion {
  readonly start: number;
  readonly end: number;
}

interface Line {
  readonly start: number;
  readonly text: string;
  /** Column of the first character that is not blank; Infinity for a blank line. */
  readonly indent: number;
}

/** The copy with all unquoted arrows under `graph:` keys masked. */
export function maskArrows(text: string): MaskedText {
  const lines = linesOf(text);
  const regions: MaskedRegion[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index]!;
    const key = /^(\s*(?:- +)*)(["']?graph["']?\s*:)(?=\s|$)/.exec(line.text);
    if (key === null) continue;
    const column = key[1]!.length;
    const block = blockAfter(lines, index, column);
    const inline = key[0].length + blankLength(line.text.slice(key[0].length));
    if (/^[^#]/.test(line.text.slice(inline))) addItem([line, ...block], line.start + inline, regions);
    else addItems(block, regions);
    index += block.length;
  }
  return { text: applyMask(text, regions), regions };
}

function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  let start = 0;
  for (const piece of text.split('\n')) {
    const line = piece.replace(/\r$/, '');
    lines.push({ start, text: line, indent: line.trim() === '' ? Infinity : blankLength(line) });
    start += piece.length + 1;
  }
  return lines;
}

function blankLength(text: string): number {
  return text.length - text.trimStart().length;
}

/** The lines that belong to the key at `column` of line `index`. */
function blockAfter(lines: readonly Line[], index: number, column: number): Line[] {
  const block: Line[] = [];
  for (let next = index + 1; next < lines.length; next += 1) {
    const line = lines[next]!;
    const belongs = line.indent > column || (line.indent === column && /^- /.test(line.text.trimStart()));
    if (!belongs) break;
    block.push(line);
  }
  while (block.length > 0 && block[block.length - 1]!.indent === Infinity) block.pop();
  return block;
}

/** Regions of the `- ` items of a block, or of the block as one text when it has none. */
function addItems(block: readonly Line[], regions: MaskedRegion[]): void {
  const first = block.find(({ indent, text }) => indent !== Infinity && !text.trimStart().startsWith('#'));
  if (first === undefined) return;
  if (!/^-(\s|$)/.test(first.text.trimStart())) {
    addItem(block.slice(block.indexOf(first)), first.start + first.indent, regions);
    return;
  }
  const starts = block.filter(({ indent, text }) => indent === first.indent && /^\s*-\s/.test(text));
  for (const [number, line] of starts.entries()) {
    const following = starts[number + 1];
    const lines = block.slice(block.indexOf(line), following === undefined ? undefined : block.indexOf(following));
    const dash = line.indent + 1;
    addItem(lines, line.start + dash + blankLength(line.text.slice(dash)), regions);
  }
}

/** Masks one item, unless its author has quoted it or it is no arrow. */
function addItem(lines: readonly Line[], start: number, regions: MaskedRegion[]): void {
  const kept = [...lines];
  while (kept.length > 1 && /^\s*(#.*)?$/.test(kept[kept.length - 1]!.text)) kept.pop();
  const last = kept[kept.length - 1];
  if (last === undefined) return;
  const comment = /\s#/.exec(last.text.slice(Math.max(0, start - last.start)));
  const from = Math.max(0, start - last.start);
  const end = last.start + (comment === null ? last.text.trimEnd().length : last.text.slice(0, from + comment.index).trimEnd().length);
  const content = kept.map(({ text }) => text).join('\n').slice(start - kept[0]!.start);
  if (/^["'|>&*!]/.test(content) || !/->|=>|::/.test(content)) return;
  if (end > start) regions.push({ start, end });
}

function applyMask(text: string, regions: readonly MaskedRegion[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { start, end } of regions) {
    parts.push(text.slice(at, start), text.slice(start, end).replace(/[^\s]/g, 'x'));
    at = end;
  }
  parts.push(text.slice(at));
  return parts.join('');
}

/** The text of a masked region, YAML's comments in it blanked out. */
export function maskedText(text: string, { start, end }: MaskedRegion): string {
  return text.slice(start, end).replace(/(^|\s)#[^\n]*/g, (comment) => ' '.repeat(comment.length));
}
