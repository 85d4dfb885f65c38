/** A graph at work as Click's router has it: elements by name, handlers, and the count that keeps it running. */
import type { CheckedGraph, Instance } from '../../graph/graph.js';
import type { ControlPart, HandlerFacts } from '../../kit/control.js';
import { HandlerError, type AttendContext } from '../../kit/element.js';
import { controlHost, type ControlTimer } from './control-host.js';
import { attendContext, elementHandlers, type Surroundings } from './element-handlers.js';
import { flatConfiguration, listElements, type ListedElement } from '../../graph/flat-configuration.js';
import { globalHandlers } from './global-handlers.js';
import { fileMark } from '../../kit/line-mark.js';
import { splitWord } from '../../kit/words.js';
import type { Handler, HandlerTable } from './handler.js';
import type { Machine } from './machine.js';
import { reconfigure, reconfigureArgument } from './reconfigure.js';
import type { Signals } from './signals.js';

export interface RouterOptions {
  /** The one whose place this one is to take. It goes on if this one cannot begin. */
  readonly before?: Router;
  /** Handlers of the router itself, besides the usual ones. */
  readonly handlers?: readonly Handler[];
  readonly seed: number;
  /** Takes another configuration in place of this one; throws HandlerError. */
  readonly hotconfig?: { write(text: string): void; later(text: string): Promise<readonly string[]> };
  readonly print: (text: string) => void;
  /** An error or message, without its newline. */
  readonly report: (line: string) => void;
  /** Where signals are waited for. */
  readonly signals?: Signals;
  /** Calls `listener` with each of these from now on that goes to `channel`; empty: to the terminal. */
  readonly listen?: (listener: (line: string) => void, channel: string, options: { readonly loud: boolean }) => void;
}

/** The run count of a run that is over, whatever is added (Click's STOP_RUNCOUNT). */
export const STOPPED = -2_147_483_647;

/** The handlers of one element, or those of the router itself, where `element` is absent. */
export interface HandlerPlace {
  readonly element?: ListedElement;
  readonly table: HandlerTable;
  readonly part?: ControlPart;
}

export interface FoundHandler {
  readonly handler: Handler;
  /** `element.handler`, or the name alone for one of the router. */
  readonly fullName: string;
  readonly parameter: string;
}

export class Router {
  readonly elements: readonly ListedElement[];
  /** While it is above 0, the router runs. */
  runCount = 1;
  private readonly parts = new Map<Instance, ControlPart>();
  /** What a control element says while it begins; undefined: none begins. */
  private notes: string[] | undefined;
  /** What the handler warns of that is being written; undefined: nobody asked. */
  private warnings: string[] | undefined;
  private readonly timers: ControlTimer[] = [];
  private readonly places = new Map<ListedElement, HandlerPlace>();
  private readonly byName = new Map<string, ListedElement>();
  private readonly configs = new Map<ListedElement, string>();
  private readonly attending: { attend: () => void }[] = [];
  /** What elements do at the end. */
  private readonly finishing: (() => void)[] = [];
  /** Elements as their handlers see them. */
  private readonly seen = new Map<ListedElement, AttendContext<any, string, any>>();
  private readonly contexts: { readonly line: string; printed: boolean }[] = [];
  private readonly root: HandlerPlace;
  private readonly wakers = new Set<() => void>();
  /** Until it is through, nothing happens. */
  holdUp: Promise<void> | undefined;
  /** The script that decides when the run ends (TYPE DRIVER). */
  driverScript: string | undefined;
  errors = 0;

  constructor(
    readonly graph: CheckedGraph,
    readonly engine: Machine,
    readonly options: RouterOptions,
  ) {
    this.elements = listElements(graph);
    for (const element of this.elements) this.byName.set(element.name, element);
    this.root = { table: globalHandlers(this) };
    for (const element of this.elements) this.prepare(element);
  }

