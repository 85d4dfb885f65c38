/**
 * What of a routine tells which memory it will want: its reads of the packet, computations and conditions up to look-ups
 * in large tables, which become requests to bring a cache line. Nothing else is left: no trap, count or store.
 *
 * Whatever is requested, the packets themselves are treated later by the routine as it is; a wrong request costs time
 * and nothing more. So the packet is taken to be one that goes on: checks that it is long enough or sound are left out,
 * and what cannot be known without a look-up is guessed. That is safe because each read lies within LOOK_AHEAD_BYTES of
 * where the routine found the packet, and so in its slot, and because nothing else is read.
 */
import { marksOf } from './c-classify.js';
import { AheadState, isInside } from './ahead-state.js';
import type { Block, Condition, ConstantArray, Expression, Local, Pointer, Routine, Statement } from './ir.js';
import { exactly, range, UINT32, type Range } from './range.js';

/** Bytes behind where a routine finds a packet that its look-ahead may read. */
export const LOOK_AHEAD_BYTES = 128;
/** How far behind it may put marks, or the start of the data. */
export const POINTERS_MAX = 80;

/** Which memory is so large that it is worth asking for. */
export interface LargeMemory {
  table(entry: string): boolean;
  constant(array: ConstantArray): boolean;
  /** Whether a decision program walks through tables so far that packets of a batch do it together. */
  program(program: object): boolean;
}

/**
 * The pruned routine. Annotations are followed if they are kept in variables. `followed`: whether anything is requested
 * behind an output.
 */
export function lookAhead(routine: Routine, large: LargeMemory, annotations: boolean, followed: (output: number) => boolean): Routine {
  const pruning = new Pruning(large, annotations, followed);
  return { ...routine, body: pruning.block(routine.body, new AheadState()).body };
}

interface Pruned {
  readonly body: readonly Statement[];
  /** What is known behind it; undefined: that is never reached. */
  readonly state: AheadState | undefined;
}

/** Statements after which a packet is elsewhere, or lies otherwise than the code ahead can tell. */
const STOPS = new Set<Statement['op']>(['unstrip', 'prepend', 'append', 'pull', 'make', 'copy-of', 'dequeue', 'take', 'enqueue', 'list-append', 'emit', 'invoke', 'return-flag', 'return-packet']);

class Pruning {
  private readonly isLarge = (array: ConstantArray) => this.large.constant(array);
  /** What is known at the jumps to each label. */
  private readonly jumps = new Map<number, AheadState>();

  constructor(
    private readonly large: LargeMemory,
    private readonly annotations: boolean,
    private readonly followed: (output: number) => boolean,
  ) {}

  block(block: Block, entered: AheadState): Pruned {
    const body: Statement[] = [];
    let state: AheadState | undefined = new AheadState(entered);
    for (const statement of block) {
      state = this.statement(statement, body, state);
      if (state === undefined) break;
    }
    return { body, state };
  }

  /** Adds what remains of a statement; what is known behind it, or undefined if nothing follows. */
  private statement(statement: Statement, body: Statement[], state: AheadState): AheadState | undefined {
    const { at } = statement;
    const bounds = (expression: Expression) => state.bounds(expression, this.isLarge);
    const assign = (local: Local, found: Range | undefined) => {
      state.set(local, found);
      if (found !== undefined) body.push(statement);
      return state;
    };
    switch (statement.op) {
      case 'set':
        this.request(statement.value, body, at, state);
        return assign(statement.local, bounds(statement.value));
      case 'set-flag':
        return assign(statement.local, state.holds(statement.value, this.isLarge) ? range(0, 1) : undefined);
      case 'load': {
        const { pointer, offset, size, width, local } = statement;
        const reach = this.reach(pointer, offset, LOOK_AHEAD_BYTES - size, body, at, state);
        return assign(local, reach < Infinity ? range(0, 2 ** width - 1) : undefined);
      }
      case 'view': {
        const reach = this.reach(statement.pointer, statement.offset, POINTERS_MAX, body, at, state);
        state.setView(statement.view, reach);
        if (reach < Infinity) body.push(statement);
        return state;
      }
      case 'trap-if':
        // A header that is not marked has no place to read from; that the packet is long enough is guessed.
        if (asksForMark(statement.condition)) body.push({ op: 'if', condition: statement.condition, then: [{ op: 'finish', at }], otherwise: [], at });
        return state;
      case 'state-call': {
        const { call, result } = statement;
        if ((call.name === 'find' || call.name === 'insert') && this.large.table(call.entry) && call.key.every((part) => bounds(part) !== undefined)) {
          body.push({ op: 'request-entry', call, at });
        }
        if (result !== undefined) state.set(result, undefined);
        return state;
      }
      case 'classify': {
        const { packet, program, local } = statement;
        const places = [...marksOf(program), 'data'] as const;
        if (this.large.program(program) && places.every((part) => state.reach({ packet, part }) <= POINTERS_MAX)) body.push({ op: 'request-class', local, packet, program, at });
        state.set(local, undefined);
        return state;
      }
      case 'annotation-load':
      case 'annotation-store':
        return this.annotation(statement, body, state);
      case 'move':
      case 'mark':
        return this.moved(statement, body, state);
      case 'cut':
        // Nothing is read from the end, and whether a packet is long enough is guessed.
        return state;
      case 'if':
        return this.branch(statement, body, state);
      case 'loop':
        forget(statement.body, state);
        return state;
      case 'block': {
        const inner = this.block(statement.body, state);
        body.push({ ...statement, body: inner.body });
        const jumped = this.jumps.get(statement.label);
        return jumped === undefined ? inner.state : (inner.state?.joined(jumped) ?? jumped);
      }
      case 'leave':
        return this.leave(statement, body, state);
      case 'finish':
        body.push(statement.to?.kind === 'output' && this.followed(statement.to.index) ? statement : { op: 'finish', at });
        return undefined;
      default:
        if (STOPS.has(statement.op)) {
          body.push({ op: 'finish', at });
          return undefined;
        }
        if ('local' in statement) state.set(statement.local as Local, undefined);
        return state;
    }
  }

