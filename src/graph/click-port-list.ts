/** Ports between brackets: `[0]`, `[0, 2-4]`, `[]`, `[1,]` (click(5), "Connections"). */
import { PORTS_MAX } from '../kit/ports.js';
import { PORT_RANGE, type ClickLexer, type Token } from './click-lexer.js';
import { describe, type SyntaxErrors } from './click-mistakes.js';
import type { PortList } from './click-syntax.js';
import type { Located } from './graph.js';

/** The list that stands next; undefined when none does. */
export function parsePorts(lexer: ClickLexer, mistakes: SyntaxErrors): PortList | undefined {
  const open = lexer.peek();
  if (open.kind !== '[') return undefined;
  lexer.next();
  const ports: Located<string | number>[] = [];
  let last = open;
  const list = (expandable: boolean): PortList => ({ ports, open: expandable, span: lexer.span(open.start, last.end) });
  for (;;) {
    const token = lexer.peek();
    if (token.kind === ']') {
      last = lexer.next();
      if (ports.length === 0) ports.push({ value: 0, span: lexer.span(open.start, token.end) });
      return list(true);
    }
    if (token.kind !== 'name') {
      mistakes.error('WL1043', lexer.span(token.start, token.end), `expected the number or name of a port, not ${describe(token)}`, 'For example: [0]', 'syntax error: expected port number');
      // The rest of the list is no mistake of its own.
      lexer.pass(']');
      return list(false);
    }
    last = lexer.next();
    ports.push(...portsOf(token, lexer, mistakes));
    const separator = lexer.peek();
    if (separator.kind === ']' || separator.kind === ',') last = lexer.next();
    else mistakes.error('WL1043', lexer.span(separator.start, separator.end), `expected "," or "]" after the port, not ${describe(separator)}`, undefined, "syntax error: expected ','");
    if (separator.kind === ']') return list(false);
  }
}

/** One port, or those of a range. */
function portsOf(token: Token, lexer: ClickLexer, mistakes: SyntaxErrors): Located<string | number>[] {
  const span = lexer.span(token.start, token.end);
  const range = PORT_RANGE.exec(token.text);
  if (range === null) return [{ value: /^\d{1,9}$/.test(token.text) ? Number(token.text) : token.text, span }];
  const [first, last] = [Number(range[1]), Number(range[2])];
  if (last < first || last >= PORTS_MAX) {
    mistakes.error('WL1043', span, `"${token.text}" is no range of ports`, `For example: [0-3]. An element has ${PORTS_MAX} ports at most.`, 'syntax error: port number should be integer');
    return [];
  }
  return Array.from({ length: last - first + 1 }, (_, index) => ({ value: first + index, span }));
}
