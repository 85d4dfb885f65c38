/**
 * The compiler's intermediate language: the packet path of one element, with all constants folded, every
 * access explicit, every check in place. It names counters, state and outputs of the instance, never
 * addresses, so that instances with equal arguments share it. Expressions are pure and cannot fail;
 * whatever reads memory or can trap is a statement, in the order in which JavaScript would do it.
 */
import type { Span } from '../diagnostics.js';
import type { TrapReason } from '../kit/trap.js';
import type { Range } from './range.js';

/** A C variable of an element's function. `range` covers every value it is given. */
export interface Local {
  readonly id: number;
  readonly name: string;
  readonly type: 'integer' | 'boolean';
  range: Range;
  /** It is given other values later: what names it means something else then. */
  varies?: boolean;
}

/** A packet on the path: the variables that hold its descriptor, data, end and marks. */
export interface PacketLocal {
  readonly id: number;
  /** The packet that `process` was given. */
  readonly main: boolean;
}

export type Pointer = { readonly packet: PacketLocal; readonly part: PointerPart } | { readonly view: number };
/** `room` is where the headroom begins, `limit` where the tailroom ends. */
export type PointerPart = 'room' | 'data' | 'end' | 'limit' | Mark;
export type Mark = 'mac' | 'network' | 'transport';

/** A constant array of integers; equal ones are printed once. */
export interface ConstantArray {
  readonly values: ArrayLike<number>;
  readonly range: Range;
}

export type Expression =
  | { readonly op: 'number'; readonly value: number; readonly range: Range }
  | { readonly op: 'local'; readonly local: Local; readonly range: Range }
  | {
      readonly op: 'arithmetic';
      readonly operator: '+' | '-' | '*' | '/' | '%';
      readonly a: Expression;
      readonly b: Expression;
      readonly range: Range;
    }
  | {
      readonly op: 'bitwise';
      readonly operator: '&' | '|' | '^' | '<<' | '>>' | '>>>';
      readonly a: Expression;
      readonly b: Expression;
      readonly range: Range;
    }
  /** `truncate` keeps the low bits; `imul` and `clz32` are JavaScript's; `fold16` is a one's complement sum as 16 bits, `checksum` one after differences. */
  | {
      readonly op: 'function';
      readonly name: 'truncate8' | 'truncate16' | 'truncate32' | 'truncate48' | 'signed32' | 'imul' | 'clz32' | 'fold16' | 'checksum' | 'checksum-fallen';
      readonly arguments: readonly Expression[];
      readonly range: Range;
    }
  | {
      readonly op: 'select';
      readonly condition: Condition;
      readonly a: Expression;
      readonly b: Expression;
      readonly range: Range;
    }
  | { readonly op: 'constant'; readonly array: ConstantArray; readonly index: Expression; readonly range: Range }
  /** `to - from` in bytes. */
  | { readonly op: 'distance'; readonly from: Pointer; readonly to: Pointer; readonly range: Range };

export type Condition =
  | { readonly op: 'boolean'; readonly value: boolean }
  | { readonly op: 'flag'; readonly local: Local }
  | { readonly op: 'compare'; readonly operator: '===' | '!==' | '<' | '<=' | '>' | '>='; readonly a: Expression; readonly b: Expression }
  | { readonly op: 'and' | 'or'; readonly a: Condition; readonly b: Condition }
  | { readonly op: 'not'; readonly a: Condition }
  | { readonly op: 'marked'; readonly packet: PacketLocal; readonly mark: Mark }
  | { readonly op: 'is-null'; readonly packet: PacketLocal };

/** A place in an instance's state. */
export type StatePlace =
  | { readonly kind: 'register'; readonly entry: string }
  | { readonly kind: 'element'; readonly entry: string; readonly index: Expression }
  | { readonly kind: 'column'; readonly entry: string; readonly column: string; readonly index: Expression };

/** Where a packet goes. */
export type Destination =
  | { readonly kind: 'output'; readonly index: number }
  /** One of all outputs, by an expression proved to be in range. */
  | { readonly kind: 'any-output'; readonly index: Expression }
  | { readonly kind: 'drop'; readonly reason: string }
  | { readonly kind: 'consumed' };

/** A look-up in a table by its key. */
export interface KeyCall {
  readonly name: 'find' | 'insert' | 'victim';
  readonly entry: string;
  readonly key: readonly Expression[];
}

/** Operations on state entries that are neither loads nor stores; the runtime has a function for each. */
export type StateCall =
  | KeyCall
  | { readonly name: 'remove' | 'occupied'; readonly entry: string; readonly slot: Expression }
  | { readonly name: 'table-length' | 'table-evictions' | 'queue-length' | 'queue-full' | 'lists-length' | 'lists-full'; readonly entry: string }
  | { readonly name: 'list-count'; readonly entry: string; readonly list: Expression };

/** Where a packet enters or leaves a queue: as always, or at the other end. */
export type QueueEnd = 'usual' | 'other';

