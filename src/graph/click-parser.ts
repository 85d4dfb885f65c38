/** Parses the Click language (click(5), "BNF grammar") into its syntax; goes on after a mistake. */
import type { Diagnostics, Span } from '../diagnostics.js';
import { splitArguments } from './click-arguments.js';
import { parseFormals } from './click-formals.js';
import { ClickLexer, PORT_RANGE, type Token, type TokenKind } from './click-lexer.js';
import type {
  Arrow,
  Chain,
  ClassReference,
  ClassStatement,
  CompoundClass,
  CompoundSyntax,
  Configuration,
  DefineStatement,
  GroupTarget,
  Item,
  PortList,
  Statement,
  Step,
  Target,
} from './click-syntax.js';
import { PORTS_MAX } from '../kit/ports.js';
import type { Located } from './graph.js';
import type { PlacedText } from './placed-text.js';

/** Braces and parentheses within one another, at most. */
const DEPTH_MAX = 64;

const KEYWORDS = new Set(['elementclass', 'require', 'provide', 'define']);

/**
 * The statements of `source`. `nested`: they are the body of a compound element, where `input` and
 * `output` may be left out.
 */
export function parseClick(source: PlacedText, diagnostics: Diagnostics, nested = false): Statement[] {
  const parser = new ClickParser(new ClickLexer(source, diagnostics), diagnostics);
  return parser.statements('end', nested);
}

/** Ends the statement that cannot be understood. */
class Abandon extends Error {}

export class ClickParser {
  private depth = 0;

  constructor(
    readonly lexer: ClickLexer,
    private readonly diagnostics: Diagnostics,
  ) {}

  /** Statements up to `close`, which is left to be taken. */
  statements(close: TokenKind | readonly TokenKind[], nested: boolean): Statement[] {
    const closing = typeof close === 'string' ? [close] : close;
    const found: Statement[] = [];
    for (;;) {
      const token = this.lexer.peek();
      if (closing.includes(token.kind) || token.kind === 'end') return found;
      try {
        const statement = this.statement(nested);
        if (statement !== undefined) found.push(statement);
      } catch (error) {
        if (!(error instanceof Abandon)) throw error;
        this.recover(closing);
      }
    }
  }

  private statement(nested: boolean): Statement | undefined {
    const token = this.lexer.peek();
    if (token.kind === ';') {
      this.lexer.next();
      return undefined;
    }
    if (token.kind === 'name') {
      if (token.text === 'elementclass') return this.elementClass();
      if (token.text === 'define') return this.define();
      if (token.text === 'require' || token.text === 'provide') return this.require();
      if (token.text === 'connectiontunnel') {
        this.fail(token, 'WL1040', '`connectiontunnel` is not part of the language any more', 'Use a compound element: { input -> ... -> output }.');
      }
    }
    return this.chain(nested);
  }

  /** Goes on at the next statement: after a `;`, before what closes, or on the next line. */
  private recover(closing: readonly TokenKind[]): void {
    for (;;) {
      const token = this.lexer.peek();
      if (token.kind === 'end' || closing.includes(token.kind)) return;
      if (token.startsLine && token.kind !== '->' && token.kind !== '=>' && this.passed !== token.start) return;
      this.passed = undefined;
      this.lexer.next();
      if (token.kind === ';') return;
      if (token.kind === '{') this.skipTo('}');
      if (token.kind === '(') this.lexer.configuration(token);
    }
  }

  /** Start of the token that could not be understood: recovery must get beyond it. */
  private passed: number | undefined;

  private skipTo(close: TokenKind): void {
    for (let open = 1; open > 0; ) {
      const token = this.lexer.next();
      if (token.kind === 'end') return;
      if (token.kind === '{') open += 1;
      if (token.kind === close) open -= 1;
    }
  }

  // ---- arrows -----------------------------------------------------------------------------------------

  private chain(nested: boolean): Chain {
    const steps: Step[] = [];
    const arrows: Arrow[] = [];
    for (;;) {
      steps.push(this.step(nested, arrows[arrows.length - 1]));
      const token = this.lexer.peek();
      if (token.kind !== '->' && token.kind !== '=>') break;
      this.lexer.next();
      arrows.push({ kind: token.kind, span: this.spanOf(token) });
    }
    this.endOfStatement();
    return { kind: 'chain', steps: spreadDeclaration(steps), arrows };
  }

