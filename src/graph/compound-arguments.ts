/** Gives the arguments of a compound element to its parameters (click(5), "Configuration parameters"). */
import type { Span } from '../diagnostics.js';
import { REST_KEYWORD } from './click-formals.js';
import type { ExpandedArguments } from './expanded.js';
import type { Compound, CompoundParameter, Located } from './graph.js';
import { suggestion } from '../suggest.js';

/** What is wrong with the arguments for one definition of a compound. */
export interface ArgumentProblem {
  readonly span: Span;
  readonly message: string;
  readonly hint?: string;
}

export interface BoundArguments {
  /** By the names of the parameters; parameters left to their default are not among them. */
  readonly values: ReadonlyMap<string, string>;
  readonly problems: readonly ArgumentProblem[];
}

export function bindArguments(compound: Compound, given: ExpandedArguments): BoundArguments {
  const binder = new Binder(compound, given.span);
  if (given.form === 'click') binder.positional(given.list);
  else binder.named(given.entries.map(({ key, value, items }) => ({ key, text: asText(value.value, value.span, items) })));
  return binder.finish();
}

/** `($a, KEY $b)`, for messages. */
export function formatParameters({ parameters }: Compound): string {
  const shown = parameters.map(({ name, keyword, positional }) =>
    keyword === undefined || positional === true ? `$${name.value}` : `${keyword} $${name.value}`,
  );
  return `(${shown.join(', ')})`;
}

class Binder {
  private readonly values = new Map<string, string>();
  private readonly problems: ArgumentProblem[] = [];
  private readonly rest: string[] = [];

  constructor(
    private readonly compound: Compound,
    private readonly span: Span,
  ) {}

  /** Arguments in Click's notation: those that begin with a keyword go to it, the others in order. */
  positional(list: readonly Located<string>[]): void {
    const { parameters } = this.compound;
    const open = parameters.filter((parameter) => isPositional(parameter));
    const takesRest = parameters.some(({ keyword }) => keyword === REST_KEYWORD);
    for (const argument of list) {
      const keyed = this.keyed(argument);
      if (keyed !== undefined) {
        this.give(keyed.parameter, keyed.text, argument.span);
        continue;
      }
      const next = open.find(({ name }) => !this.values.has(name.value));
      if (next !== undefined && !/^[A-Z_]+\s+\S/.test(argument.value)) this.give(next, argument.value, argument.span);
      else if (takesRest) this.rest.push(argument.value);
      else if (next !== undefined) this.give(next, argument.value, argument.span);
      else this.refuse(argument);
    }
  }

  private keyed({ value }: Located<string>): { parameter: CompoundParameter; text: string } | undefined {
    const match = /^(\w+)(?:\s+([\s\S]*))?$/.exec(value);
    if (match === null) return undefined;
    const parameter = this.compound.parameters.find(({ keyword }) => keyword === match[1] && keyword !== REST_KEYWORD);
    if (parameter === undefined || match[2] === undefined) return undefined;
    return { parameter, text: match[2] };
  }

  private refuse({ value, span }: Located<string>): void {
    const keyword = /^([A-Z_][A-Z0-9_]*)\s/.exec(value)?.[1];
    const keywords = this.compound.parameters.flatMap((parameter) => parameter.keyword ?? []);
    const hint = keyword === undefined ? undefined : suggestion(keyword, keywords);
    this.problems.push({ span, message: `${this.title} takes ${this.counted()}, and this is one more`, hint: hint ?? this.signature() });
  }

  /** Arguments by name, from a map. */
  named(entries: readonly { key: Located<string>; text: string }[]): void {
    const { parameters } = this.compound;
    for (const { key, text } of entries) {
      const parameter = parameters.find(({ name, keyword }) => name.value === key.value || keyword === key.value);
      if (parameter !== undefined) this.give(parameter, text, key.span);
      else {
        const names = parameters.map(({ name }) => name.value);
        this.problems.push({ span: key.span, message: `${this.title} has no parameter "${key.value}"`, hint: suggestion(key.value, names) ?? this.signature() });
      }
    }
  }

  private give({ name }: CompoundParameter, text: string, span: Span): void {
    if (this.values.has(name.value)) this.problems.push({ span, message: `the parameter "${name.value}" is given twice` });
    else this.values.set(name.value, text);
  }

  finish(): BoundArguments {
    for (const { name, keyword, value, positional } of this.compound.parameters) {
      if (keyword === REST_KEYWORD) this.values.set(name.value, this.rest.join(', '));
      else if (!this.values.has(name.value) && value === undefined) {
        const how = keyword === undefined || positional === true ? name.value : keyword;
        this.problems.push({ span: this.span, message: `${this.title} lacks its argument "${how}"`, hint: this.signature() });
      }
    }
    return { values: this.values, problems: this.problems };
  }

  private get title(): string {
    const { value } = this.compound.name;
    return value === '{...}' ? 'this compound' : value;
  }

  private signature(): string {
    return `It is declared with ${formatParameters(this.compound)}.`;
  }

  private counted(): string {
    const count = this.compound.parameters.length;
    return count === 0 ? 'no arguments' : count === 1 ? 'one argument' : `${count} arguments`;
  }
}

function isPositional({ keyword, positional }: CompoundParameter): boolean {
  return keyword === undefined || positional === true;
}

/** The text of a value as the file writes it. */
function asText(value: unknown, span: Span, items: readonly Span[] | undefined): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map((item, index) => asText(item, items?.[index] ?? span, undefined)).join(', ');
  return span.source.text.slice(span.start, span.end);
}