export type Statement = { readonly at: Span } & (
  | { readonly op: 'set'; readonly local: Local; readonly value: Expression }
  | { readonly op: 'set-flag'; readonly local: Local; readonly value: Condition }
  /** Big-endian word of `size` bytes at pointer + offset; `shift` and `width` pick bits of it. */
  | {
      readonly op: 'load';
      readonly local: Local;
      readonly pointer: Pointer;
      readonly offset: Expression;
      readonly size: 1 | 2 | 4 | 6;
      readonly shift: number;
      readonly width: number;
    }
  | {
      readonly op: 'store';
      readonly pointer: Pointer;
      readonly offset: Expression;
      readonly size: 1 | 2 | 4 | 6;
      readonly shift: number;
      readonly width: number;
      readonly value: Expression;
    }
  /** Bytes one after the other; each is a number, or one of several by the lane (merge-lanes.ts). */
  | { readonly op: 'store-bytes'; readonly pointer: Pointer; readonly offset: Expression; readonly bytes: readonly Expression[] }
  /** Traps when `condition` holds; `held` are the packets that must be released then. */
  | {
      readonly op: 'trap-if';
      readonly condition: Condition;
      readonly reason: TrapReason;
      readonly held: readonly PacketLocal[];
    }
  | { readonly op: 'view'; readonly view: number; readonly pointer: Pointer; readonly offset: Expression }
  | { readonly op: 'load-state'; readonly local: Local; readonly place: StatePlace }
  /** Packets in the queues that the instance watches, or their room. */
  | { readonly op: 'near-queues'; readonly what: 'length' | 'room'; readonly local: Local }
  | { readonly op: 'store-state'; readonly place: StatePlace; readonly value: Expression | Condition }
  | { readonly op: 'state-call'; readonly call: StateCall; readonly result?: Local }
  | { readonly op: 'sum'; readonly local: Local; readonly packet: PacketLocal; readonly offset: Expression; readonly length: Expression }
  | { readonly op: 'count'; readonly counter: string; readonly amount: Expression }
  | { readonly op: 'counted'; readonly local: Local; readonly counter: string }
  | { readonly op: 'clock'; readonly local: Local; readonly unit: 'microseconds' | 'seconds' }
  | { readonly op: 'random'; readonly local: Local; readonly below?: Expression }
  /** Whether an interface leads somewhere: 1 or 0. */
  | { readonly op: 'ours'; readonly local: Local; readonly a: Expression; readonly b: Expression }
  | { readonly op: 'link-up'; readonly local: Local; readonly interface: Expression }
  | { readonly op: 'timer'; readonly timer: string; readonly action: 'after' | 'at' | 'cancel'; readonly time?: Expression }
  | { readonly op: 'timer-pending'; readonly local: Local; readonly timer: string }
  | { readonly op: 'log'; readonly piece: LogPiece }
  | { readonly op: 'classify'; readonly local: Local; readonly packet: PacketLocal; readonly program: object }
  /** Asks for the cache lines of a table's entry, or of a constant, that will be wanted: only in code that looks ahead. */
  | { readonly op: 'request-entry'; readonly call: KeyCall }
  | { readonly op: 'request-constant'; readonly array: ConstantArray; readonly index: Expression }
  | { readonly op: 'request-class'; readonly local: Local; readonly packet: PacketLocal; readonly program: object }
  // ---- packets
  | { readonly op: 'move'; readonly packet: PacketLocal; readonly by: Expression }
  /** The packet's end is `length` bytes behind the start of its data, which is not behind where it was. */
  | { readonly op: 'cut'; readonly packet: PacketLocal; readonly length: Expression }
  | { readonly op: 'unstrip' | 'prepend'; readonly packet: PacketLocal; readonly count: Expression; readonly held: readonly PacketLocal[] }
  | { readonly op: 'append'; readonly packet: PacketLocal; readonly count: Expression; readonly held: readonly PacketLocal[] }
  | { readonly op: 'mark'; readonly packet: PacketLocal; readonly mark: Mark; readonly offset: Expression }
  | { readonly op: 'annotation-load'; readonly local: Local; readonly packet: PacketLocal; readonly offset: Expression; readonly size: 1 | 4 }
  | { readonly op: 'annotation-store'; readonly packet: PacketLocal; readonly offset: Expression; readonly size: 1 | 4; readonly value: Expression }
  /** `length` bytes of `from` from `offset` on over those of `packet` from `place` on. */
  | { readonly op: 'copy-bytes'; readonly packet: PacketLocal; readonly place: Expression; readonly from: PacketLocal; readonly offset: Expression; readonly length: Expression }
  | { readonly op: 'copy-constant'; readonly packet: PacketLocal; readonly place: Expression; readonly bytes: Uint8Array; readonly offset: Expression; readonly length: Expression }
  /** Bytes of a state array into the packet, or the other way round. */
  | { readonly op: 'copy-state'; readonly packet: PacketLocal; readonly place: Expression; readonly entry: string; readonly offset: Expression; readonly length: Expression; readonly to: 'packet' | 'state' }
  /** All annotations and the time stamp. */
  | { readonly op: 'copy-annotations'; readonly packet: PacketLocal; readonly from: PacketLocal }
  | { readonly op: 'timestamp-load'; readonly local: Local; readonly packet: PacketLocal; readonly part: 'seconds' | 'nanoseconds' }
  | { readonly op: 'timestamp-store'; readonly packet: PacketLocal; readonly part: 'seconds' | 'nanoseconds'; readonly value: Expression }
  /** `packet` becomes what was pulled, made, taken; it may be null then. */
  | { readonly op: 'pull'; readonly packet: PacketLocal; readonly input: Expression }
  | { readonly op: 'make'; readonly packet: PacketLocal; readonly length: Expression }
  | { readonly op: 'copy-of'; readonly packet: PacketLocal; readonly bytes: Uint8Array }
  | { readonly op: 'dequeue'; readonly packet: PacketLocal; readonly entry: string; readonly end: QueueEnd }
  | { readonly op: 'take'; readonly packet: PacketLocal; readonly entry: string; readonly list: Expression }
  | { readonly op: 'enqueue'; readonly packet: PacketLocal; readonly entry: string; readonly end: QueueEnd }
  | { readonly op: 'list-append'; readonly packet: PacketLocal; readonly entry: string; readonly list: Expression }
  | { readonly op: 'emit'; readonly packet: PacketLocal; readonly to: Destination }
  | { readonly op: 'emit-copy'; readonly packet: PacketLocal; readonly to: Destination }
  // ---- control
  | { readonly op: 'if'; readonly condition: Condition; readonly then: Block; readonly otherwise: Block; readonly unlikely?: true }
  /** It ends within `rounds`. `rolled`: the C compiler is not to unroll it. */
  | { readonly op: 'loop'; readonly body: Block; readonly rounds: number; readonly rolled?: true }
  /** Runs `body`; `leave` jumps to its end. */
  | { readonly op: 'block'; readonly label: number; readonly body: Block }
  | { readonly op: 'leave'; readonly label: number }
  /**
   * Calls a function that is compiled once. `held` are packets that are here and not handed over: released if it traps.
   * `changed` were handed over and come back with their data, marks or annotations elsewhere.
   */
  | { readonly op: 'invoke'; readonly procedure: Procedure; readonly arguments: readonly Argument[]; readonly result?: Local; readonly held: readonly PacketLocal[]; readonly changed: readonly PacketLocal[] }
  /** Ends a procedure that gives a value or none; `kept` are the packets of its caller that are still here. */
  | { readonly op: 'return-value'; readonly value?: Expression | Condition; readonly kept: readonly PacketLocal[] }
  /** Ends the function: the packet goes to `to`, was kept, or there is none. */
  | { readonly op: 'finish'; readonly packet?: PacketLocal; readonly to?: Destination }
  /** Ends a `run`: whether there was work. */
  | { readonly op: 'return-flag'; readonly value: Condition }
  /** Ends a `pull`. */
  | { readonly op: 'return-packet'; readonly packet: PacketLocal | undefined }
);