  private prepare(element: ListedElement): void {
    const { instance } = element;
    const around: Surroundings = {
      engine: this.engine,
      instances: this.graph.instances,
      stop: () => this.adjustRunCount(-1),
      call: (from, call) => void this.attempt(() => this.write(call, this.elementOf(from))),
      mustBeWritable: (from, call) => void this.handler(call, 'write', this.elementOf(from)),
      read: (from, call) => this.readable(call, this.elementOf(from)),
      report: (line) => this.options.report(line),
      warn: (text) => this.warn(`warning: ${text}`),
      write: (file, line) => (file === '-' ? this.options.print(`${line}\n`) : this.options.report(`${fileMark(file)}${line}`)),
      configOf: (which) => this.configs.get(which) ?? which.given,
      reconfigure: (which, value) => {
        reconfigure(this.engine, which.instance!, value).forEach((text) => this.warn(text));
        this.configs.set(which, value);
      },
      setArgument: (which, name, value, tells) => {
        const written = reconfigureArgument(this.engine, which.instance!, name, value);
        this.configs.set(which, tells(this.configs.get(which) ?? which.given, written));
      },
    };
    let part: ControlPart | undefined;
    let context: AttendContext<any, string, any> | undefined;
    if (instance !== undefined) {
      const { definition } = instance.class;
      context = attendContext(element, instance, around);
      this.seen.set(element, context);
      if (definition.control?.start !== undefined) {
        const timer: ControlTimer = { due: undefined, fire: () => part?.timer?.() };
        this.timers.push(timer);
        part = definition.control.start(controlHost(this, element, instance, timer));
        this.parts.set(instance, part);
        this.engine.attach(instance.index, part);
      }
      const { attend, finish } = definition;
      if (attend !== undefined) this.attending.push({ attend: () => attend(context!) });
      if (finish !== undefined) this.finishing.push(() => finish(context!));
    }
    this.places.set(element, { element, part, table: elementHandlers(element, part, context, around) });
  }

  /** Begins the work of control elements; false when one of them cannot, which was reported. */
  async begin(): Promise<boolean> {
    let complete = true;
    for (const element of this.elements) complete = this.mayCall(element) && complete;
    const phaseOf = ([instance]: [Instance, ControlPart]) => instance.class.definition.control?.phase ?? 0;
    for (const [instance, part] of [...this.parts].sort((a, b) => phaseOf(a) - phaseOf(b))) {
      this.notes = [];
      const problem = await part.begin?.();
      const said = [...this.notes, ...(problem === undefined ? [] : [problem])];
      this.notes = undefined;
      const element = this.elementOf(instance);
      if (said.length > 0) this.options.report(`${element.file}:${element.line}: While initializing '${declaration(element)}':\n  ${said.join('\n  ')}`);
      complete &&= problem === undefined;
    }
    return complete;
  }

  /** Whether the handlers are there that an element is going to write; else that was reported. */
  private mayCall(element: ListedElement): boolean {
    const { instance } = element;
    let complete = true;
    for (const { call, argument } of instance?.class.definition.calls?.(instance.config) ?? []) {
      if (call === '') continue;
      try {
        this.handler(call, 'write', element);
      } catch (error) {
        if (!(error instanceof HandlerError)) throw error;
        complete = false;
        const early = argument !== undefined && error.message.startsWith('no element');
        this.options.report(`${element.file}:${element.line}: While ${early ? 'configuring' : 'initializing'} '${declaration(element)}':\n  ${early ? `${argument}: ` : ''}${error.message}`);
      }
    }
    return complete;
  }

  /** What the element of the same name and class offers. */
  offerTo({ name, className }: ListedElement): unknown {
    const own = this.byName.get(name);
    return own?.className === className ? this.places.get(own)?.part?.offer?.() : undefined;
  }

  /** Takes the files and sockets that elements of the same names and classes offered. */
  takeOffers(): void {
    for (const part of this.parts.values()) part.takeOver?.();
  }

  /** Gives elements what those of the same names and classes know in the configuration whose place this one takes. */
  takeOver(before: Router): void {
    // What others use comes first.
    const uses = ({ instance }: ListedElement) => Number((instance?.peers ?? []).length > 0);
    for (const element of [...this.elements].sort((a, b) => uses(a) - uses(b))) {
      const { takeOver } = element.instance?.class.definition ?? {};
      const old = before.byName.get(element.name);
      if (takeOver === undefined || old?.className !== element.className) continue;
      this.within(`${element.file}:${element.line}: While hot-swapping state into '${declaration(element)}':`, () => takeOver(this.seen.get(element)!, before.seen.get(old)!));
    }
  }

  /** Calls `action` when the run of this configuration is over. */
  atEnd(action: () => void): void {
    this.finishing.push(action);
  }

