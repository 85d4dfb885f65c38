/** Words of a text, as Click separates them: by blanks that are neither within quotes nor within `\<hex>`. */
import { dataEnd } from './quoting.js';

/** The first word of `text`, its quotes kept, and what follows it. */
export function splitWord(text: string): [word: string, rest: string] {
  const source = text.trimStart();
  let at = 0;
  let quoted: string | undefined;
  for (; at < source.length; at += 1) {
    const char = source[at]!;
    if (char === '\\' && quoted !== "'" && source[at + 1] === '<') {
      const end = dataEnd(source, at);
      at = (end < 0 ? source.length : end) - 1;
    } else if (char === '\\' && quoted === '"') at += 1;
    else if (quoted !== undefined) quoted = char === quoted ? undefined : quoted;
    else if (char === '"' || char === "'") quoted = char;
    else if (/\s/.test(char)) break;
  }
  return [source.slice(0, at), source.slice(at).trimStart()];
}

/** All words of `text`, quotes kept. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  for (let rest = text.trimStart(); rest !== ''; ) {
    const [word, more] = splitWord(rest);
    words.push(word);
    rest = more;
  }
  return words;
}

/** Whether `text` is one word, as Click's strings have to be. */
export function isOneWord(text: string): boolean {
  const [word, rest] = splitWord(text);
  return word !== '' && rest === '';
}