  /** A statement may end without a semicolon, but not anyhow. */
  private endOfStatement(): void {
    const token = this.lexer.peek();
    if (token.kind === ';') {
      this.lexer.next();
      return;
    }
    const may: readonly TokenKind[] = ['name', '{', '}', '[', ')', '(', '||', 'end'];
    if (may.includes(token.kind)) return;
    const hint = token.kind === '|' ? 'Two definitions of a compound are parted by "||".' : undefined;
    this.fail(token, 'WL1040', `expected "->" or the end of the statement, not ${describe(token)}`, hint);
  }

  private step(nested: boolean, arrow: Arrow | undefined): Step {
    const items: Item[] = [];
    for (;;) {
      items.push(this.item(nested, arrow, items.length === 0));
      if (this.lexer.peek().kind !== ',') return items;
      this.lexer.next();
    }
  }

  private item(nested: boolean, arrow: Arrow | undefined, first: boolean): Item {
    const start = this.lexer.peek().start;
    const before = this.ports();
    const token = this.lexer.peek();
    const begins = token.kind === 'name' || token.kind === '{' || token.kind === '(';
    if (!begins || KEYWORDS.has(token.text)) return this.implicit(nested, arrow, first, before, token);
    const target = this.target();
    const dotted = this.dottedPort();
    const after = this.ports();
    if (dotted !== undefined && after !== undefined) {
      this.error(after.span, 'WL1043', 'the port is given twice: by name and in brackets');
    }
    return { inputs: before, target, outputs: after, dotted, span: this.lexer.span(start, this.ended) };
  }

  /** `input` at the begin and `output` at the end of an arrow need not be written in a compound or group. */
  private implicit(
    nested: boolean,
    arrow: Arrow | undefined,
    first: boolean,
    ports: PortList | undefined,
    token: Token,
  ): Item {
    const isArrow = token.kind === '->' || token.kind === '=>';
    const mayBegin = nested && arrow === undefined && (isArrow || token.kind === ',') && (ports !== undefined || first);
    const mayEnd = nested && arrow !== undefined && !isArrow && token.kind !== '::' && (ports !== undefined || first);
    if (mayBegin) {
      const span = ports?.span ?? this.spanOf(token);
      return { target: { kind: 'implicit', end: 'input', span }, outputs: ports, span };
    }
    if (mayEnd) {
      const span = ports?.span ?? arrow.span;
      return { target: { kind: 'implicit', end: 'output', span }, inputs: ports, span };
    }
    return this.missingElement(arrow, token);
  }

  private missingElement(arrow: Arrow | undefined, token: Token): never {
    if (arrow !== undefined && (token.kind === 'end' || token.kind === ';' || token.kind === '}' || KEYWORDS.has(token.text))) {
      this.error(arrow.span, 'WL1046', 'there is nothing after this arrow', 'Write the element that the packets go to.', `syntax error near '${token.text}'`);
      throw new Abandon();
    }
    if (token.kind === '->' || token.kind === '=>') {
      return this.fail(token, 'WL1046', 'there is nothing before this arrow', 'Write the element or interface that the packets come from.');
    }
    if (KEYWORDS.has(token.text)) return this.fail(token, 'WL1040', `"${token.text}" is a word of the language and no name of an element`);
    return this.fail(token, 'WL1040', `expected the name of an element, not ${describe(token)}`, whyNoElement(token));
  }

  private target(): Target {
    const token = this.lexer.next();
    this.ended = token.end;
    if (token.kind === '(') return this.group(token);
    if (token.kind === '{') {
      const definition = this.compound(token);
      return { kind: 'compound', class: definition, configuration: this.configuration() };
    }
    const name = this.located(token);
    if (this.lexer.peek().kind !== '::') return { kind: 'name', name, configuration: this.configuration() };
    const colons = this.lexer.next();
    const reference = this.classReference(colons);
    return { kind: 'name', name, class: reference, configuration: this.configuration() };
  }

  private classReference(after: Token): ClassReference {
    const token = this.lexer.peek();
    if (token.kind === 'name' && !KEYWORDS.has(token.text)) {
      this.lexer.next();
      this.ended = token.end;
      return { kind: 'named', name: this.located(token) };
    }
    if (token.kind === '{') return this.compound(this.lexer.next());
    const hint = 'For example: queue :: Queue(1000)';
    return this.fail(token, 'WL1040', `expected an element class after "${after.text}", not ${describe(token)}`, hint, after.text === '::' ? 'missing element type in declaration' : undefined);
  }

