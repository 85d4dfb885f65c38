/**
 * A script at work. It runs until an instruction blocks; a step lets it go on: from its timer, from its handler `step`,
 * or, for a script that drives, from the router when the run would end.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { HandlerError, splitWord, splitWords, systemMessage, unquote, type ControlHandler, type ControlHost, type ControlPart, type Packet, type Verdict } from 'wirelet';
import { Calls } from './calls.js';
import { FASTCLICK_FUNCTIONS, FUNCTIONS, LOCAL_FUNCTIONS } from './functions.js';
import { waitTime, type Ending, type Instruction } from './instructions.js';
import { substitute } from './substitute.js';

export type ScriptType = 'active' | 'passive' | 'packet' | 'proxy' | 'driver' | 'signal';

export interface ScriptPlan {
  readonly type: ScriptType;
  /** For a script of signals: their names, such as SIGHUP. */
  readonly signals: readonly string[];
  readonly instructions: readonly Instruction[];
}

/** Jumps without a pause, at most: beyond them a script goes round for ever. */
const JUMPS_MAX = 1000;
/** What a write gives that was refused: EINVAL. */
const REFUSED = -22;

type StepKind = 'step' | 'router' | 'timer' | 'jump';

/** Where a script goes on: steps that are left to it, who had it go, and its jumps so far. */
type Continuation = { readonly left: number; readonly kind: StepKind; readonly jumps: number };

/** Outcome of a run for who asked for it. */
type Outcome = { readonly how: 'blocked' | 'return' | Ending; readonly value: string };

export class ScriptRun implements ControlPart {
  readonly handlers: Record<string, ControlHandler>;
  readonly functions: Record<string, ControlHandler>;
  private readonly variables = new Map<string, string>();
  private readonly calls: Calls;
  private readonly paused = new Map<number, number>();
  private position = 0;
  /** `begin` has not been passed yet. */
  private waiting = true;
  private status = 0;
  private called = { name: '', args: '', writing: false };
  /** Steps that came while the script was running. */
  private more: number | undefined;
  private over = false;
  /** A handler that needs time is at work for it. */
  private isHeldUp = false;
  private returned = '';

  constructor(
    private readonly plan: ScriptPlan,
    private readonly host: ControlHost,
  ) {
    this.calls = new Calls(host);
    this.handlers = this.makeHandlers();
    this.functions = this.callable(FASTCLICK_FUNCTIONS);
  }

  // ---- the start -----------------------------------------------------------------------------------------

  begin(): string | undefined {
    const { plan, host } = this;
    if (plan.type === 'driver' && !host.becomeDriver()) return 'router has more than one driver script';
    this.inContext(() => {
      for (const instruction of plan.instructions) {
        if (instruction.kind === 'init') this.assign(instruction.variable, instruction.text, instruction.unquote);
      }
    });
    for (const signal of plan.signals) this.watch(signal);
    if (plan.type !== 'active' && plan.type !== 'driver') return undefined;
    const [first] = plan.instructions;
    if (first?.kind === 'begin') {
      if (plan.type === 'driver') host.adjustRunCount(-1);
      else host.setTimer(host.microseconds);
    } else if (first?.kind === 'wait') this.inContext(() => this.setTimer(first.time));
    return undefined;
  }

  private watch(signal: string): void {
    this.host.onSignal(signal, () => {
      const { how } = this.inContext(() => this.runFromStart('', ''));
      if (how === 'end') this.watch(signal);
      return how !== 'error';
    });
  }

  timer(): void {
    this.inContext(() => this.step(1, 'timer'));
  }

  private inContext<T>(action: () => T): T {
    return this.host.within(`While executing '${this.host.name} :: ${this.host.className}':`, action);
  }

  // ---- packets -------------------------------------------------------------------------------------------

  process(packet: Packet, port: number): Verdict {
    return this.host.verdict(this.portFor(port), packet);
  }

  private portFor(input: number): number | undefined {
    this.variables.set('input', String(input));
    const { how, value } = this.inContext(() => this.runFromStart('', ''));
    if (how === 'end') return 0;
    return how === 'return' && /^\d+$/.test(value.trim()) ? Number(value) : undefined;
  }

  // ---- handlers ------------------------------------------------------------------------------------------

