/** Reads the arguments of an instance by what its class declares: positions and keywords, or a map. */
import type { Diagnostics, Span } from '../diagnostics.js';
import { withOutputs } from '../kit/argument-scope.js';
import type { Kind, ParseError } from '../kit/config.js';
import { reportAt, nameOf, whileConfiguring, type BoundInstance } from './bound.js';
import { unquote } from '../kit/quoting.js';
import { isOneWord } from '../kit/words.js';
import { splitText } from './click-arguments.js';
import type { ElementFiles } from './element-files.js';
import { includedList } from './included-list.js';
import type { ScalarNode } from './document.js';
import type { Located } from './graph.js';
import { nearest, suggestion } from '../suggest.js';

export interface BoundArguments {
  readonly values: Readonly<Record<string, unknown>>;
  /** In Click's notation, defaults left out. */
  readonly text: string;
  /** Where an item of an argument stands, if it was given. */
  placeOf(argument: string, item: number): Span | undefined;
}

/** One argument as given: its text or value, and the places of its parts. */
interface Given {
  readonly span: Span;
  readonly items: readonly Located<string>[];
  /** Its number among all arguments, where these have an order. */
  readonly number?: number;
  /** From a map: the value itself. */
  readonly value?: { readonly plain: unknown; readonly isText: boolean };
}

/** What an argument was taken as, if it was. */
type Taken = 'keyword' | 'foremost' | 'position' | undefined;

/** `outputs`: how many of them are connected; `files`: those that items of lists may name. Undefined when something is wrong, which was reported. */
export function bindArguments(instance: BoundInstance, outputs: number, diagnostics: Diagnostics, files?: ElementFiles): BoundArguments | undefined {
  return new ArgumentBinder(instance, outputs, diagnostics, files).bind();
}

class ArgumentBinder {
  private readonly config: Readonly<Record<string, Kind<unknown>>>;
  private readonly given = new Map<string, Given>();
  private failed = false;
  /** What Click finds when it has read all that it knows. */
  private readonly leftOver: (() => void)[] = [];
  /** Says what arguments mean nothing to the element; Click says nothing of it if something was wrong before. */
  private readonly late: ((before: boolean) => void)[] = [];
  /** Whether there is an argument that Click did not understand. */
  private unread = false;
  /** Arguments that misspelt keys stand for, most likely. */
  private readonly meant = new Set<string>();

  constructor(
    private readonly instance: BoundInstance,
    private readonly outputs: number,
    private readonly diagnostics: Diagnostics,
    private readonly files: ElementFiles | undefined,
  ) {
    this.config = instance.element.class.config;
  }

  bind(): BoundArguments | undefined {
    const { arguments: args } = this.instance.expanded;
    if (args.form === 'click') this.byPosition(args.list);
    else for (const entry of args.entries) this.byName(entry.key, entry);
    const values: Record<string, unknown> = {};
    for (const [name, kind] of Object.entries(this.config)) {
      if (kind.fromFiles === true) this.takeFiles(name);
      const given = this.given.get(name);
      if (given !== undefined) this.read(name, kind, given, values);
      else if (kind.required && args.complete && !this.meant.has(name)) this.missing(name, kind);
      else values[name] = kind.default;
    }
    for (const report of this.leftOver) report();
    // What an element says of its arguments as a whole, Click's driver says when each of them was understood, and of the first of it.
    this.tellLate();
    if (this.failed || !args.complete) return undefined;
    return { values, text: this.textOf(values), placeOf: (argument, item) => this.given.get(argument)?.items[item]?.span };
  }

  private tellLate(): void {
    for (const tell of this.late.splice(0)) {
      tell(this.unread);
      this.unread = true;
    }
  }

  // ---- which argument is which ---------------------------------------------------------------------------

