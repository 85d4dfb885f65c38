/**
 * An element: one file that is at once its manual, its schema, its code and its test. The sections come
 * in this order in every file: doc comment, name, config, ports, counters, drops, state, build, then the
 * packet path (initialize, process, pull, run, timers), handlers, examples.
 */
import type { BuildContext } from './build-context.js';
import type { ArgumentScope } from './argument-scope.js';
import type { ConfigSpec, ConfigValues } from './config.js';
import type { ControlDefinition } from './control.js';
import type { Example } from './example.js';
import type { IntegerRange, u16, u32 } from './integers.js';
import type { Packet } from './packet.js';
import { isRow, normalPort, type PortRow, type PortSpec, type PortsSpec } from './ports.js';
import type { Clock, Copies, Links, Log, NearQueues, Packets, Peer, Random, Timer } from './services.js';
import type { SplitKind } from './split.js';
import type { StateSpec, StateValues } from './state.js';
import type { Verdict } from './verdict.js';

/** A 64-bit event counter. */
export interface Counter {
  /** Adds `amount`, 0 or more. */
  add(amount: number): void;
  /** The count so far modulo 2^32: what passed between two looks is their difference as u32, if that is less. */
  readonly low32: u32;
}

/** The outputs of an instance: verdicts, by name and by number. */
export type Outputs<O> = (O extends PortRow ? unknown : { readonly [K in keyof O]: Verdict }) & {
  readonly length: number;
  readonly [index: number]: Verdict;
};

/** An input that can be pulled from. */
export interface PullInput {
  /** The next packet, or null when there is none now. */
  pull(): Packet | null;
}

export type Inputs<I> = (I extends PortRow ? unknown : { readonly [K in keyof I]: PullInput }) & {
  readonly length: number;
  readonly [index: number]: PullInput;
};

/**
 * Times on the packet path, in microseconds since 1970: up to the year 2112, so that the sum of two still
 * is an exact integer. Use it as the type of a register or column that holds one.
 */
export const TIME_RANGE: IntegerRange = { low: 0, high: 2 ** 52 };

export type { Clock, Copies, Links, Log, NearQueues, Packets, Peer, Random, Timer };

/** Everything the packet path of an element may use besides its packet. */
export interface Context<C, I, O, K extends string, S, B, T extends string> {
  readonly config: C;
  /** What `build` returned, frozen. */
  readonly built: B;
  readonly state: StateValues<S>;
  readonly counters: Readonly<Record<K, Counter>>;
  readonly inputs: Inputs<I>;
  readonly outputs: Outputs<O>;
  /** Number of the input on which the packet came, or of the output that is pulled. */
  readonly port: u16;
  readonly timers: Readonly<Record<T, Timer>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly packets: Packets;
  readonly log: Log;
  readonly copies: Copies;
  readonly links: Links;
  /** The queues near it, for an element that watches them. */
  readonly queues: NearQueues;
  /** The elements that `peers` of its class named, in that order. */
  readonly peers: readonly Peer[];
  /** Sends a packet to an output at once, or ends it as `consumed`; it is gone then. */
  emit(output: Verdict, packet: Packet): void;
  /** Sends a copy; when no buffer is free, counts a drop as `no_buffer`. */
  emitCopy(output: Verdict, packet: Packet): void;
}

/** A handler that an element writes. */
export interface HandlerCall {
  /** `ELEMENT.HANDLER VALUE`; nothing: there is none. */
  readonly call: string;
  /** The argument that says it, where a wrong element is wrong already when arguments are read. */
  readonly argument?: string;
}

/** How the ports of an instance are driven. */
export interface DrivenPorts {
  readonly inputs: readonly { readonly processing: string }[];
  readonly outputs: readonly { readonly processing: string }[];
}

/** A handler read or written by people and programs, as Click has them; runs in Node. */
export interface Handler<C, K extends string, S> {
  readonly doc: string;
  /** Its text is data: no end of a line is added for people. */
  readonly raw?: boolean;
  /** What is read does not change on its own. */
  readonly calm?: boolean;
  /** Reading takes long: `handlers` says so. */
  readonly expensive?: boolean;
  /** All copies on several processors know the same: the answer of one is that of all. */
  readonly alike?: boolean;
  /** It is kept for those who know it by this name: `handlers` says so. */
  readonly deprecated?: boolean;
  /** People seldom want it: `handlers` says so. */
  readonly uncommon?: boolean;
  /** Which instances have it, by how their ports are driven; absent: all. */
  when?(ports: DrivenPorts): boolean;
  /** `parameter` is what follows the handler's name, or nothing. */
  read?(element: HandlerContext<C, K, S>, parameter: string): string;
  write?(element: HandlerContext<C, K, S>, value: string): void;
}