  private makeHandlers(): Record<string, ControlHandler> {
    const { plan } = this;
    const exported = plan.instructions.flatMap((instruction): [string, ControlHandler][] =>
      instruction.kind === 'init' && instruction.exported === true
        ? [[instruction.variable, { read: () => this.variables.get(instruction.variable) ?? '' }]]
        : [],
    );
    return {
      step: { write: (value) => this.stepHandler(value) },
      goto: { write: (value) => this.gotoHandler(value.trim()) },
      run: { parameter: true, read: (value) => this.runHandler('run', value, false), write: (value) => this.runHandler('run', value, true) },
      ...this.callable(FUNCTIONS),
      get: { parameter: true, read: (text) => this.known(this.variableOf(text)) },
      set: { write: (text) => this.store(this.variableOf(text, true), splitWord(text)[1]) },
      shift: { parameter: true, read: (text) => this.shift(text) },
      ...Object.fromEntries(exported),
    };
  }

  private callable(functions: typeof FUNCTIONS): Record<string, ControlHandler> {
    return Object.fromEntries(Object.entries(functions).map(([name, compute]) => [name, { parameter: true, guarded: LOCAL_FUNCTIONS.includes(name), read: (text) => compute(text, this.host) }]));
  }

  anyHandler(name: string): ControlHandler | undefined {
    if (this.plan.type !== 'proxy') return undefined;
    return { parameter: true, read: (value) => this.runHandler(name, value, false), write: (value) => this.runHandler(name, value, true) };
  }

  private runHandler(name: string, args: string, writing: boolean): string {
    return this.answer(this.runFromStart(name, args, writing));
  }

  private stepHandler(value: string): string {
    const text = value.trim();
    if (text === 'router') return this.answer(this.step(1, 'router'));
    const count = text === '' ? 1 : /^\d+$/.test(text) ? Number(text) : undefined;
    if (count === undefined) throw new HandlerError('syntax error');
    return this.answer(this.step(count, 'step'));
  }

  private gotoHandler(label: string): string {
    const index = this.labelIndex(label);
    if (index === undefined) throw new HandlerError('jump to nonexistent label');
    this.forgetPauses(index, this.plan.instructions.length);
    this.position = index;
    return this.answer(this.step(0, 'jump'));
  }

  /** What a handler gives: the value of `return`; an error when the script ended with one. */
  private answer({ how, value }: Outcome): string {
    if (how === 'error') throw new HandlerError(value);
    return how === 'return' ? value : how === 'stop' ? '1' : '';
  }

  private shift(text: string): string {
    const name = text.trim() === '' ? 'args' : this.variableOf(text);
    const [first, rest] = splitWord(this.known(name));
    this.store(name, rest);
    return first;
  }

  /** The variable that a call of `get`, `set` or `shift` names. */
  private variableOf(text: string, more = false): string {
    const [name, rest] = splitWord(text);
    if (name === '') throw new HandlerError('no variable');
    if (rest !== '' && !more) throw new HandlerError('too many arguments');
    return name;
  }

  private known(name: string): string {
    const value = name === 'args' ? this.called.args : this.variables.get(name);
    if (value === undefined) throw new HandlerError(`undefined variable '${name}'`);
    return value;
  }

  private store(name: string, value: string): void {
    if (name === 'args') this.called = { ...this.called, args: value };
    else this.variables.set(name, value);
  }

  // ---- steps ---------------------------------------------------------------------------------------------

  private runFromStart(name: string, args: string, writing = false): Outcome {
    const before = this.called;
    this.position = 0;
    this.called = { name, args, writing };
    try {
      return this.step(0, 'jump');
    } finally {
      this.called = before;
    }
  }

  /** Goes on past `count` blocking instructions. */
  private step(count: number, kind: StepKind): Outcome {
    if (this.more !== undefined) {
      // The script itself asked for it, directly or by way of others: it goes on when it has come to a halt.
      this.more += kind === 'jump' ? 0 : count;
      return { how: 'blocked', value: '' };
    }
    this.more = 0;
    return this.goOn({ left: count, kind, jumps: 0 });
  }

