/**
 * What of a routine tells which memory it will want: its reads of the packet, computations and conditions up to look-ups
 * in large tables, which become requests to bring a cache line. Nothing else is left: no trap, count or store. What
 * cannot be known without a look-up is guessed (that a packet goes on), for a wrong request costs time and nothing more.
 */
import type { Block, Condition, ConstantArray, Expression, Local, Pointer, Routine, Statement } from './ir.js';

/** Which memory is so large that it is worth asking for. */
export interface LargeMemory {
  table(entry: string): boolean;
  constant(array: ConstantArray): boolean;
}

/** The pruned routine. Annotations are followed if they are kept in variables. */
export function lookAhead(routine: Routine, large: LargeMemory, annotations: boolean): Routine {
  const pruning = new Pruning(large, annotations);
  return { ...routine, body: pruning.block(routine.body).body };
}

interface Pruned {
  readonly body: Statement[];
  /** Whether what follows is never reached. */
  readonly ends: boolean;
}

/** Statements after which a packet is elsewhere, or lies otherwise than the code ahead can tell. */
const STOPS = new Set<Statement['op']>(['unstrip', 'prepend', 'append', 'pull', 'make', 'copy-of', 'dequeue', 'take', 'enqueue', 'list-append', 'emit', 'return-flag', 'return-packet']);

class Pruning {
  private readonly unknown = new Set<number>();
  private readonly unknownViews = new Set<number>();
  private readonly unknownAnnotations = new Set<number>();

  constructor(
    private readonly large: LargeMemory,
    private readonly annotations: boolean,
  ) {}

  block(block: Block): Pruned {
    const body: Statement[] = [];
    for (const statement of block) if (this.statement(statement, body)) return { body, ends: true };
    return { body, ends: false };
  }

  /** Adds what remains of a statement; true if nothing follows it. */
  private statement(statement: Statement, body: Statement[]): boolean {
    const { at } = statement;
    switch (statement.op) {
      case 'set':
        this.request(statement.value, body, at);
        return this.assign(statement, statement.local, this.known(statement.value), body);
      case 'set-flag':
        return this.assign(statement, statement.local, this.holds(statement.value), body);
      case 'load':
        return this.assign(statement, statement.local, this.pointer(statement.pointer) && this.known(statement.offset), body);
      case 'view':
        if (this.pointer(statement.pointer) && this.known(statement.offset)) {
          this.unknownViews.delete(statement.view);
          body.push(statement);
        } else this.unknownViews.add(statement.view);
        return false;
      case 'trap-if':
        if (this.holds(statement.condition)) body.push({ op: 'if', condition: statement.condition, then: [{ op: 'finish', at }], otherwise: [], at });
        return false;
      case 'state-call':
        return this.stateCall(statement, body);
      case 'annotation-load':
      case 'annotation-store':
        return this.annotation(statement, body);
      case 'move':
      case 'mark': {
        const by = statement.op === 'move' ? statement.by : statement.offset;
        if (this.known(by)) body.push(statement);
        else body.push({ op: 'finish', at });
        return !this.known(by);
      }
      case 'if':
        return this.branch(statement, body);
      case 'loop':
        this.forget(statement.body);
        return false;
      case 'block':
        // Whether its end is reached by a jump is not followed up: what is behind it counts as reached.
        body.push({ ...statement, body: this.block(statement.body).body });
        return false;
      case 'leave':
        body.push(statement);
        return true;
      case 'finish':
        body.push(statement.to?.kind === 'output' ? statement : { op: 'finish', at });
        return true;
      default:
        if (STOPS.has(statement.op)) {
          body.push({ op: 'finish', at });
          return true;
        }
        if ('local' in statement) this.unknown.add((statement.local as Local).id);
        return false;
    }
  }

  private assign(statement: Statement, local: Local, known: boolean, body: Statement[]): boolean {
    if (known) {
      this.unknown.delete(local.id);
      body.push(statement);
    } else this.unknown.add(local.id);
    return false;
  }

  private stateCall(statement: Extract<Statement, { op: 'state-call' }>, body: Statement[]): boolean {
    const { call, result, at } = statement;
    if ((call.name === 'find' || call.name === 'insert') && this.large.table(call.entry) && call.key.every((part) => this.known(part))) {
      body.push({ op: 'request-entry', entry: call.entry, key: call.key, at });
    }
    if (result !== undefined) this.unknown.add(result.id);
    return false;
  }

