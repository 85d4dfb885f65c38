/** What the tests read out of the documents: code blocks, links, headings. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '#src/package-root.js';

export interface Document {
  /** Path from the root of the repository. */
  readonly name: string;
  readonly text: string;
}

export interface Block {
  readonly language: string;
  /** `file=rules.txt` behind the language: the block is a file that the graphs of its document read. */
  readonly file?: string;
  /** Shows a mistake. */
  readonly wrong: boolean;
  readonly text: string;
  /** Line of its first fence, from 1. */
  readonly line: number;
}

export interface Link {
  readonly target: string;
  readonly line: number;
}

/** All documents: those of the root, and those under docs. */
export function documents(): Document[] {
  const top = readdirSync(packageRoot).filter((file) => file.endsWith('.md'));
  const below = readdirSync(path.join(packageRoot, 'docs'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.md')).map((file) => path.join('docs', file));
  return [...top, ...below].sort().map(document);
}

export function document(name: string): Document {
  return { name, text: readFileSync(path.join(packageRoot, name), 'utf8') };
}

export function blocksOf({ text }: Document): Block[] {
  return [...text.matchAll(/^```(\S*)(.*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    language: match[1]!,
    file: /file=(\S+)/.exec(match[2]!)?.[1],
    wrong: / wrong\b/.test(match[2]!),
    text: match[3]!,
    line: lineAt(text, match.index),
  }));
}

/** Links and images of the prose; code is left out. */
export function linksOf({ text }: Document): Link[] {
  const prose = withoutCode(text);
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => ({ target: match[1]!, line: lineAt(prose, match.index) }));
}

/** The anchors of a document, as they are made of its headings: lower case, blanks to dashes, punctuation left out. */
export function anchorsOf({ text }: Document): Set<string> {
  const anchors = new Set<string>();
  for (const [, title] of withoutBlocks(text).matchAll(/^#{1,6} +(.*?) *$/gm)) {
    const base = title!.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-');
    let anchor = base;
    for (let again = 1; anchors.has(anchor); again += 1) anchor = `${base}-${again}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** The command lines in which `wirelet` or `node src/cli/wirelet.cjs` is called: of code blocks and of code in the prose. */
export function callsOf({ text }: Document): { words: string[]; line: number }[] {
  const joined = text.replace(/\\\n\s*/g, (gap) => ' '.repeat(gap.length));
  return [...joined.matchAll(/(?:^[$ ]*|`)(?:npx )?wirelet +([^`\n#>|]*)/gm)].map((match) => ({
    words: match[1]!.trim().split(/\s+/),
    line: lineAt(joined, match.index),
  }));
}

function withoutBlocks(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, blank);
}

function withoutCode(text: string): string {
  return withoutBlocks(text).replace(/`[^`\n]*`/g, blank);
}

/** As many lines, and nothing on them. */
function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