  private goOn(from: Continuation): Outcome {
    let [outcome, jumps]: [Outcome, number] = [{ how: 'blocked', value: '' }, from.jumps];
    let { left, kind } = from;
    try {
      for (let again = true; again; kind = 'step') {
        [outcome, jumps] = this.execute({ left, kind, jumps });
        left = this.more ?? 0;
        again = left > 0 && !this.isHeldUp;
        if (again) this.more = 0;
      }
      return outcome;
    } finally {
      if (!this.isHeldUp) this.more = undefined;
    }
  }

  private execute({ left, kind, jumps }: Continuation): [Outcome, number] {
    const { instructions } = this.plan;
    while (this.position < instructions.length && jumps < JUMPS_MAX && !this.over) {
      const at = this.position;
      const instruction = instructions[at]!;
      this.position += 1;
      switch (instruction.kind) {
        case 'begin':
          if (this.waiting) left -= 1;
          this.waiting = false;
          break;
        case 'pause': {
          const done = Math.min(left, instruction.count - (this.paused.get(at) ?? 0));
          this.paused.set(at, (this.paused.get(at) ?? 0) + Math.max(0, done));
          left -= Math.max(0, done);
          if (left <= 0 && this.paused.get(at)! < instruction.count) return this.halt(at, kind, jumps);
          break;
        }
        case 'wait':
          if (left <= 0) {
            this.setTimer(instruction.time);
            return this.halt(at, kind, jumps);
          }
          left -= 1;
          this.host.setTimer(undefined);
          break;
        case 'return':
          this.returned = this.expand(instruction.text, instruction.unquote);
          this.position = at;
          return [{ how: 'return', value: this.returned }, jumps + 1];
        case 'goto': {
          const target = this.jump(instruction.label, instruction.condition, at);
          if (typeof target === 'string') return this.finish(target, '', at, kind, jumps);
          break;
        }
        case 'finish':
          return this.finish(instruction.ending, this.expand(instruction.text, instruction.unquote), at, kind, jumps);
        case 'write': {
          const call = this.callText(instruction.call, instruction.unquote);
          // Whoever called the script waits for its answer: it cannot wait itself.
          const later = kind === 'timer' || kind === 'router' ? this.calls.writeLater(call) : undefined;
          if (later === undefined) this.writeNow(call);
          else return this.holdUp(call, later, { left, kind, jumps });
          break;
        }
        default:
          this.perform(instruction);
      }
      if (this.position !== at + 1) jumps += 1;
    }
    if (jumps >= JUMPS_MAX) this.giveUp();
    if (kind === 'router') this.host.adjustRunCount(1);
    return [{ how: 'blocked', value: '' }, jumps + 1];
  }

  private halt(at: number, kind: StepKind, jumps: number): [Outcome, number] {
    this.position = at;
    if (kind === 'router') this.host.adjustRunCount(1);
    return [{ how: 'blocked', value: '' }, jumps + 1];
  }

  private finish(ending: Ending, text: string, at: number, kind: StepKind, jumps: number): [Outcome, number] {
    this.position = at;
    if (ending === 'stop' && kind !== 'router') this.host.adjustRunCount(-1);
    if (ending === 'error' && kind === 'timer' && text !== '') this.host.error(text);
    return [{ how: ending, value: text }, jumps + 1];
  }

  private giveUp(): void {
    this.over = true;
    this.host.message(`${this.host.name} :: ${this.host.className}: too many jumps, giving up`);
    this.host.setTimer(undefined);
  }

  private setTimer(text: string): void {
    const time = waitTime(this.expand(text, false));
    if (time === undefined) this.host.error("syntax error at 'wait'");
    else this.host.setTimer(this.host.microseconds + time);
  }

  /** Goes to a label if the condition holds; how the script ends there, for labels that end it. */
  private jump(label: string, condition: string, from: number): Ending | undefined {
    const text = this.expand(condition, false).trim();
    if (text !== '' && !/^(true|false|yes|no|[01tfyn])$/.test(text)) {
      this.host.error(`bad condition '${text}'`);
      return undefined;
    }
    if (/^(false|no|[0fn])$/.test(text)) return undefined;
    const index = this.labelIndex(label);
    if (index === undefined) return label as Ending;
    this.forgetPauses(index, from);
    this.position = index;
    return undefined;
  }

