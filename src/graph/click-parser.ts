/** Parses the Click language (click(5), "BNF grammar") into its syntax; goes on after a mistake where Click goes on. */
import type { Diagnostics, Span } from '../diagnostics.js';
import { splitArguments } from './click-arguments.js';
import { parseFormals } from './click-formals.js';
import { ClickLexer, type Token, type TokenKind } from './click-lexer.js';
import { describe, SyntaxErrors, whyNoElement, whyNoEnd } from './click-mistakes.js';
import { parsePorts } from './click-port-list.js';
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
import type { Located } from './graph.js';
import type { PlacedText } from './placed-text.js';

/** Braces and parentheses within one another, at most. */
const DEPTH_MAX = 64;

const KEYWORDS = new Set(['elementclass', 'require', 'provide', 'define']);

/** What a statement that is no keyword's begins with. */
const BEGINS_CHAIN: ReadonlySet<TokenKind> = new Set<TokenKind>(['name', '[', '{', '(', '->', '=>']);

/** What may stand behind the last element of a chain, and is no part of it. */
const ENDS_CHAIN: ReadonlySet<TokenKind> = new Set<TokenKind>(['name', '{', '}', '[', ')', '||', 'end']);

/**
 * The statements of `source`. `nested`: they are the body of a compound element, where `input` and
 * `output` may be left out.
 */
export function parseClick(source: PlacedText, diagnostics: Diagnostics, nested = false): Statement[] {
  const parser = new ClickParser(new ClickLexer(source, diagnostics), diagnostics);
  return parser.statements([], nested);
}

export class ClickParser {
  private depth = 0;
  private readonly mistakes: SyntaxErrors;

  constructor(
    readonly lexer: ClickLexer,
    diagnostics: Diagnostics,
  ) {
    this.mistakes = new SyntaxErrors(lexer, diagnostics);
  }

  /** Statements up to one of `closing`, which is left to be taken. */
  statements(closing: readonly TokenKind[], nested: boolean): Statement[] {
    const found: Statement[] = [];
    const before = this.endsOutput;
    this.endsOutput = true;
    for (;;) {
      const token = this.lexer.peek();
      if (closing.includes(token.kind) || token.kind === 'end' || this.endsGroup(closing, token)) break;
      if (token.startsLine && token.kind !== '->' && token.kind !== '=>') this.mistakes.over();
      const statement = this.statement(nested);
      if (statement !== undefined) found.push(statement);
      if (statement?.kind === 'chain') this.endsOutput = leadsToOutput(statement);
    }
    this.endsOutput = before;
    return found;
  }

  /** Whether the chain before was led to `output`: then an arrow that begins with nothing is no surprise. */
  private endsOutput = true;

  /** A compound that ends within a group ends the group. */
  private endsGroup(closing: readonly TokenKind[], token: Token): boolean {
    if (!closing.includes(')') || (token.kind !== '}' && token.kind !== '||')) return false;
    this.mistakes.unexpected(token, 'WL1041', `the parenthesis is not closed before ${describe(token)}`);
    return true;
  }

  private statement(nested: boolean): Statement | undefined {
    const token = this.lexer.peek();
    if (token.kind === 'name') {
      if (token.text === 'elementclass') return this.elementClass();
      if (token.text === 'define') return this.define();
      if (token.text === 'require' || token.text === 'provide') return this.require();
    }
    if (BEGINS_CHAIN.has(token.kind)) return this.chain(nested);
    this.lexer.next();
    if (token.kind === ';') this.mistakes.over();
    else this.mistakes.unexpected(token, ...whyNoElement(token));
    return undefined;
  }

  // ---- arrows -----------------------------------------------------------------------------------------

  /** A chain ends at what cannot be understood: what stands before counts, and the next statement begins behind. */
  private chain(nested: boolean): Chain {
    const steps: Step[] = [];
    const arrows: Arrow[] = [];
    for (;;) {
      const step = this.step(nested, arrows[arrows.length - 1]);
      if (step === undefined) arrows.pop();
      else steps.push(step);
      const arrow = step === undefined ? undefined : this.connector();
      if (arrow === undefined) return { kind: 'chain', steps: spreadDeclaration(steps), arrows };
      arrows.push(arrow);
    }
  }

