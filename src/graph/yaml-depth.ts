/** How deep a YAML text is nested, told before it is parsed: the parser calls itself for each level, and near the end of the stack V8 ends the process. */

/** Levels of lists and maps; a graph needs a handful. */
const LEVELS_MAX = 500;

/**
 * Where more levels are open than may be: brackets, items and keys one after the other (`- - a: b: `), or columns of indentation; undefined where that is
 * nowhere. Brackets in texts and comments count, too: they are closed there, or far fewer.
 */
export function tooDeepAt(text: string): number | undefined {
  let open = 0;
  let begun = 0;
  let indented = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    const before = text[at - 1];
    if (character === '\n') begun = indented = 0;
    else if (character === ' ') {
      if (indented >= 0) indented += 1;
      else if (before !== ' ') begun = before === '-' || before === '?' || before === ':' ? begun + 1 : 0;
    } else {
      if (indented > LEVELS_MAX) return at;
      indented = -1;
      if (character === '[' || character === '{') open += 1;
      else if ((character === ']' || character === '}') && open > 0) open -= 1;
    }
    if (open > LEVELS_MAX || begun > LEVELS_MAX) return at;
  }
  return undefined;
}