  private configuration(): Configuration | undefined {
    const token = this.lexer.peek();
    if (token.kind !== '(') return undefined;
    const { start, end } = this.lexer.configuration(token);
    this.ended = end + 1;
    return { list: splitArguments(this.lexer.source, start, end), span: this.lexer.span(token.start, end + 1) };
  }

  // ---- ports ------------------------------------------------------------------------------------------

  private ports(): PortList | undefined {
    const open = this.lexer.peek();
    if (open.kind !== '[') return undefined;
    this.lexer.next();
    const ports: Located<string | number>[] = [];
    let expandable = false;
    for (;;) {
      const token = this.lexer.next();
      if (token.kind === ']') {
        expandable = true;
        if (ports.length === 0) ports.push({ value: 0, span: this.lexer.span(open.start, token.end) });
        this.ended = token.end;
        break;
      }
      if (token.kind !== 'name') {
        this.fail(token, 'WL1043', `expected the number or name of a port, not ${describe(token)}`, 'For example: [0]', 'syntax error: expected port number');
      }
      ports.push(...this.portsOf(token));
      const separator = this.lexer.next();
      this.ended = separator.end;
      if (separator.kind === ']') break;
      if (separator.kind !== ',') this.fail(separator, 'WL1043', `expected "," or "]" after the port, not ${describe(separator)}`, undefined, "syntax error: expected ','");
    }
    return { ports, open: expandable, span: this.lexer.span(open.start, this.ended) };
  }

  /** One port, or those of a range. */
  private portsOf(token: Token): Located<string | number>[] {
    const range = PORT_RANGE.exec(token.text);
    if (range === null) return [this.port(token)];
    const [first, last] = [Number(range[1]), Number(range[2])];
    if (last < first || last >= PORTS_MAX) this.fail(token, 'WL1043', `"${token.text}" is no range of ports`, `For example: [0-3]. An element has ${PORTS_MAX} ports at most.`);
    return Array.from({ length: last - first + 1 }, (_, index) => ({ value: first + index, span: this.spanOf(token) }));
  }

  private port(token: Token): Located<string | number> {
    const span = this.spanOf(token);
    return /^\d{1,9}$/.test(token.text) ? { value: Number(token.text), span } : { value: token.text, span };
  }

  private dottedPort(): Located<string> | undefined {
    const dot = this.lexer.peek();
    if (dot.kind !== '.' || dot.start !== this.ended) return undefined;
    this.lexer.next();
    const token = this.lexer.next();
    if (token.kind !== 'name') this.fail(token, 'WL1043', `expected the name of a port after ".", not ${describe(token)}`);
    this.ended = token.end;
    return this.located(token);
  }

  // ---- compounds and groups -----------------------------------------------------------------------------

  private group(open: Token): GroupTarget {
    const statements = this.within(open, () => this.statements(')', true));
    this.close(open, ')');
    return { kind: 'group', statements, span: this.lexer.span(open.start, this.ended) };
  }

  private compound(open: Token): CompoundClass {
    const definitions: CompoundSyntax[] = [];
    let extension: Span | undefined;
    for (;;) {
      const token = this.lexer.peek();
      if (token.kind === '...') {
        this.lexer.next();
        extension = this.spanOf(token);
        if (definitions.length === 0 || this.lexer.peek().kind !== '}') {
          this.error(extension, 'WL1051', '"..." stands at the end, after at least one definition', 'For example: { $a | input -> Queue($a) -> output || ... }', "'...' should occur last, after one or more compounds");
        }
      } else {
        definitions.push(this.within(open, () => this.definition()));
      }
      if (this.lexer.peek().kind !== '||') break;
      this.lexer.next();
    }
    this.close(open, '}');
    return { kind: 'compound', definitions, extends: extension, span: this.lexer.span(open.start, this.ended) };
  }

  private definition(): CompoundSyntax {
    const start = this.lexer.peek().start;
    const parameters = parseFormals(this.lexer, this.diagnostics);
    const statements = this.statements(['}', '||'], true);
    return { parameters, statements, span: this.lexer.span(start, this.lexer.peek().start) };
  }

  private within<T>(open: Token, read: () => T): T {
    this.depth += 1;
    if (this.depth > DEPTH_MAX) this.fail(open, 'WL1052', `braces and parentheses are nested deeper than ${DEPTH_MAX}`, undefined, 'maximum compound element nesting depth exceeded');
    try {
      return read();
    } finally {
      this.depth -= 1;
    }
  }

