/** Mistakes against the grammar of the Click language, told once each; in Click's words as often as Click tells them. */
import type { ClickWords, Diagnostics, Span } from '../diagnostics.js';
import { explainCharacter, type ClickLexer, type Token } from './click-lexer.js';

/** A code, what is wrong, and what to write instead. */
export type Mistake = readonly [code: string, message: string, hint?: string];

export class SyntaxErrors {
  /** What Click says besides of the statement that was not understood; absent: it is understood so far. */
  private more: ClickWords[] | undefined;

  constructor(
    private readonly lexer: ClickLexer,
    private readonly diagnostics: Diagnostics,
  ) {}

  /** A statement begins that has nothing to do with the mistakes before it. */
  over(): void {
    this.more = undefined;
  }

  /** A token that nothing can begin with. `span`: what is to blame for it, if not the token. */
  unexpected(token: Token, code: string, message: string, hint?: string, span?: Span): void {
    const own = this.lexer.span(token.start, token.end);
    // Click names variables without their sign here.
    const text = `syntax error near '${token.kind === 'variable' ? token.text.slice(1) : token.text}'`;
    this.error(code, span ?? own, message, hint, text, own);
  }

  /** What Click warns of. */
  suggest(span: Span, click: string): void {
    this.diagnostics.warning('WL1046', span, 'this arrow begins at the input of what is around it', 'Write `input` in front of it.', { text: click });
  }

  /** `click`: how Click says it; `place`: where, if elsewhere. What follows from an earlier mistake is said in Click's words only. */
  error(code: string, span: Span, message: string, hint?: string, click?: string, place?: Span): void {
    if (this.more !== undefined) {
      if (click !== undefined) this.more.push({ text: click, span: place ?? span });
      return;
    }
    this.more = [];
    this.diagnostics.error(code, span, message, hint, undefined, click === undefined ? undefined : { text: click, span: place, more: this.more });
  }
}

export function describe(token: Token): string {
  return token.kind === 'end' ? 'the end' : `"${token.text}"`;
}

/** Why no statement and no element can begin with a token. */
export function whyNoElement(token: Token): Mistake {
  if (token.kind === 'odd') return oddCharacter(token);
  if (token.kind === '->' || token.kind === '=>') return ['WL1046', 'there is nothing before this arrow', 'Write the element or interface that the packets come from.'];
  if (token.kind === 'name') return ['WL1040', `"${token.text}" is a word of the language and no name of an element`];
  const message = `expected the name of an element, not ${describe(token)}`;
  if (token.kind === 'variable') return ['WL1040', message, 'A $name stands only within the arguments of an element.'];
  if (token.kind === '::') return ['WL1040', message, 'Before "::" stands the name of the new element: queue :: Queue(1000)'];
  return ['WL1040', message];
}

/** Why a token cannot stand behind an element. */
export function whyNoEnd(token: Token): Mistake {
  if (token.kind === 'odd') return oddCharacter(token);
  return ['WL1040', `expected "->" or the end of the statement, not ${describe(token)}`, token.kind === '|' ? 'Two definitions of a compound are parted by "||".' : undefined];
}

function oddCharacter({ text, word }: Token): Mistake {
  if (word === undefined) return ['WL1042', ...explainCharacter(text)];
  return ['WL1042', `"${word}" has a "-" in it; a name has letters, digits, _, @ and /`, `Write ${word.replaceAll('-', '_')}. (An arrow is "->".)`];
}