  private annotation(statement: Extract<Statement, { op: 'annotation-load' | 'annotation-store' }>, body: Statement[]): boolean {
    const place = statement.offset.op === 'number' ? statement.offset.value - (statement.offset.value % 4) : -1;
    if (statement.op === 'annotation-load') {
      return this.assign(statement, statement.local, this.annotations && !this.unknownAnnotations.has(place), body);
    }
    if (!this.annotations) return false;
    if (this.known(statement.value)) body.push(statement);
    else this.unknownAnnotations.add(place);
    return false;
  }

  private branch(statement: Extract<Statement, { op: 'if' }>, body: Statement[]): boolean {
    const { condition, then, otherwise, at } = statement;
    if (this.holds(condition)) {
      const yes = this.block(then);
      const no = this.block(otherwise);
      body.push({ op: 'if', condition, then: yes.body, otherwise: no.body, at });
      return yes.ends && no.ends;
    }
    // The way on is the one that does not end; where both go on, what they assign is unknown.
    const [leaves, stays] = [ends(then), ends(otherwise)];
    if (leaves !== stays) {
      const way = this.block(leaves ? otherwise : then);
      body.push(...way.body);
      return way.ends;
    }
    this.forget(then);
    this.forget(otherwise);
    if (leaves) body.push({ op: 'finish', at });
    return leaves;
  }

  /** What the statements assign is unknown from now on. */
  private forget(block: Block): void {
    for (const statement of block) {
      if ('local' in statement) this.unknown.add((statement.local as Local).id);
      if (statement.op === 'state-call' && statement.result !== undefined) this.unknown.add(statement.result.id);
      if (statement.op === 'view') this.unknownViews.add(statement.view);
      if (statement.op === 'annotation-store' && statement.offset.op === 'number') this.unknownAnnotations.add(statement.offset.value - (statement.offset.value % 4));
      if (statement.op === 'if') {
        this.forget(statement.then);
        this.forget(statement.otherwise);
      } else if (statement.op === 'loop' || statement.op === 'block') this.forget(statement.body);
    }
  }

  /** Requests for entries of large constants whose index is known. */
  private request(expression: Expression, body: Statement[], at: Statement['at']): void {
    if (expression.op === 'constant' && this.large.constant(expression.array) && this.known(expression.index)) {
      body.push({ op: 'request-constant', array: expression.array, index: expression.index, at });
    }
    for (const part of partsOf(expression)) this.request(part, body, at);
  }

  private pointer(pointer: Pointer): boolean {
    return 'packet' in pointer || !this.unknownViews.has(pointer.view);
  }

  private known(expression: Expression): boolean {
    if (expression.op === 'local') return !this.unknown.has(expression.local.id);
    if (expression.op === 'constant' && this.large.constant(expression.array)) return false;
    if (expression.op === 'distance' && !(this.pointer(expression.from) && this.pointer(expression.to))) return false;
    if (expression.op === 'select' && !this.holds(expression.condition)) return false;
    return partsOf(expression).every((part) => this.known(part));
  }

  private holds(condition: Condition): boolean {
    switch (condition.op) {
      case 'flag':
        return !this.unknown.has(condition.local.id);
      case 'compare':
        return this.known(condition.a) && this.known(condition.b);
      case 'and':
      case 'or':
        return this.holds(condition.a) && this.holds(condition.b);
      case 'not':
        return this.holds(condition.a);
      default:
        return true;
    }
  }
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

/** Whether a pruned routine asks for memory itself. */
export function requests(block: Block): boolean {
  return block.some((statement) => statement.op === 'request-entry' || statement.op === 'request-constant' || (statement.op === 'if' && (requests(statement.then) || requests(statement.otherwise))) || (statement.op === 'block' && requests(statement.body)));
}

/** Outputs by which a pruned routine hands packets on. */
export function outputsOf(block: Block): number[] {
  return block.flatMap((statement): number[] => {
    if (statement.op === 'finish' && statement.to?.kind === 'output') return [statement.to.index];
    if (statement.op === 'if') return [...outputsOf(statement.then), ...outputsOf(statement.otherwise)];
    return statement.op === 'block' ? outputsOf(statement.body) : [];
  });
}