  /** The arrow behind an element; undefined at the end of the statement, which needs no semicolon. */
  private connector(): Arrow | undefined {
    for (;;) {
      const token = this.lexer.peek();
      if (ENDS_CHAIN.has(token.kind)) return undefined;
      if (token.kind !== 'variable' && token.kind !== '...') this.lexer.next();
      if (token.kind === ';') {
        this.mistakes.over();
        return undefined;
      }
      if (token.kind === '->' || token.kind === '=>') return { kind: token.kind, span: this.spanOf(token) };
      this.mistakes.unexpected(token, ...whyNoEnd(token));
      if (token.kind !== ',' && token.kind !== '::') return undefined;
    }
  }

  private step(nested: boolean, arrow: Arrow | undefined): Step | undefined {
    const items: Item[] = [];
    for (;;) {
      const item = this.item(nested, arrow, items.length === 0);
      if (item === undefined) return items.length === 0 ? undefined : items;
      items.push(item);
      if (this.lexer.peek().kind !== ',') return items;
      this.lexer.next();
    }
  }

  private item(nested: boolean, arrow: Arrow | undefined, first: boolean): Item | undefined {
    const start = this.lexer.peek().start;
    const before = this.ports();
    const token = this.lexer.peek();
    const begins = token.kind === 'name' || token.kind === '{' || token.kind === '(';
    if (!begins || KEYWORDS.has(token.text)) return this.implicit(nested, arrow, first, before, token);
    const target = this.target();
    const dotted = this.dottedPort();
    const after = this.ports();
    if (dotted !== undefined && after !== undefined) {
      this.mistakes.error('WL1043', after.span, 'the port is given twice: by name and in brackets');
    }
    return { inputs: before, target, outputs: after, dotted, span: this.lexer.span(start, this.ended) };
  }

  /** `input` at the begin and `output` at the end of an arrow need not be written in a compound or group. */
  private implicit(nested: boolean, arrow: Arrow | undefined, first: boolean, ports: PortList | undefined, token: Token): Item | undefined {
    const isArrow = token.kind === '->' || token.kind === '=>';
    const begin = arrow === undefined;
    const mayBegin = nested && begin && (isArrow || token.kind === ',') && (ports !== undefined || first);
    const mayEnd = nested && !begin && !isArrow && token.kind !== '::' && (ports !== undefined || first);
    if (mayBegin || mayEnd) {
      if (mayBegin && isArrow && ports === undefined && !this.endsOutput) this.mistakes.suggest(this.spanOf(token), `suggest 'input ${token.kind}' or '[0] ${token.kind}' to start connection`);
      const span = ports?.span ?? arrow?.span ?? this.spanOf(token);
      return { target: { kind: 'implicit', end: begin ? 'input' : 'output', span }, [begin ? 'outputs' : 'inputs']: ports, span };
    }
    if (ports !== undefined) this.mistakes.error('WL1043', ports.span, 'this port belongs to no element', 'For example: ... -> [0]name', 'stranded port ignored');
    if (nested && begin && first) return undefined;
    this.missingElement(arrow, token);
    if (!nested || !['}', ')', '||'].includes(token.kind)) this.lexer.next();
    return undefined;
  }

  private missingElement(arrow: Arrow | undefined, token: Token): void {
    if (arrow !== undefined && (['end', ';', '}'].includes(token.kind) || KEYWORDS.has(token.text))) {
      this.mistakes.unexpected(token, 'WL1046', 'there is nothing after this arrow', 'Write the element that the packets go to.', arrow.span);
    } else {
      this.mistakes.unexpected(token, ...whyNoElement(token));
    }
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
    const reference = this.classReference(colons, name);
    return { kind: 'name', name, class: reference, configuration: this.configuration() };
  }

  /** The class of the element `name`; where none is written, Click takes its name for one. */
  private classReference(after: Token, name: Located<string>): ClassReference {
    const token = this.lexer.peek();
    if (token.kind === 'name' && !KEYWORDS.has(token.text)) {
      this.lexer.next();
      this.ended = token.end;
      return { kind: 'named', name: this.located(token) };
    }
    if (token.kind === '{') return this.compound(this.lexer.next());
    const message = `expected an element class after "${after.text}", not ${describe(token)}`;
    this.mistakes.error('WL1040', this.spanOf(token), message, 'For example: queue :: Queue(1000)', 'missing element type in declaration');
    const follows = /^[A-Z]/.test(name.value) ? `class '${name.value}' used as element name` : `unknown element class '${name.value}'`;
    this.mistakes.error('WL1040', name.span, message, undefined, follows, this.spanOf(token));
    return { kind: 'named', name, absent: true };
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
    const list = parsePorts(this.lexer, this.mistakes);
    if (list !== undefined) this.ended = list.span.end;
    return list;
  }