  private byPosition(list: readonly Located<string>[]): void {
    const kinds = Object.entries(this.config);
    const positions = kinds.filter(([, kind]) => !kind.keyword);
    const keywordsFirst = positions.some(([, kind]) => kind.rest || kind.behindKeywords === true);
    const taken: Taken[] = list.map(() => undefined);
    for (const [name, kind] of kinds) if (kind.foremost === true) this.takeKeyword(name, kind, list, taken, 'foremost');
    if (keywordsFirst) for (const [name, kind] of kinds) this.takeKeyword(name, kind, list, taken);
    for (const [name, kind] of kinds) {
      if (!keywordsFirst) this.takeKeyword(name, kind, list, taken);
      if (kind.rest) this.takeRest(name, list, taken);
      else if (!kind.keyword) this.takePosition(name, kind, list, taken, keywordsFirst);
    }
    const left = list.filter((_argument, index) => taken[index] === undefined);
    for (const argument of left.filter(({ value }) => startsWithWord(value))) this.leftOver.push(() => this.unknown(argument));
    const beyond = left.find(({ value }) => !startsWithWord(value));
    if (beyond !== undefined) this.leftOver.push(() => this.tooMany(beyond, list.filter(({ value }) => !startsWithWord(value)).length, positions.length));
  }

  /** Takes all arguments with the keyword of `name`: the last one holds. */
  private takeKeyword(name: string, kind: Kind<unknown>, list: readonly Located<string>[], taken: Taken[], as: 'keyword' | 'foremost' = 'keyword'): void {
    // A list may be given item by item, each behind the keyword.
    const items: Located<string>[] = [];
    for (const [index, argument] of list.entries()) {
      const value = taken[index] === undefined ? valueBehind(name, argument) : undefined;
      if (value === undefined) continue;
      taken[index] = as;
      if (kind.rest) items.push(value);
      else this.set(name, { span: argument.span, items: [value], number: index }, argument.span);
    }
    if (items.length > 0) this.given.set(name, { span: items[0]!.span, items });
  }

  /**
   * Takes what stands at the position of `name`: the first argument that no position has, if none with a keyword has been taken before it, as in Click's class
   * Args. What begins like a keyword is a value only where there must be one, or may be words, and where a list follows.
   */
  private takePosition(name: string, kind: Kind<unknown>, list: readonly Located<string>[], taken: Taken[], keywordsFirst: boolean): void {
    const at = taken.findIndex((by) => by === undefined || (by === 'keyword' && !keywordsFirst));
    const argument = list[at];
    if (argument === undefined || taken[at] !== undefined) return;
    const given = this.given.get(name);
    const word = WORD.exec(argument.value)?.[1];
    const valued = kind.words === true ? Object.keys(this.config).every((other) => other.toUpperCase() !== word) : kind.required && given === undefined;
    if (word !== undefined && !valued && Object.values(this.config).every(({ rest }) => !rest)) return;
    taken[at] = 'position';
    // Nothing between two commas leaves the default.
    if (argument.value === '' && !kind.required) return;
    if (given === undefined || given.number! < at) this.set(name, { span: argument.span, items: [argument], number: at }, argument.span);
  }

  private takeRest(name: string, list: readonly Located<string>[], taken: Taken[]): void {
    const items = list.filter((_argument, index) => taken[index] === undefined);
    if (items.length === 0) return;
    for (const [index, by] of taken.entries()) taken[index] = by ?? 'position';
    const all = [...(this.given.get(name)?.items ?? []), ...items];
    this.given.set(name, { span: items[0]!.span, items: all });
  }

  /** Puts the lines of files in the place of items that name these. */
  private takeFiles(name: string): void {
    const { given, files, diagnostics } = this;
    const list = given.get(name);
    if (list === undefined || files === undefined || !list.items.some(({ value }) => FILE.test(value))) return;
    const items = list.items.flatMap((item): readonly Located<string>[] => {
      const file = FILE.exec(item.value)?.[1];
      if (file === undefined) return [item];
      const source = files.read(unquote(file), undefined, item.span, diagnostics);
      if (source === undefined) this.failed = true;
      return source === undefined ? [] : includedList(source).items.map((line) => ({ value: String((line as ScalarNode).value), span: line.span }));
    });
    if (!this.failed || items.length > 0) given.set(name, { span: list.span, items });
    else {
      // What is wrong is the file.
      given.delete(name);
      this.meant.add(name);
    }
  }

