/** Formal parameters of a compound: `$a, KEY $b, __REST__ $rest |` (click(5), "Configuration parameters"). */
import type { ClickLexer, Token } from './click-lexer.js';
import type { SyntaxErrors } from './click-mistakes.js';
import type { CompoundParameter } from './graph.js';

/** The keyword of the parameter that takes all arguments that no other takes. */
export const REST_KEYWORD = '__REST__';

/** Reads the parameters and their `|`, if the definition begins with any. */
export function parseFormals(lexer: ClickLexer, mistakes: SyntaxErrors): CompoundParameter[] {
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
    const parameter: CompoundParameter = { name: { value: variable.text.slice(1), span }, keyword };
    checkOrder(parameters, parameter, mistakes);
    parameters.push(parameter);
    if (endsFormals(lexer, mistakes)) return parameters;
  }
  const { start, end } = lexer.peek();
  if (parameters.length > 0) mistakes.error('WL1048', lexer.span(start, end), 'expected a further parameter after the comma', undefined, 'expected variable');
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
function endsFormals(lexer: ClickLexer, mistakes: SyntaxErrors): boolean {
  const token = lexer.peek();
  if (token.kind === ',' || token.kind === '|') {
    lexer.next();
    if (token.kind === '|') return true;
    if (lexer.peek().kind !== '|') return false;
    lexer.next();
    return true;
  }
  const hint = 'For example: { $capacity, RATE $rate | input -> Queue($capacity) -> Shaper($rate) -> output }';
  mistakes.error('WL1048', lexer.span(token.start, token.end), 'the parameters of a compound element end with "|"', hint, "expected ',' or '|'");
  return true;
}

const OUT_OF_ORDER = "compound element parameters out of order\n(The correct order is '[positional], [keywords], [__REST__]'.)";

function checkOrder(before: readonly CompoundParameter[], parameter: CompoundParameter, mistakes: SyntaxErrors): void {
  const { name, keyword } = parameter;
  const last = before[before.length - 1];
  if (before.some((other) => other.name.value === name.value)) {
    mistakes.error('WL1048', name.span, `the parameter $${name.value} is named twice`, undefined, `parameter '$${name.value}' multiply defined`);
    return;
  }
  if (keyword !== undefined && before.some((other) => other.keyword === keyword)) {
    mistakes.error('WL1048', name.span, `two parameters have the keyword ${keyword}`, undefined, `repeated keyword parameter '${keyword}' in compound element`);
  }
  if (last?.keyword === REST_KEYWORD) {
    mistakes.error('WL1048', name.span, `no parameter comes after ${REST_KEYWORD}`, `Move ${REST_KEYWORD} to the end.`, OUT_OF_ORDER);
  } else if (keyword === undefined && last?.keyword !== undefined) {
    mistakes.error('WL1048', name.span, 'parameters by position come before those with a keyword', `Move $${name.value} to the front.`, OUT_OF_ORDER);
  }
}