  /** Undefined: a label that ends the script, or none. */
  private labelIndex(label: string): number | undefined {
    const index = this.plan.instructions.findIndex((instruction) => instruction.kind === 'label' && instruction.name === label);
    if (index >= 0) return index;
    return label === 'begin' || label === 'loop' ? 0 : undefined;
  }

  private forgetPauses(from: number, to: number): void {
    for (const at of [...this.paused.keys()]) if (at >= from && at < to) this.paused.delete(at);
  }

  // ---- instructions --------------------------------------------------------------------------------------

  private perform(instruction: Instruction): void {
    switch (instruction.kind) {
      case 'set':
        return this.assign(instruction.variable, instruction.text, instruction.unquote);
      case 'print':
        return this.print(instruction);
      case 'read': {
        const call = this.callText(instruction.call, instruction.unquote);
        const value = this.calls.read(call);
        if (value !== undefined) this.host.message(`${this.host.find(splitWord(call)[0], 'read') ?? call}:\n${value}`);
        return;
      }
    }
  }

  private writeNow(call: string): void {
    const answer = this.calls.write(call);
    this.status = answer === undefined ? REFUSED : answer === '1' ? 1 : 0;
  }

  /** The run stands still until `later` is through; then the script goes on. */
  private holdUp(call: string, later: Promise<readonly string[]>, from: Continuation): [Outcome, number] {
    const { host, calls } = this;
    this.isHeldUp = true;
    if (from.kind === 'router') host.adjustRunCount(1);
    const goOn = (status: number, tell: () => void) => {
      this.isHeldUp = false;
      if (from.kind === 'router') host.adjustRunCount(-1);
      this.status = status;
      tell();
      this.goOn(from);
    };
    const written = (warnings: readonly string[]) => () => goOn(0, () => calls.warn(call, warnings));
    const refused = (error: unknown) => () => goOn(REFUSED, () => calls.refuse(error, call, 'write'));
    host.standStill(later.then(written, refused));
    return [{ how: 'blocked', value: '' }, from.jumps];
  }

  private assign(variable: string, text: string, unquoted: boolean): void {
    this.variables.set(variable, this.expand(text, unquoted));
  }

  private callText(call: string, unquoted: boolean): string {
    const text = this.expand(call, false);
    if (!unquoted) return text;
    const [name, parameter] = splitWord(text);
    return `${name} ${unquote(parameter)}`;
  }

  private print({ text, newline, unquote: unquoted, file, append }: Extract<Instruction, { kind: 'print' }>): void {
    const name = file === undefined ? '-' : this.expand(file, true);
    let out: number | undefined;
    try {
      if (name !== '-') out = openSync(name, append === true ? 'a' : 'w');
    } catch (error) {
      return this.host.error(`${name}: ${systemMessage(error as NodeJS.ErrnoException)}`);
    }
    const isCall = /^[A-Za-z@_]/.test(text);
    const { refusals } = this.calls;
    const result = isCall
      ? this.calls.read(this.callText(text, unquoted))
      : unquote(substitute(text, this.substitutions(), true));
    const line = result ?? '';
    const whole = this.calls.refusals === refusals && newline && !line.endsWith('\n') ? `${line}\n` : line;
    if (out === undefined) return this.host.print(whole);
    writeSync(out, whole);
    closeSync(out);
  }

  // ---- substitution --------------------------------------------------------------------------------------

  private expand(text: string, unquoted: boolean): string {
    const result = substitute(text, this.substitutions());
    return unquoted ? unquote(result) : result;
  }

  private substitutions() {
    return {
      variable: (name: string) => this.variable(name),
      // As in Click: a call of a handler that there is not stays as it is written.
      handler: (call: string) => this.calls.attempt(() => this.host.read(call)) ?? (this.host.find(splitWord(call)[0], 'read') === undefined ? undefined : ''),
    };
  }

  private variable(name: string): string | undefined {
    const own = this.variables.get(name);
    if (own !== undefined) return own;
    if (name === '?') return String(this.status);
    if (name === '$') return String(process.pid);
    if (name === '#') return String(splitWords(this.called.args).length);
    if (name === 'args') return this.called.args;
    if (name === '0') return this.called.name;
    if (name === 'write') return String(this.called.writing);
    if (/^[1-9]\d*$/.test(name)) return splitWords(this.called.args)[Number(name) - 1] ?? '';
    return undefined;
  }
}