export type LogPiece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'decimal' | 'hexadecimal' | 'lower-hexadecimal'; readonly value: Expression; readonly width: number }
  | { readonly kind: 'hex' | 'ascii'; readonly packet: PacketLocal; readonly offset: Expression; readonly count: Expression }
  | { readonly kind: 'end' };

export type Block = readonly Statement[];

/** What a method of an element came to. */
export interface Routine {
  readonly body: Block;
  readonly locals: readonly Local[];
  readonly packets: readonly PacketLocal[];
  readonly views: number;
}

/** What a procedure is given, as it names it. */
export type Parameter =
  | { readonly kind: 'value'; readonly local: Local }
  | { readonly kind: 'packet'; readonly packet: PacketLocal }
  | { readonly kind: 'view'; readonly view: number };

/** What it is called with; the packet or view is one of the caller's. */
export type Argument =
  | { readonly kind: 'value'; readonly value: Expression | Condition }
  | { readonly kind: 'packet'; readonly packet: PacketLocal }
  | { readonly kind: 'view'; readonly view: number };

/** A function of an element that is called from several places, and so becomes a function in C. */
export interface Procedure {
  readonly name: string;
  /** Tells apart those of one element. */
  readonly id: number;
  readonly routine: Routine;
  readonly parameters: readonly Parameter[];
  /**
   * `value`: it comes back to its caller, with a result if there is one. `end`: it does what the method that calls it
   * would do at its end, and that method ends with it.
   */
  readonly ends: 'value' | 'end';
  readonly result?: { readonly type: 'integer' | 'boolean'; readonly range: Range };
  /** Whether it may trap. */
  readonly traps: boolean;
}