  private leave(statement: Extract<Statement, { op: 'leave' }>, body: Statement[], state: AheadState): undefined {
    const others = this.jumps.get(statement.label);
    this.jumps.set(statement.label, others === undefined ? new AheadState(state) : others.joined(state));
    body.push(statement);
    return undefined;
  }

  private moved(statement: Extract<Statement, { op: 'move' | 'mark' }>, body: Statement[], state: AheadState): AheadState | undefined {
    const { packet, at } = statement;
    const by = statement.op === 'move' ? statement.by : statement.offset;
    const reach = this.reach({ packet, part: 'data' }, by, POINTERS_MAX, body, at, state);
    if (reach === Infinity) {
      body.push({ op: 'finish', at });
      return undefined;
    }
    body.push(statement);
    state.setPart(packet, statement.op === 'move' ? 'data' : statement.mark, reach);
    return state;
  }

  /**
   * How far a pointer moved by `offset` is, at most: no more than `most`, which is made sure of where the bounds of the
   * offset do not. Infinite where that cannot be.
   */
  private reach(pointer: Pointer, offset: Expression, most: number, body: Statement[], at: Statement['at'], state: AheadState): number {
    const bounds = state.bounds(offset, this.isLarge);
    const from = state.reach(pointer);
    if (bounds === undefined || from > most) return Infinity;
    if (bounds.low >= 0 && from + bounds.high <= most) return from + bounds.high;
    // The type of the offset in C is that of its variable, whatever is proved of its value here.
    const a = offset.op === 'local' ? { ...offset, range: offset.local.range } : offset;
    const compare = (operator: '<' | '>', value: number): Condition => ({ op: 'compare', operator, a, b: { op: 'number', value, range: exactly(value) } });
    body.push({ op: 'if', condition: { op: 'or', a: compare('<', 0), b: compare('>', most - from) }, then: [{ op: 'finish', at }], otherwise: [], at });
    return most;
  }

  private annotation(statement: Extract<Statement, { op: 'annotation-load' | 'annotation-store' }>, body: Statement[], state: AheadState): AheadState {
    const word = statement.offset.op === 'number' ? statement.offset.value - (statement.offset.value % 4) : -1;
    if (statement.op === 'annotation-load') {
      const known = this.annotations && state.knowsWord(word);
      state.set(statement.local, known ? UINT32 : undefined);
      if (known) body.push(statement);
      return state;
    }
    if (!this.annotations) return state;
    const known = state.bounds(statement.value, this.isLarge) !== undefined;
    // A part of a word does not make all of it known.
    if (!known || statement.size === 4) state.setWord(word, known);
    if (known) body.push(statement);
    return state;
  }

  private branch(statement: Extract<Statement, { op: 'if' }>, body: Statement[], state: AheadState): AheadState | undefined {
    const { condition, then, otherwise, at } = statement;
    // The copy of the code for packets that are short (merge-checks.ts).
    if (statement.unlikely === true) return this.follow(otherwise, body, state);
    const known = state.holds(condition, this.isLarge);
    if (isFailure(then) !== isFailure(otherwise) && !asksForMark(condition)) {
      // The packet is taken to be one that does not fail, unless something is requested there, too.
      const [failing, going] = isFailure(then) ? [then, otherwise] : [otherwise, then];
      if (!known || !this.isWorthwhile(failing, state)) return this.follow(going, body, state);
    }
    if (known) {
      const yes = this.block(then, state);
      const no = this.block(otherwise, state);
      body.push({ op: 'if', condition, then: yes.body, otherwise: no.body, at });
      return yes.state !== undefined && no.state !== undefined ? yes.state.joined(no.state) : (yes.state ?? no.state);
    }
    forget(then, state);
    forget(otherwise, state);
    const jump = then.at(-1)?.op === 'leave' ? then.at(-1) : otherwise.at(-1);
    if (jump?.op === 'leave') return this.leave(jump, body, state);
    if (!ends(then) && !ends(otherwise)) return state;
    body.push({ op: 'finish', at });
    return undefined;
  }