export interface HandlerContext<C, K extends string, S> {
  readonly name: string;
  readonly config: C;
  /** What `build` returned. */
  readonly built: any;
  readonly counters: Readonly<Record<K, { value: number }>>;
  /** Packets dropped, by reason. */
  readonly drops: Readonly<Record<string, number>>;
  /** Packets that it was given or, where it has no inputs, gave. */
  readonly packets: number;
  readonly state: StateValues<S>;
  readonly timers: Readonly<Record<string, Timer>>;
  readonly inputs: { readonly length: number };
  readonly outputs: { readonly length: number };
  /** What arguments may refer to, for values that are written. */
  readonly scope: ArgumentScope;
  /** Time of the run, in microseconds since 1970. */
  readonly microseconds: number;
  /** The queues it watches, and their names. */
  readonly queues: NearQueues & { readonly names: readonly string[] };
  /** The elements whose state it uses. */
  readonly peers: readonly Peer[];
  /** The argument in Click's notation. */
  argument(name: string): string;
  /** Gives an argument another value, as Click's notation has it, and `config` tells it; throws HandlerError where that cannot be. */
  reconfigure(argument: string, value: string): void;
  /** The same with the value that the argument's kind makes of its text. */
  replace(argument: string, value: unknown): void;
  /** The same, but that `config` goes on telling the arguments that were given. */
  set(argument: string, value: unknown): void;
  /** Throws HandlerError unless `ELEMENT.HANDLER VALUE` can be written. */
  mustBeWritable(handler: string): void;
  /** Warns whoever writes a handler. */
  warn(text: string): void;
}

/** Thrown by a handler that refuses its parameter or value; the message is for whoever called it. */
export class HandlerError extends Error {}

/** What `attend` may do besides what handlers may. */
export interface AttendContext<C, K extends string, S> extends HandlerContext<C, K, S> {
  /** Asks for the end of the run, as Click's `please_stop_driver`. */
  stop(): void;
  /** Writes a handler: `ELEMENT.HANDLER VALUE`. */
  call(handler: string): void;
  /** What `ELEMENT.HANDLER` reads; undefined: there is none, or it refuses. */
  read(handler: string): string | undefined;
  /** A line on standard error. */
  report(line: string): void;
  /** Writes a line to a file, which is made anew with the first; `-` is standard output. */
  write(file: string, line: string): void;
}

export interface ElementDefinition<
  C extends ConfigSpec,
  I extends PortsSpec,
  O extends PortsSpec,
  K extends string,
  S extends StateSpec,
  B,
  T extends string,
