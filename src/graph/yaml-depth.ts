/** How deep a YAML text is nested, told before it is parsed: the parser calls itself for each level, and near the end of the stack V8 ends the process. */

/** Levels of lists and maps; a graph needs a handful. */
const LEVELS_MAX = 500;
/** What begins a level on one line: blanks it is indented by, and items of lists in lists. */
const BEGIN = /^[ ]*(?:[-?:][ ]+)*/;

/**
 * Where more levels are open than may be; undefined where that is nowhere. Brackets in texts and comments count, too: they are
 * closed there, or far fewer.
 */
export function tooDeepAt(text: string): number | undefined {
  let open = 0;
  let start = 0;
  for (const line of text.split('\n')) {
    const [begin] = BEGIN.exec(line)!;
    if (begin.length > LEVELS_MAX && begin.length < line.length) return start + LEVELS_MAX;
    for (let at = 0; at < line.length; at += 1) {
      const character = line[at];
      if (character === '[' || character === '{') open += 1;
      else if ((character === ']' || character === '}') && open > 0) open -= 1;
      if (open > LEVELS_MAX) return start + at;
    }
    start += line.length + 1;
  }
  return undefined;
}
