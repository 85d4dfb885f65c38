/** The handlers of one element: those of every element, those its class declares, and those of its part in a run. */
import type { Instance } from '../../graph/graph.js';
import { nearQueues } from '../node/near-queues.js';
import { EMPTY_SCOPE } from '../../kit/argument-scope.js';
import { parseInteger } from '../../kit/config.js';
import type { ControlPart } from '../../kit/control.js';
import { HandlerError, type AttendContext } from '../../kit/element.js';
import { declaredEnd, type ListedElement } from '../../graph/flat-configuration.js';
import { parsedArgument, withArgument, type Telling } from './reconfigure.js';
import type { Machine } from './machine.js';
import { listHandlers, tableOf, type Handler, type HandlerTable } from './handler.js';
import { givenSeed } from './random-seed.js';

/** What the handlers of an element work on. */
export interface Surroundings {
  readonly engine: Machine;
  readonly instances: readonly Instance[];
  stop(): void;
  call(from: Instance, handler: string): void;
  /** Throws HandlerError unless there is such a handler to write. */
  mustBeWritable(from: Instance, handler: string): void;
  /** Reads a handler; undefined: there is none, or it refuses. */
  read(from: Instance, handler: string): string | undefined;
  report(line: string): void;
  warn(text: string): void;
  /** Writes a line to a file; `-` is standard output. */
  write(file: string, line: string): void;
  /** The arguments of an element now. */
  configOf(element: ListedElement): string;
  /** Gives it others; throws HandlerError when they are refused. */
  reconfigure(element: ListedElement, value: string): void;
  /** Gives it one other argument, and tells the arguments as `tells` makes them. */
  setArgument(element: ListedElement, name: string, value: unknown, tells: Telling): void;
}

/** The element as its declared handlers and `attend` see it. */
export function attendContext(element: ListedElement, instance: Instance, around: Surroundings): AttendContext<any, string, any> {
  const { engine } = around;
  const { counters, drops } = engine.countsOf(instance.index);
  const context = engine.context(instance.index);
  return {
    name: instance.name,
    get config() {
      return context.config;
    },
    get built() {
      return context.built;
    },
    state: context.state,
    timers: context.timers,
    counters: Object.fromEntries(Object.keys(counters).map((name) => [name, counterCell(counters, name)])),
    drops,
    get packets() {
      return engine.packetsOf(instance.index);
    },
    inputs: { length: instance.inputs.length },
    outputs: { length: instance.outputs.length },
    queues: watchedQueues(instance, around),
    peers: (instance.peers ?? []).map((index) => ({
      get state() {
        return engine.context(index).state;
      },
    })),
    scope: instance.scope ?? EMPTY_SCOPE,
    get microseconds() {
      return engine.microseconds;
    },
    argument: (name) => instance.class.config[name]!.format(context.config[name]),
    reconfigure: (argument, value) => around.setArgument(element, argument, parsedArgument(instance, argument, value), (given) => withArgument(instance, given, argument, value)),
    replace: (argument, value) => around.setArgument(element, argument, value, (_given, written) => written()),
    set: (argument, value) => around.setArgument(element, argument, value, (given) => given),
    mustBeWritable: (handler) => around.mustBeWritable(instance, handler),
    stop: () => around.stop(),
    call: (handler) => around.call(instance, handler),
    read: (handler) => around.read(instance, handler),
    report: (line) => around.report(line),
    warn: (text) => around.warn(text),
    write: (file, line) => around.write(file, line),
  };
}

/** The queues that an instance watches, whatever runs them. */
function watchedQueues({ queues = [] }: Instance, { engine, instances }: Surroundings): AttendContext<any, string, any>['queues'] {
  const near = nearQueues(queues, (instance, entry) => engine.context(instance).state[entry] as { length: number; capacity: number });
  return Object.assign(near, { names: queues.map(({ instance }) => instances[instance]!.name) });
}

function counterCell(counters: Record<string, number>, name: string): { value: number } {
  return {
    get value() {
      return counters[name]!;
    },
    set value(value: number) {
      counters[name] = value;
    },
  };
}