  close(): void {
    for (const finish of this.finishing) finish();
    for (const part of this.parts.values()) part.close?.();
  }

  // ---- rounds ------------------------------------------------------------------------------------------

  /** One round at that time; whether there was anything to do. */
  round(microseconds: number): boolean {
    let worked = false;
    this.engine.setTime(microseconds);
    for (const timer of this.timers) {
      if (timer.due === undefined || timer.due > this.engine.microseconds) continue;
      timer.due = undefined;
      worked = true;
      timer.fire();
      if (this.holdUp !== undefined) return true;
    }
    // A script may have ended the run: then nothing else begins.
    if (this.runCount <= 0) return true;
    worked = this.engine.roundAt(microseconds) || worked;
    for (const { attend } of this.attending) attend();
    return worked;
  }

  /** The earliest timer, in microseconds since 1970. */
  nextTimer(): number | undefined {
    const due = [this.engine.nextTimer(false), ...this.timers.map((timer) => timer.due)].filter((time) => time !== undefined);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  adjustRunCount(amount: number): void {
    if (this.runCount !== STOPPED) this.runCount = Math.max(STOPPED, Math.min(0x7fff_ffff, this.runCount + amount));
    this.wake();
  }

  /** Ends the run, whoever wants it to go on. */
  stop(): void {
    this.runCount = STOPPED;
    this.wake();
  }

  standStill(until: Promise<() => void>): void {
    const contexts = this.contexts.slice(-1);
    const holdUp = until.then((goOn) => {
      if (this.holdUp === holdUp) this.holdUp = undefined;
      this.contexts.push(...contexts);
      try {
        goOn();
      } finally {
        this.contexts.length -= contexts.length;
      }
    });
    this.holdUp = holdUp;
  }

  /** Calls `waker` when something from outside gives the router work. */
  onWake(waker: () => void): () => void {
    this.wakers.add(waker);
    return () => this.wakers.delete(waker);
  }

  wake(): void {
    for (const waker of this.wakers) waker();
  }

  // ---- elements ------------------------------------------------------------------------------------------

  /** The element of that name, looked for first beside `from`, then in the compounds around it. */
  find(name: string, from?: ListedElement): ListedElement | undefined {
    for (let prefix = from?.name ?? ''; prefix.includes('/'); ) {
      prefix = prefix.slice(0, prefix.lastIndexOf('/'));
      const found = this.byName.get(`${prefix}/${name}`);
      if (found !== undefined) return found;
    }
    return this.byName.get(name);
  }

  elementOf(instance: Instance): ListedElement {
    return this.byName.get(instance.name)!;
  }

  configOf(element: ListedElement): string {
    return this.handlersOf(element).get('config')!.read!('');
  }

  flatConfiguration(): string {
    return flatConfiguration(this.graph, this.elements, (element) => this.configOf(element));
  }

  handlersOf(element: ListedElement | undefined): HandlerTable {
    return (element === undefined ? this.root : this.places.get(element)!).table;
  }

  // ---- handlers ------------------------------------------------------------------------------------------

  /** The handler that `ELEMENT.HANDLER PARAMETER` means, seen from an element. Throws HandlerError. */
  handler(call: string, way: 'read' | 'write', from?: ListedElement): FoundHandler {
    const [word, parameter] = splitWord(call);
    const { element, name } = this.place(word, from);
    const handler = this.handlersOf(element).get(name) ?? this.otherHandler(element, name);
    const fullName = element === undefined ? name : `${element.name}.${name}`;
    if (handler?.[way] === undefined) throw new HandlerError(`no '${fullName}' ${way} handler`);
    if (way === 'read' && parameter !== '' && handler.parameter !== true) throw new HandlerError(`read handler '${fullName}' does not take parameters`);
    return { handler, fullName, parameter };
  }

  /** What may be done with the handler of that name. */
  facts(name: string, from?: ListedElement): HandlerFacts | 'no element' | 'no handler' {
    let place: { element?: ListedElement; name: string };
    try {
      place = this.place(name, from);
    } catch (error) {
      if (error instanceof HandlerError) return 'no element';
      throw error;
    }
    const handler = this.handlersOf(place.element).get(place.name) ?? this.otherHandler(place.element, place.name);
    if (handler === undefined) return 'no handler';
    return { readable: handler.read !== undefined, writable: handler.write !== undefined, guarded: handler.guarded === true };
  }

  /** A function of an element, or of one that answers to any name. */
  private otherHandler(element: ListedElement | undefined, name: string): Handler | undefined {
    const part = element === undefined ? undefined : this.places.get(element)?.part;
    const found = part?.functions?.[name] ?? part?.anyHandler?.(name);
    return found && { name, read: found.read, write: found.write, parameter: found.parameter };
  }

  private place(word: string, from: ListedElement | undefined): { element?: ListedElement; name: string } {
    const dot = word.lastIndexOf('.');
    if (dot < 0) {
      // A handler of one's own needs no name before it.
      const own = from !== undefined && (this.handlersOf(from).has(word) || this.places.get(from)?.part?.functions?.[word] !== undefined);
      return { element: own ? from : undefined, name: word };
    }
    if (dot === 0) return { name: word.slice(1) };
    const elementName = word.slice(0, dot);
    const element = this.find(elementName, from) ?? this.byNumber(elementName);
    if (element === undefined) {
      // An element that stands for others has handlers with dots in their names.
      const first = word.indexOf('.');
      const proxy = this.find(word.slice(0, first), from);
      if (proxy !== undefined && this.places.get(proxy)?.part?.anyHandler !== undefined) return { element: proxy, name: word.slice(first + 1) };
      throw new HandlerError(`no element named '${elementName}'`);
    }
    return { element, name: word.slice(dot + 1) };
  }

  private byNumber(text: string): ListedElement | undefined {
    return /^\d+$/.test(text) ? this.elements[Number(text) - 1] : undefined;
  }

  read(call: string, from?: ListedElement): string {
    const { handler, parameter } = this.handler(call, 'read', from);
    return handler.read!(parameter);
  }

  /** As `read`, but undefined where there is no such handler, or it refuses. */
  private readable(call: string, from: ListedElement): string | undefined {
    try {
      return this.read(call, from);
    } catch (error) {
      if (error instanceof HandlerError) return undefined;
      throw error;
    }
  }

  write(call: string, from?: ListedElement): string {
    const { handler, parameter } = this.handler(call, 'write', from);
    const answer = handler.write!(parameter) ?? '';
    this.wake();
    return answer;
  }

  /** Writes a handler: its answer, and what it warns of. */
  writeTold(call: string, from?: ListedElement): { readonly answer: string; readonly warnings: readonly string[] } {
    const before = this.warnings;
    const warnings: string[] = [];
    this.warnings = warnings;
    try {
      return { answer: this.write(call, from), warnings };
    } finally {
      this.warnings = before;
    }
  }

  /** Writes a handler that needs time; undefined: it needs none. Throws HandlerError, and rejects with it. */
  writeLater(call: string, from?: ListedElement): Promise<readonly string[]> | undefined {
    const { handler, parameter } = this.handler(call, 'write', from);
    return handler.later?.(parameter);
  }

  // ---- messages ------------------------------------------------------------------------------------------

  /** Errors that `action` reports have this line above them, once. */
  within<T>(context: string, action: () => T): T {
    this.contexts.push({ line: context, printed: false });
    try {
      return action();
    } finally {
      this.contexts.pop();
    }
  }

  error(message: string): void {
    this.errors += 1;
    this.note(message);
  }

  /** What a handler warns of goes to whoever asked for it, or to standard error. */
  private warn(text: string): void {
    if (this.warnings === undefined) this.note(text);
    else this.warnings.push(text);
  }

  /** What is no error, below the context it belongs to. */
  note(message: string): void {
    const context = this.contexts[this.contexts.length - 1];
    if (context === undefined && this.notes !== undefined) return void this.notes.push(message);
    if (context === undefined) return this.options.report(message);
    const indented = message.replace(/^/gm, '  ');
    this.options.report(context.printed ? indented : `${context.line}\n${indented}`);
    context.printed = true;
  }

  /** What `action` gives, or undefined when a handler refused, which is reported. */
  attempt<T>(action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof HandlerError)) throw error;
      this.error(error.message);
      return undefined;
    }
  }
}

/** An element as messages name it: `name :: Class`. */
export function declaration({ name, className }: ListedElement): string {
  return `${name} :: ${className}`;
}