> {
  /** The class name, as Click has it. */
  name: string;
  config?: C;
  ports: { inputs?: I; outputs?: O };
  /** Counters besides `packets` (packets that entered), which every element has. */
  counters?: Readonly<Record<K, string>>;
  /** Reasons for which `process` drops packets, and what each means. */
  drops?: Readonly<Record<string, string>>;
  /** What is remembered between packets. */
  state?: S | ((context: BuildContext<ConfigValues<C>>) => S);
  /** How it works on several processors; absent: it does if it remembers nothing and does nothing by itself. */
  split?: SplitKind | ((instance: { readonly config: ConfigValues<C>; readonly built: NoInfer<B> }) => SplitKind);
  /** Runs in Node when the graph is built, all of TypeScript allowed; the result becomes constants. */
  build?(context: BuildContext<ConfigValues<C>>): B;
  /** Runs once, before the first packet. */
  initialize?(context: Context<ConfigValues<C>, I, O, K, NoInfer<S>, NoInfer<B>, NoInfer<T>>): void;
  /** Handles a packet that is pushed to the element or, if it is agnostic, pulled through it. */
  process?(packet: Packet, context: Context<ConfigValues<C>, I, O, K, NoInfer<S>, NoInfer<B>, NoInfer<T>>): Verdict;
  /**
   * Learns from a packet that another copy takes, of which it has the first 60 bytes at most: see SplitKind. It may look at the
   * packet and change state; nothing is counted, and the packet goes nowhere.
   */
  learn?(packet: Packet, context: Context<ConfigValues<C>, I, O, K, NoInfer<S>, NoInfer<B>, NoInfer<T>>): void;
  /**
   * The end of the graph at an interface, named by the argument `devname`: the engine itself receives the
   * packets that leave an element with `receive`, and sends those that enter one with `send`.
   */
  device?: 'receive' | 'send';
  /** Nothing goes from its inputs to its outputs: each port is driven as its own neighbour is (Click's flow code `x/y`). */
  separatePorts?: boolean;
  /**
   * Which agnostic ports are driven alike, where it is not just the first input and output: each input and the output of its
   * number (Click's flow code `#/#`), or all. It has both `process` and `pull` then.
   */
  portsAlike?: 'paired' | 'all';
  /** The entry of its state that holds packets for others to pull: it is a queue to elements that watch queues. */
  storage?: string;
  /** It tells elements that wait for room whether it has some. */
  tellsRoom?: boolean;
  /** Names, from its arguments, of elements whose state it uses; each must be there. See Peer. */
  peers?(config: ConfigValues<C>): readonly string[];
  /** Its peer is the nearest element of that class: one from which packets come to its first input, or to which they go from its first output. */
  nearPeer?: { readonly className: string; readonly upstream: boolean };
  /** It needs to know how full the queues near it are: see NearQueues. */
  watchesQueues?: boolean;
  /** It makes packets only while one of the queues behind it has room, as far as they tell that: see NearQueues. */
  waitsForRoom?: boolean;
  /**
   * Why a packet that leaves cannot come back through this element for ever, for elements that close a loop
   * of push connections; a reason for people, such as the rule of an RFC.
   */
  endsLoops?: string;
  /** Answers a pull on output `port`. */
  pull?(context: Context<ConfigValues<C>, I, O, K, NoInfer<S>, NoInfer<B>, NoInfer<T>>): Packet | null;
  /** The element's task: does a bounded piece of work, and says whether there was any. */
  run?(context: Context<ConfigValues<C>, I, O, K, NoInfer<S>, NoInfer<B>, NoInfer<T>>): boolean;
  timers?: {
    readonly [N in T]: (context: Context<ConfigValues<C>, I, O, K, NoInfer<S>, NoInfer<B>, string>) => void;
  };
  handlers?: Readonly<Record<string, Handler<ConfigValues<C>, K, NoInfer<S>>>>;
  /** Handlers besides these, of which there are as many as the arguments say. */
  handlersFor?(config: ConfigValues<C>): Readonly<Record<string, Handler<ConfigValues<C>, K, NoInfer<S>>>>;
  /**
   * Runs in Node beside the packet path, after each round of work: asks for the end of the run or calls
   * handlers, as what the packet path left in counters and state says (Click's STOP, END_CALL, COUNT_CALL).
   */
  attend?(element: AttendContext<ConfigValues<C>, K, NoInfer<S>>): void;
  /** Runs in Node at the end of the run, where `attend` runs: the last that is to be written. */
  finish?(element: AttendContext<ConfigValues<C>, K, NoInfer<S>>): void;
  /** Handlers that it is going to write, which must be there: `ELEMENT.HANDLER VALUE`. */
  calls?(config: ConfigValues<C>): readonly HandlerCall[];
  /** The element works on the control side, and there alone. */
  control?: ControlDefinition<ConfigValues<C>>;
  /** Its `config` handler may be written: new arguments take the place of the old ones, state stays, but for what this function makes of it then. */
  reconfigurable?: boolean | ((element: HandlerContext<any, any, any>) => void);
  /**
   * Takes over what one of the same name and class knows, as the configuration that it stands in takes the place of another (Click's `take_state`); `before` is done
   * then. Packets are taken out of its stores and put into those of this one. Absent: it begins anew.
   */
  takeOver?(element: HandlerContext<ConfigValues<C>, K, NoInfer<S>>, before: HandlerContext<ConfigValues<C>, K, NoInfer<S>>): void;
  examples?: readonly Example[];
}