  private follow(block: Block, body: Statement[], state: AheadState): AheadState | undefined {
    const way = this.block(block, state);
    body.push(...way.body);
    return way.state;
  }

  /** Whether a block asks for memory, or what is behind an output that it takes does. */
  private isWorthwhile(block: Block, state: AheadState): boolean {
    const trial = new Pruning(this.large, this.annotations, this.followed);
    const { body } = trial.block(block, state);
    return requests(body) || outputsOf(body).length > 0;
  }

  /** Requests for entries of large constants whose index is known. */
  private request(expression: Expression, body: Statement[], at: Statement['at'], state: AheadState): void {
    if (expression.op === 'constant' && this.large.constant(expression.array)) {
      const index = state.bounds(expression.index, this.isLarge);
      if (index !== undefined && isInside(index, expression.array)) body.push({ op: 'request-constant', array: expression.array, index: expression.index, at });
    }
    for (const part of partsOf(expression)) this.request(part, body, at, state);
  }
}

/** What the statements assign is unknown from now on. */
function forget(block: Block, state: AheadState): void {
  for (const statement of block) {
    if ('local' in statement) state.set(statement.local as Local, undefined);
    if (statement.op === 'state-call' && statement.result !== undefined) state.set(statement.result, undefined);
    if (statement.op === 'view') state.setView(statement.view, Infinity);
    if (statement.op === 'move') state.setPart(statement.packet, 'data', Infinity);
    if (statement.op === 'mark') state.setPart(statement.packet, statement.mark, Infinity);
    if (statement.op === 'annotation-store' && statement.offset.op === 'number') state.setWord(statement.offset.value - (statement.offset.value % 4), false);
    if (statement.op === 'if') {
      forget(statement.then, state);
      forget(statement.otherwise, state);
    } else if (statement.op === 'loop' || statement.op === 'block') forget(statement.body, state);
  }
}

/** Whether a condition asks if a header is marked, or if there is a packet. */
function asksForMark(condition: Extract<Statement, { op: 'trap-if' }>['condition']): boolean {
  if (condition.op === 'and' || condition.op === 'or') return asksForMark(condition.a) || asksForMark(condition.b);
  return condition.op === 'not' ? asksForMark(condition.a) : condition.op === 'marked' || condition.op === 'is-null';
}

function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.op) {
    case 'arithmetic':
    case 'bitwise':
    case 'select':
      return [expression.a, expression.b];
    case 'function':
      return expression.arguments;
    case 'constant':
      return [expression.index];
    default:
      return [];
  }
}

/** Whether what follows a block is never reached from its end. */
function ends(block: Block): boolean {
  const last = block.at(-1);
  if (last === undefined) return false;
  if (last.op === 'finish' || last.op === 'leave' || last.op === 'return-flag' || last.op === 'return-packet') return true;
  return last.op === 'if' && ends(last.then) && ends(last.otherwise);
}

/**
 * Whether a block ends what is done with a packet: it is over, or a function of the element returns early. What returns
 * something computed has found what was looked for, and is no failure.
 */
function isFailure(block: Block): boolean {
  const last = block.at(-1);
  if (last?.op !== 'leave') return ends(block);
  const result = block.at(-2);
  return result?.op !== 'set' || result.value.op === 'number';
}

/** Whether a pruned routine asks for memory itself. */
export function requests(block: Block): boolean {
  return block.some((statement) => isRequest(statement) || (statement.op === 'if' && (requests(statement.then) || requests(statement.otherwise))) || (statement.op === 'block' && requests(statement.body)));
}

function isRequest({ op }: Statement): boolean {
  return op === 'request-entry' || op === 'request-constant' || op === 'request-class';
}

/** Outputs by which a pruned routine hands packets on. */
export function outputsOf(block: Block): number[] {
  return block.flatMap((statement): number[] => {
    if (statement.op === 'finish' && statement.to?.kind === 'output') return [statement.to.index];
    if (statement.op === 'if') return [...outputsOf(statement.then), ...outputsOf(statement.otherwise)];
    return statement.op === 'block' ? outputsOf(statement.body) : [];
  });
}