  private dottedPort(): Located<string> | undefined {
    const dot = this.lexer.peek();
    if (dot.kind !== '.' || dot.start !== this.ended) return undefined;
    this.lexer.next();
    const token = this.lexer.peek();
    if (token.kind !== 'name') {
      this.mistakes.unexpected(dot, 'WL1043', `expected the name of a port after ".", not ${describe(token)}`);
      return undefined;
    }
    this.lexer.next();
    this.ended = token.end;
    return this.located(token);
  }

  // ---- compounds and groups -----------------------------------------------------------------------------

  private group(open: Token): GroupTarget {
    const statements = this.within(open, () => this.statements([')'], true));
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
          this.mistakes.error('WL1051', extension, '"..." stands at the end, after at least one definition', 'For example: { $a | input -> Queue($a) -> output || ... }', "'...' should occur last, after one or more compounds", this.spanOf(this.lexer.peek()));
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
    const parameters = parseFormals(this.lexer, this.mistakes);
    const statements = this.statements(['}', '||'], true);
    return { parameters, statements, span: this.lexer.span(start, this.lexer.peek().start) };
  }

  /** What is nested too deep is not read, nor what follows it. */
  private within<T>(open: Token, read: () => T): T {
    this.depth += 1;
    if (this.depth > DEPTH_MAX) {
      this.mistakes.error('WL1052', this.spanOf(open), `braces and parentheses are nested deeper than ${DEPTH_MAX}`, undefined, 'maximum compound element nesting depth exceeded');
      this.lexer.stop();
    }
    const result = read();
    this.depth -= 1;
    return result;
  }

  private close(open: Token, kind: '}' | ')'): void {
    const token = this.lexer.peek();
    this.ended = token.end;
    if (token.kind === kind) this.lexer.next();
    else if (token.kind === 'end' && !this.lexer.stopped) this.mistakes.error('WL1041', this.spanOf(open), `this "${open.text}" has no "${kind}"`, undefined, `expected '${kind}'`, this.spanOf(token));
  }

  // ---- other statements ---------------------------------------------------------------------------------

  private elementClass(): ClassStatement {
    const keyword = this.lexer.next();
    const token = this.lexer.peek();
    const named = token.kind === 'name' && !KEYWORDS.has(token.text);
    if (named) this.lexer.next();
    else this.mistakes.error('WL1040', this.spanOf(token), `expected the name of the new class, not ${describe(token)}`, 'For example: elementclass Buffered { input -> Queue -> output }', 'expected element type name');
    const name = named ? this.located(token) : { value: '', span: this.spanOf(token) };
    const meaning = this.lexer.peek();
    if ((meaning.kind === 'name' && !KEYWORDS.has(meaning.text)) || meaning.kind === '{') return { kind: 'elementclass', name, class: this.classReference(keyword, name) };
    this.lexer.next();
    this.mistakes.unexpected(meaning, 'WL1040', `expected an element class after "${name.value}", not ${describe(meaning)}`, 'For example: elementclass Buffered { input -> Queue -> output }');
    return { kind: 'elementclass', name, class: { kind: 'compound', definitions: [], span: name.span } };
  }

  private define(): DefineStatement {
    const keyword = this.lexer.next();
    const definitions = this.statementArguments(keyword).flatMap(({ value, span }) => {
      if (value === '') return [];
      const match = /^\$(\w+)(\s+([\s\S]*))?$/.exec(value);
      if (match === null) {
        this.mistakes.error('WL1049', span, `expected "$name value", not ${JSON.stringify(value)}`, 'For example: define($count 5, $device eth0)', "bad 'define' declaration: not a variable");
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
    if (token.kind === '(') return this.configuration()!.list;
    this.mistakes.error('WL1040', this.spanOf(token), `expected "(" after ${keyword.text}, not ${describe(token)}`, undefined, "expected '('");
    return [];
  }

  // ---- places -------------------------------------------------------------------------------------------

  /** End of the last token that was taken into the syntax. */
  private ended = 0;

  private located(token: Token): Located<string> {
    return { value: token.text, span: this.spanOf(token) };
  }

  private spanOf(token: Token): Span {
    return this.lexer.span(token.start, token.end);
  }
}

function leadsToOutput({ steps }: Chain): boolean {
  const last = steps[steps.length - 1];
  const target = last?.length === 1 ? last[0]!.target : undefined;
  return target !== undefined && (target.kind === 'implicit' ? target.end === 'output' : target.kind === 'name' && target.name.value === 'output' && target.class === undefined);
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