export function elementHandlers(element: ListedElement, part: ControlPart | undefined, context: AttendContext<any, string, any> | undefined, around: Surroundings): HandlerTable {
  const { instance } = element;
  const own: Handler[] = [];
  if (instance !== undefined && context !== undefined) {
    const { handlers, handlersFor } = instance.class.definition;
    for (const [name, { read, write, raw, calm, expensive, deprecated, uncommon, when, alike }] of Object.entries({ ...handlers, ...handlersFor?.(instance.config) })) {
      if (when?.(instance) === false) continue;
      own.push({
        name,
        raw,
        calm,
        expensive,
        alike,
        deprecated,
        uncommon,
        ...(read && { read: (parameter: string) => read(context, parameter), parameter: read.length > 1 }),
        ...(write && { write: (value: string) => write(context, value) }),
      });
    }
  }
  for (const [name, { read, write, parameter, guarded }] of Object.entries(part?.handlers ?? {})) {
    own.push({ name, guarded, ...(read && { read: (value: string) => read(value), parameter }), ...(write && { write: (value: string) => write(value) }) });
  }
  if (element.className === 'RandomSeed') own.push({ name: 'seed', read: () => String(givenSeed(element.given)), calm: true });
  if (instance !== undefined && hasTask(instance)) own.push(...taskHandlers(context));
  const { reconfigurable = false } = instance?.class.definition ?? {};
  const reconfigure = (value: string) => {
    around.reconfigure(element, value);
    if (typeof reconfigurable === 'function') reconfigurable(context!);
  };
  const table: HandlerTable = tableOf([
    { name: 'name', read: () => element.name, calm: true },
    { name: 'class', read: () => element.className, calm: true },
    { name: 'config', read: () => around.configOf(element), calm: true, ...(reconfigurable !== false && { write: reconfigure }) },
    { name: 'ports', read: () => portsText(instance, around), calm: true },
    { name: 'handlers', read: () => listHandlers([...table.values()].reverse()), calm: true },
    // An element that shows its arguments in its own way takes others as any does.
    ...own.map((handler) => (handler.name === 'config' && handler.write === undefined && reconfigurable !== false ? { ...handler, write: reconfigure } : handler)),
  ]);
  return table;
}

/** Whether the element works by itself: it makes packets or pulls them, and is not pulled. */
function hasTask({ class: type, inputs, outputs }: Instance): boolean {
  const driven = inputs.length === 0 || inputs.some(({ processing }) => processing === 'pull');
  return type.definition.run !== undefined && driven && outputs[0]?.processing !== 'pull';
}

/** What sources remember of their work. */
interface TaskState {
  readonly active?: boolean;
  readonly limit?: number;
  readonly made?: number;
}

/** Whether a task has anything to do: it works, and is not through with its packets. */
function isScheduled({ active = true, limit = -1, made = 0 }: TaskState = {}): boolean {
  return active && (limit < 0 || made < limit);
}

/** Shares of the processor that a task has, unless said. */
const TICKETS_DEFAULT = 1024;
const TICKETS_MAX = 32_768;

/** Handlers of elements with a task. One thread does all the work in turn, so that tickets are only remembered. */
function taskHandlers(context: AttendContext<any, string, any> | undefined): Handler[] {
  let tickets = TICKETS_DEFAULT;
  return [
    { name: 'scheduled', read: () => String(isScheduled(context?.state as TaskState | undefined)) },
    { name: 'tickets', read: () => String(tickets), write: (value) => void (tickets = Math.min(Math.max(wholeNumber(value), 1), TICKETS_MAX)) },
    { name: 'home_thread', read: () => '0', write: (value) => void wholeNumber(value) },
  ];
}

function wholeNumber(value: string): number {
  const number = parseInteger(value.trim());
  if (number === undefined) throw new HandlerError('syntax error');
  return number;
}

/** Inputs and outputs, how each is driven, and what it is connected to; the dash stands where Click may count packets. */
function portsText(instance: Instance | undefined, { instances }: Surroundings): string {
  const { inputs = [], outputs = [] } = instance ?? {};
  const heading = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}\n`;
  const input = ({ processing, from }: Instance['inputs'][number], port: number) =>
    `${processing}${tilde(instance!, 'inputs', port)}\t-\t${from.map((end) => declaredEnd(instances, end, 'from')).map((end) => `${instances[end.instance]!.name} [${end.port}]`).join(', ')}\n`;
  const output = ({ processing, to }: Instance['outputs'][number], port: number) =>
    `${processing}${tilde(instance!, 'outputs', port)}\t-\t${to.map((end) => declaredEnd(instances, end, 'to')).map((end) => `[${end.port}] ${instances[end.instance]!.name}`).join(', ')}\n`;
  return heading(inputs.length, 'input') + inputs.map(input).join('') + heading(outputs.length, 'output') + outputs.map(output).join('');
}

/** The mark of a port that is driven as its neighbours are. */
function tilde({ class: type }: Instance, side: 'inputs' | 'outputs', port: number): string {
  const { named, row } = type[side];
  const processing = row === undefined ? named[port]?.processing : row.processing;
  return processing === undefined || processing === 'agnostic' ? '~' : '';
}