/** An element class, as the stages see it: every section present, types erased. */
export interface ElementClass {
  readonly name: string;
  readonly config: ConfigSpec;
  readonly inputs: PortSide;
  readonly outputs: PortSide;
  readonly counters: Readonly<Record<string, string>>;
  readonly drops: Readonly<Record<string, string>>;
  readonly definition: ErasedDefinition;
  readonly examples: readonly Example[];
}

/** One side's ports: named ones in order, or a row of like ones. */
export type PortSide =
  | { readonly named: readonly (PortSpec & { readonly name: string })[]; readonly row?: undefined }
  | { readonly named?: undefined; readonly row: PortRow };

export type AnyContext = Context<any, any, any, string, any, any, string>;

export interface ErasedDefinition {
  /** A gate stands for an element of the control side among compiled ones (src/run/click/native-machine.ts). */
  readonly device?: 'receive' | 'send' | 'gate';
  readonly endsLoops?: string;
  readonly storage?: string;
  readonly separatePorts?: boolean;
  readonly portsAlike?: 'paired' | 'all';
  readonly watchesQueues?: boolean;
  readonly waitsForRoom?: boolean;
  readonly tellsRoom?: boolean;
  peers?(config: any): readonly string[];
  readonly nearPeer?: { readonly className: string; readonly upstream: boolean };
  readonly state?: StateSpec | ((context: BuildContext<any>) => StateSpec);
  readonly split?: SplitKind | ((instance: { readonly config: any; readonly built: any }) => SplitKind);
  build?(context: BuildContext<any>): unknown;
  initialize?(context: AnyContext): void;
  process?(packet: Packet, context: AnyContext): Verdict;
  learn?(packet: Packet, context: any): void;
  pull?(context: AnyContext): Packet | null;
  run?(context: AnyContext): boolean;
  readonly timers?: Readonly<Record<string, (context: AnyContext) => void>>;
  readonly handlers?: Readonly<Record<string, Handler<any, string, any>>>;
  handlersFor?(config: any): Readonly<Record<string, Handler<any, string, any>>>;
  attend?(element: AttendContext<any, string, any>): void;
  finish?(element: AttendContext<any, string, any>): void;
  calls?(config: any): readonly HandlerCall[];
  readonly control?: ControlDefinition<any>;
  readonly reconfigurable?: boolean | ((element: HandlerContext<any, string, any>) => void);
  takeOver?(element: HandlerContext<any, string, any>, before: HandlerContext<any, string, any>): void;
}

const backgroundTimers = new WeakSet<object>();

/**
 * Marks a timer's function as housekeeping (expiry of entries, statistics): a run that ends when idle does
 * not wait for it.
 */
export function background<C>(fire: (context: C) => void): (context: C) => void {
  backgroundTimers.add(fire);
  return fire;
}

export function isBackground(fire: object): boolean {
  return backgroundTimers.has(fire);
}

const elementBrand = Symbol.for('wirelet.element');

/** Declares an element. The file's default export must be its result. */
export function defineElement<
  const C extends ConfigSpec = {},
  const I extends PortsSpec = {},
  const O extends PortsSpec = {},
  const K extends string = never,
  const S extends StateSpec = {},
  B = undefined,
  const T extends string = never,
>(definition: ElementDefinition<C, I, O, K, S, B, T>): ElementClass {
  const { inputs = {}, outputs = {} } = definition.ports;
  const element: ElementClass = {
    name: definition.name,
    config: definition.config ?? {},
    inputs: portSide(inputs),
    outputs: portSide(outputs),
    counters: definition.counters ?? {},
    drops: definition.drops ?? {},
    definition: definition as unknown as ErasedDefinition,
    examples: definition.examples ?? [],
  };
  Object.defineProperty(element, elementBrand, { value: true });
  return Object.freeze(element);
}

/** Whether a module's export is an element class; holds across copies of the package. */
export function isElementClass(value: unknown): value is ElementClass {
  return typeof value === 'object' && value !== null && elementBrand in value;
}

function portSide(ports: PortsSpec): PortSide {
  return isRow(ports) ? { row: ports } : { named: Object.entries(ports).map(([name, port]) => ({ name, ...normalPort(port) })) };
}

