/** Formal parameters of a compound: `$a, KEY $b, __REST__ $rest |` (click(5), "Configuration parameters"). */
import type { Diagnostics } from '../diagnostics.js';
import type { ClickLexer, Token } from './click-lexer.js';
import type { CompoundParameter } from './graph.js';

/** The keyword of the parameter that takes all arguments that no other takes. */
export const REST_KEYWORD = '__REST__';

/** Reads the parameters and their `|`, if the definition begins with any. */
export function parseFormals(lexer: ClickLexer, diagnostics: Diagnostics): CompoundParameter[] {
  const parameters: CompoundParameter[] = [];
  if (lexer.peek().kind === '|') {
    lexer.next();
    return parameters;
  }
  while (beginsFormal(lexer)) {
    const first = lexer.next();
    const keyword = first.kind === 'name' ? first.text : undefined;
    const variable = keyword === undefined ? first : lexer.next();
    const span = lexer.span(variable.start, variable.end);
    if (variable.kind !== 'variable') {
      diagnostics.error('WL1048', span, `expected a $name after the keyword ${keyword}`, undefined, undefined, { text: 'expected variable' });
      break;
    }
    const parameter: CompoundParameter = { name: { value: variable.text.slice(1), span }, keyword };
    checkOrder(parameters, parameter, diagnostics);
    parameters.push(parameter);
    if (endsFormals(lexer, diagnostics)) break;
  }
  return parameters;
}

/** A parameter is a variable, or a keyword in front of one. */
function beginsFormal(lexer: ClickLexer): boolean {
  const token = lexer.peek();
  if (token.kind === 'variable') return true;
  return token.kind === 'name' && followedByVariable(lexer, token);
}

function followedByVariable(lexer: ClickLexer, token: Token): boolean {
  return /^\s+\$\w/.test(lexer.source.text.slice(token.end, token.end + 200));
}

/** Takes what follows a parameter; true when it was the last. */
function endsFormals(lexer: ClickLexer, diagnostics: Diagnostics): boolean {
  const token = lexer.peek();
  if (token.kind === ',' || token.kind === '|') {
    lexer.next();
    return token.kind === '|';
  }
  diagnostics.error(
    'WL1048',
    lexer.span(token.start, token.end),
    'the parameters of a compound element end with "|"',
    'For example: { $capacity, RATE $rate | input -> Queue($capacity) -> Shaper($rate) -> output }',
    undefined,
    { text: "expected ',' or '|'" },
  );
  return true;
}

const OUT_OF_ORDER = { text: "compound element parameters out of order\n(The correct order is '[positional], [keywords], [__REST__]'.)" };

function checkOrder(before: readonly CompoundParameter[], parameter: CompoundParameter, diagnostics: Diagnostics): void {
  const { name, keyword } = parameter;
  const last = before[before.length - 1];
  if (before.some((other) => other.name.value === name.value)) {
    diagnostics.error('WL1048', name.span, `the parameter $${name.value} is named twice`, undefined, undefined, { text: `parameter '$${name.value}' multiply defined` });
  }
  if (last?.keyword === REST_KEYWORD) {
    diagnostics.error('WL1048', name.span, `no parameter comes after ${REST_KEYWORD}`, `Move ${REST_KEYWORD} to the end.`, undefined, OUT_OF_ORDER);
  } else if (keyword === undefined && last?.keyword !== undefined) {
    diagnostics.error('WL1048', name.span, 'parameters by position come before those with a keyword', `Move $${name.value} to the front.`, undefined, OUT_OF_ORDER);
  }
}
