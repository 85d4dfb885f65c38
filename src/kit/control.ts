/** The control side: what elements there see of a run, and what they are to it. */
import type { ArgumentScope } from './argument-scope.js';
import type { Packet } from './packet.js';
import type { Verdict } from './verdict.js';

export interface HandlerFacts {
  readonly readable: boolean;
  readonly writable: boolean;
  /** It reaches beyond the router: nobody outside of it may call it. */
  readonly guarded: boolean;
}

/** How a run looks to an element on the control side. */
export interface ControlHost<C = any> {
  readonly name: string;
  readonly className: string;
  /** Where it stands in the configuration: `file:line`. */
  readonly landmark: string;
  readonly config: C;
  /** What `build` returned. */
  readonly built: any;
  readonly scope: ArgumentScope;
  readonly inputs: { readonly length: number };
  readonly outputs: { readonly length: number };
  /** Time of the run, in microseconds since 1970. */
  readonly microseconds: number;
  /** Reads a handler: `ELEMENT.HANDLER PARAMETER`, names relative to this element. Throws HandlerError. */
  read(call: string): string;
  /** Writes a handler; what a handler such as a script's `run` returns. Throws HandlerError. */
  write(call: string): string;
  /** Writes a handler: what it returns, and what it warns of. Throws HandlerError. */
  writeTold(call: string): { readonly answer: string; readonly warnings: readonly string[] };
  /**
   * Writes a handler that needs time: through when what was written has been done, with what it warns of. Undefined: it needs none, and nothing was written. Throws HandlerError, and
   * rejects with it.
   */
  writeLater(call: string): Promise<readonly string[]> | undefined;
  /** Nothing else of the run happens, and no time passes if it is simulated, before that is through and what it gives was called: below the context in which this is asked for. */
  standStill(until: Promise<() => void>): void;
  /** The element's and handler's full name, or undefined when there is no such handler to read or write. */
  find(call: string, way: 'read' | 'write'): string | undefined;
  /** What is known of the handler of that name, or what is missing. */
  handler(name: string): HandlerFacts | 'no element' | 'no handler';
  /** Names of all elements, in order. */
  elements(): readonly string[];
  /** Text for standard output. */
  print(text: string): void;
  /** An error on standard error, below the context it occurred in. */
  error(message: string): void;
  /** A line on standard error. */
  message(text: string): void;
  /** A line on standard error that is no error, below the context it belongs to; while it begins: below one that says so. */
  note(text: string): void;
  /** Errors that `action` reports have this line above them. */
  within<T>(context: string, action: () => T): T;
  /** Sets this element's one timer, in microseconds since 1970; undefined: off. */
  setTimer(microseconds: number | undefined): void;
  /** Changes how many still want the run to go on; at 0 it ends (Click's run count). */
  adjustRunCount(amount: number): void;
  /** Its handler `step` decides what happens when the run would end; false: another element does so already. */
  becomeDriver(): boolean;
  /** A random number, uniform over 0..2^32-1. */
  random(): number;
  /** Calls `fire` when the process gets that signal, once; whether it took it. The signal does nothing else then. */
  onSignal(signal: string, fire: () => boolean): void;
  /** What becomes of a packet: output `output`, or, undefined or not connected, its end. */
  verdict(output: number | undefined, packet: Packet): Verdict;
  /** Sends a packet to an output at once. */
  emit(output: number, packet: Packet): void;
  /** A capture, pcap or pcapng, perhaps compressed: the link type of all frames, if it says one, and they in file order. It throws an Error, and so do they where it stops making sense. */
  openCapture(file: string): { readonly link?: number; readonly frames: Iterable<HostFrame> };
  /** Bytes of a file that is read as it is; undefined: it is compressed, or no plain file. `-` is standard input. */
  fileSize(file: string): number | undefined;
  /** All bytes of a file, or of what was compressed to it; `-` is standard input. Throws an Error where it cannot be read. */
  readFile(file: string): Buffer;
  /** Whether packets are pulled from that output. */
  pulled(output: number): boolean;
  /** Takes a packet from an input that is pulled; null when there is none, or packets are pushed to it. */
  pull(input: number): Packet | null;
  /** Calls `listener` with each line that the router prints on standard error, or to a channel, from now on; `loud`: the channel's lines go to standard error, too. */
  onMessage(listener: (line: string) => void, channel?: string, options?: { readonly loud: boolean }): void;
  /** Opens a tap device of the host; throws an Error where that cannot be. */
  openTap(device: string): { receive(): Uint8Array | undefined; send(frame: Uint8Array): void; close(): void };
  /**
   * Opens a raw IPv4 socket of the host: packets of `protocol` with their headers. A `port` of TCP or UDP other than 0 is taken for it. `send` gives false
   * where there is no room now. Throws an Error where that cannot be.
   */
  openRaw(protocol: number, port: number): { receive(): Uint8Array | undefined; send(packet: Uint8Array): boolean; close(): void };
  /** Has the router look for work: something came from outside. */
  wake(): void;
  /** What the element of this name and class offers, in the configuration whose place this one is to take. */
  readonly offered?: unknown;
}

/** A frame of a capture, with its time in nanoseconds since 1970, its length on the wire, the link type that the pcap registry gives it, and the bytes of the file where its record begins and ends. */
export type HostFrame = Readonly<{ timestamp: bigint; bytes: Uint8Array; wireLength: number; link: number; offset: number; end: number; paint?: number }>;

/** An element of the control side at work. */
export interface ControlPart {
  /** Handlers besides those declared. */
  readonly handlers?: Readonly<Record<string, ControlHandler>>;
  /** Handlers that are not listed, and that no pattern of names means: functions that it computes with. */
  readonly functions?: Readonly<Record<string, ControlHandler>>;
  /** A handler of any other name, where the element answers to all of them. */
  anyHandler?(name: string): ControlHandler | undefined;
  /** Called once when every element is there; a text is why it cannot begin. */
  begin?(): string | undefined | Promise<string | undefined>;
  /** A packet at input `port`. */
  process?(packet: Packet, port: number): Verdict;
  pull?(port: number): Packet | null;
  run?(): boolean;
  timer?(): void;
  /**
   * What an element of the same name and class can take over in a configuration that is to take the place of this one; asked before that one begins. Nothing changes by it:
   * that one may fail to begin, and this one then goes on.
   */
  offer?(): unknown;
  /** Takes what was offered: all of its own configuration has begun. The one that offered it is closed next, and leaves it alone. */
  takeOver?(): void;
  close?(): void;
}

export interface ControlHandler {
  read?(parameter: string): string;
  /** What it returns is the answer of a handler that both takes and gives. */
  write?(value: string): string | void;
  /** Reading takes a parameter. */
  readonly parameter?: boolean;
  /** It reaches beyond the router: nobody outside of it may call it. */
  readonly guarded?: boolean;
}

/** An element that works where Node runs, and not in an appliance. */
export interface ControlDefinition<C> {
  /** Why, for people; follows "it": "reads and writes handlers". */
  readonly reason: string;
  /** Those of lower phases begin before it; 0 unless said. */
  readonly phase?: number;
  start?(host: ControlHost<C>): ControlPart;
}
