/** What is around a routine when it is printed as C. */
import type { Span } from '../diagnostics.js';
import type { ArrayNames } from './c-expression.js';
import type { Lines } from './c-lines.js';
import type { Mark, PacketLocal, Destination, KeyCall, Statement, Procedure } from './ir.js';

/** How a function ends, for verdicts and traps. */
export type FunctionKind = 'push' | 'learn' | 'pull-through' | 'pull' | 'run' | 'void' | 'procedure';

/** What a routine's C needs to know of the instance and graph around it. */
export interface Surroundings extends ArrayNames {
  readonly kind: FunctionKind;
  /** Marks that the graph reads; the others are never kept. */
  readonly marks: readonly Mark[];
  /** Offsets of the aligned annotation words that live in variables; all others are never read. */
  readonly words: readonly number[];
  /** Whether annotations live in the descriptor, for some offset is no constant. */
  readonly annotations: boolean;
  /** Whether the graph reads time stamps; what is not read is not written. */
  readonly timestamps: boolean;
  /** Numbers in C: of a counter, of a trap's counter and site. */
  counter(name: string): number | string;
  trap(reason: string, at: Span): { counter: number | string; site: number | string };
  /** Name of the instance's state variable. */
  readonly state: string;
  entry(name: string): string;
  column(entry: string, column: string): string;
  /** C that hands a packet to a destination; the packet is gone then. */
  deliver(lines: Lines, packet: PacketLocal, to: Destination, at: Span): void;
  /** C that hands a copy of a packet to a destination. */
  deliverCopy(lines: Lines, packet: PacketLocal, to: Destination, at: Span): void;
  /** Counts a packet that a pull on output `index` (the function's own, if absent) has given. */
  returned(lines: Lines, index?: number): void;
  /** A call that gives the next packet of an input, or NULL. */
  pullCall(input: number): string;
  /** Packets in the queues that the instance watches, and how many more these have room for. */
  readonly queues: { readonly length: string; readonly room: string };
  readonly inputCount: number;
  /** C of a classification that sets `result`. */
  classify(lines: Lines, packet: PacketLocal, program: object, result: string, at: Span): void;
  /** C that notes what a classification will look at; only code that looks ahead has any. */
  classifyAhead?(lines: Lines, packet: PacketLocal, program: object, label: string): void;
  /** The array that has, for each packet of a batch, where code that looked ahead saw the entry of a call; none if none did. */
  hint(call: KeyCall): string | undefined;
  /** C that calls a procedure. */
  invoke(lines: Lines, statement: Extract<Statement, { op: 'invoke' }>): void;
  /** The procedure that this is, if it is one. */
  readonly procedure?: Procedure;
  /** Whether the code is to be small: the runtime is called then, where it would be in place else. */
  readonly small: boolean;
  /** Bytes of a constant, by name. */
  bytes(bytes: Uint8Array): string;
}