  private close(open: Token, kind: '}' | ')'): void {
    const token = this.lexer.peek();
    if (token.kind !== kind) {
      const click = { text: `expected '${kind}'`, span: this.spanOf(token) };
      this.diagnostics.error('WL1041', this.spanOf(open), `this "${open.text}" has no "${kind}"`, undefined, undefined, click);
      throw new Abandon();
    }
    this.lexer.next();
    this.ended = token.end;
  }

  // ---- other statements ---------------------------------------------------------------------------------

  private elementClass(): ClassStatement {
    const keyword = this.lexer.next();
    const token = this.lexer.next();
    if (token.kind !== 'name' || KEYWORDS.has(token.text)) {
      this.fail(token, 'WL1040', `expected the name of the new class, not ${describe(token)}`, 'For example: elementclass Buffered { input -> Queue -> output }', 'expected element type name');
    }
    const name = this.located(token);
    const reference = this.classReference(keyword);
    return { kind: 'elementclass', name, class: reference };
  }

  private define(): DefineStatement {
    const keyword = this.lexer.next();
    const definitions = this.statementArguments(keyword).flatMap(({ value, span }) => {
      const match = /^\$(\w+)(\s+([\s\S]*))?$/.exec(value);
      if (match === null) {
        this.error(span, 'WL1049', `expected "$name value", not ${JSON.stringify(value)}`, 'For example: define($count 5, $device eth0)', "bad 'define' declaration: not a variable");
        return [];
      }
      const text = match[3] ?? '';
      const nameSpan = { ...span, end: span.start + 1 + match[1]!.length };
      return [{ name: { value: match[1]!, span: nameSpan }, value: { value: text, span } }];
    });
    return { kind: 'define', definitions };
  }

  private require(): Statement | undefined {
    const keyword = this.lexer.next();
    const requirements = this.statementArguments(keyword);
    return keyword.text === 'provide' ? undefined : { kind: 'require', requirements };
  }

  private statementArguments(keyword: Token): readonly Located<string>[] {
    const token = this.lexer.peek();
    if (token.kind !== '(') this.fail(token, 'WL1040', `expected "(" after ${keyword.text}, not ${describe(token)}`, undefined, "expected '('");
    return this.configuration()!.list;
  }

  // ---- places and messages -------------------------------------------------------------------------------

  /** End of the last token that was taken into the syntax. */
  private ended = 0;

  private located(token: Token): Located<string> {
    return { value: token.text, span: this.spanOf(token) };
  }

  private spanOf(token: Token): Span {
    return this.lexer.span(token.start, token.end);
  }

  private error(span: Span, code: string, message: string, hint?: string, click?: string): void {
    this.diagnostics.error(code, span, message, hint, undefined, click === undefined ? undefined : { text: click });
  }

  private fail(token: Token, code: string, message: string, hint?: string, click = `syntax error near '${token.text}'`): never {
    this.error(this.spanOf(token), code, message, hint, click);
    this.passed = token.start;
    throw new Abandon();
  }
}

/** `a, b :: Class(x)` alone declares both; in an arrow the class is that of `b` only. */
function spreadDeclaration(steps: readonly Step[]): readonly Step[] {
  const [step] = steps;
  if (steps.length !== 1 || step === undefined || step.length < 2) return steps;
  const last = step[step.length - 1]!;
  if (last.target.kind !== 'name' || last.target.class === undefined) return steps;
  const { class: reference, configuration } = last.target;
  const bare = step.every((item, index) => {
    const plain = item.inputs === undefined && item.outputs === undefined && item.dotted === undefined;
    const { target } = item;
    if (!plain || target.kind !== 'name') return false;
    return index === step.length - 1 || (target.class === undefined && target.configuration === undefined);
  });
  if (!bare) return steps;
  return [
    step.map((item) => {
      const { target } = item;
      return target.kind === 'name' ? { ...item, target: { ...target, class: reference, configuration } } : item;
    }),
  ];
}

export function describe(token: Token): string {
  return token.kind === 'end' ? 'the end' : `"${token.text}"`;
}

function whyNoElement(token: Token): string | undefined {
  if (token.kind === 'variable') return 'A $name stands only within the arguments of an element.';
  if (token.kind === '::') return 'Before "::" stands the name of the new element: queue :: Queue(1000)';
  return undefined;
}