  private byName(key: Located<string>, entry: { value: Located<unknown>; items?: readonly Span[]; replaced: boolean }): void {
    const name = Object.hasOwn(this.config, key.value) ? key.value : key.value.toLowerCase();
    if (!Object.hasOwn(this.config, name)) {
      const { name: type } = this.instance.element.class;
      const known = Object.keys(this.config);
      const near = nearest(key.value, known);
      if (near !== undefined) this.meant.add(near);
      const hint = suggestion(key.value, known) ?? (known.length === 0 ? `${type} takes no arguments.` : `It takes ${known.join(', ')}.`);
      this.fail('WL1242', key.span, `${type} has no argument "${key.value}"`, hint, 'bad keyword(s)');
      return;
    }
    const { value, span } = entry.value;
    const texts = Array.isArray(value) ? value : entry.replaced && this.config[name]!.rest ? splitText(String(value)) : [value];
    const items = texts.map((item, index) => ({ value: String(item), span: entry.items?.[index] ?? span }));
    this.set(name, { span, items, value: { plain: value, isText: entry.replaced && !Array.isArray(value) } }, key.span);
  }

  private set(name: string, given: Given, at: Span): void {
    // As in Click: so a compound may give an argument, and let whoever uses it give another one.
    if (this.given.has(name)) this.diagnostics.warning('WL1243', at, `the argument "${name}" of ${nameOf(this.instance)} is given twice; this one holds`, 'Leave one of them.');
    this.given.set(name, given);
  }

  // ---- values ----------------------------------------------------------------------------------------------

  private read(name: string, kind: Kind<unknown>, given: Given, values: Record<string, unknown>): void {
    const scope = withOutputs(this.instance.expanded.scope, this.outputs);
    const { value, items } = given;
    // Elements read lists themselves, after all else.
    if (kind.rest) this.tellLate();
    const parsed =
      value !== undefined && !value.isText
        ? kind.accept(value.plain, scope)
        : kind.rest
          ? kind.accept(items.map((item) => item.value), scope)
          : value === undefined && kind.oneWord === true && !isOneWord(items[0]!.value)
            ? { error: `expected one word or text within quotes, got ${items[0]!.value}`, hint: `Write "${items[0]!.value.replaceAll('"', '')}".`, click: 'parse error' }
            : kind.parse(items[0]!.value, scope);
    // Where a parameter has no value, what is wrong is that.
    if ('error' in parsed) {
      if (!this.instance.expanded.arguments.complete) this.failed = true;
      else if (parsed.ofElement === true && !kind.rest && !/%[di]/.test(parsed.click ?? '')) this.late.push((before) => this.wrongValue(name, given, before ? { ...parsed, click: '' } : parsed));
      else {
        this.wrongValue(name, given, parsed);
        // Items of lists elements read themselves, one by one.
        this.unread ||= !kind.rest;
      }
    }
    else values[name] = parsed.value;
  }

  private wrongValue(name: string, given: Given, { error, click, ofElement = false, hint, place, item = 0, others = [] }: ParseError): void {
    const { items, span } = given;
    const located = items[item];
    let at = located?.span ?? span;
    if (place !== undefined && located !== undefined) {
      const { source, start, end } = at;
      const begin = source.text.slice(start, end).indexOf(located.value);
      // Quotes and escapes of YAML may have changed the text: then the whole argument is shown.
      if (begin >= 0) at = source.span(start + begin + place.offset, start + begin + place.offset + Math.max(1, place.length));
    }
    this.fail('WL1240', at, `argument "${name}" of ${nameOf(this.instance)} (${this.instance.element.class.name}): ${error}`, hint ?? (this.config[name]!.doc || undefined), click !== undefined && (ofElement || /%[di]/.test(click)) ? click.replaceAll('%d', String(item + 1)).replaceAll('%i', String(item)) : `${name.toUpperCase()}: ${click ?? (error.startsWith('expected ') ? 'parse error' : error)}`);
    for (const other of others) this.wrongValue(name, given, other);
  }

  private missing(name: string, kind: Kind<unknown>): void {
    this.unread = true;
    const { expanded, element } = this.instance;
    const type = element.class.name;
    const way = kind.keyword ? `${type}(${name.toUpperCase()} VALUE)` : `${type}(VALUE)`;
    this.fail('WL1241', expanded.span, `${nameOf(this.instance)} needs the argument "${name}" (${kind.name})`, `Write it by position or name, as in ${way} or ${name}: VALUE. ${kind.doc}`, kind.rest && element.class.outputs.row?.perArgument === true ? `need ${this.outputs} arguments, one per output port` : `${name.toUpperCase()}: required argument missing`);
  }

  private unknown({ value, span }: Located<string>): void {
    this.unread = true;
    const { name: type, config } = this.instance.element.class;
    const word = WORD.exec(value)![1]!;
    this.fail('WL1242', span, `${type} has no argument "${word}"`, suggestion(word.toLowerCase(), Object.keys(config)) ?? this.takes() ?? `${type} takes no arguments.`, `${word}: unknown argument`);
  }

  private tooMany(first: Located<string>, given: number, takes: number): void {
    this.unread = true;
    const { name: type } = this.instance.element.class;
    this.fail('WL1244', first.span, `${type} takes ${takes === 0 ? 'no arguments' : `at most ${takes} by position`}, ${given} are given`, this.takes(), 'too many arguments');
  }

  private takes(): string | undefined {
    const names = Object.entries(this.config).map(([name, { keyword }]) => (keyword ? name.toUpperCase() : name));
    return names.length === 0 ? undefined : `It takes ${names.join(', ')}.`;
  }

  private fail(code: string, span: Span, message: string, hint: string | undefined, click: string): void {
    this.failed = true;
    reportAt(this.diagnostics, code, this.instance.expanded, span, message, hint, whileConfiguring(this.instance, click));
  }

  /** The arguments as Click writes them, in the declared order. */
  private textOf(values: Readonly<Record<string, unknown>>): string {
    const parts: string[] = [];
    let positional = true;
    for (const [name, kind] of Object.entries(this.config)) {
      if (!this.given.has(name)) {
        positional &&= kind.keyword;
        continue;
      }
      const texts = kind.rest ? (values[name] as readonly unknown[]).map((value) => kind.format([value])) : [kind.format(values[name])];
      // One by one: a list may have more items than a call has room for arguments.
      // A keyword with nothing behind it would be none.
      for (const text of texts.filter((text) => text !== '' || !kind.keyword)) parts.push(kind.keyword || !positional ? `${name.toUpperCase()} ${text}` : text);
    }
    return parts.join(', ');
  }
}

/** An item that stands for the lines of a file. */
const FILE = /^file\s+(\S+)$/;

/** A word and something behind it: a keyword and its value, if there is an argument of that name. */
const WORD = /^([\w:.?!]+)\s+(\S[\s\S]*)$/;

function startsWithWord(value: string): boolean {
  return WORD.test(value);
}

/** What stands behind the keyword of the argument `name`: its name in capitals. Undefined: something else does. */
function valueBehind(name: string, { value, span }: Located<string>): Located<string> | undefined {
  const [, word, text] = WORD.exec(value) ?? [];
  if (word !== name.toUpperCase() || text === undefined) return undefined;
  // Where the text stands in the file as it is here, the value has a place of its own.
  const exact = span.source.text.slice(span.start, span.end) === value;
  return { value: text, span: exact ? span.source.span(span.end - text.length, span.end) : span };
}
