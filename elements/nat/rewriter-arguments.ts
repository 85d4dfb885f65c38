/** Arguments that all rewriters have, and handlers for their tables. */
import { duration, HandlerError, integer, integerValue, parsed, parseInteger, text, type BuildContext, type Handler, type HandlerContext, type Kind } from 'wirelet';
import { endsAt, findFlow, flowText, forget, isGuaranteed, type Flows, type FlowState, tableText, type Times } from './flow-table.js';
import { inputText, readSpecification, type Resolved, type Specification } from './specification.js';

const CAPACITY_MAX = 2 ** 21;
const CAPACITY_DEFAULT = 8192;

/** A number of flows, or the name of a rewriter whose number it is. */
export type Capacity = number | string;

export function capacityArgument(): Kind<Capacity> {
  return parsed<Capacity>(
    'capacity',
    { default: CAPACITY_DEFAULT, keyword: true, doc: 'Flows remembered at once, or a rewriter that has as many.' },
    (text) => {
      const value = parseInteger(text);
      if (value === undefined) return /^[\w@/]+$/.test(text) ? { value: text } : { error: `expected a number of flows or the name of a rewriter, got "${text}"` };
      return value >= 1 && value <= CAPACITY_MAX ? { value } : { error: `expected 1 to ${CAPACITY_MAX} flows, got ${value}` };
    },
    String,
  );
}

/** The number of flows that the argument stands for. */
export function capacityOf({ config, elements, fail }: Pick<BuildContext<{ readonly mapping_capacity: Capacity }>, 'config' | 'elements' | 'fail'>): number {
  const short = (config as { capacity?: string }).capacity ?? '';
  let capacity: Capacity = short === '' ? config.mapping_capacity : (parseInteger(short) ?? short);
  for (let hops = 0; typeof capacity === 'string' && hops < 8; hops += 1) {
    const other = elements.named(capacity)?.config as { mapping_capacity?: Capacity; capacity?: string } | undefined;
    const found: Capacity | undefined = other?.capacity === undefined || other.capacity === '' ? other?.mapping_capacity : (parseInteger(other.capacity) ?? other.capacity);
    if (found === undefined) return fail(`there is no rewriter "${capacity}"`, 'MAPPING_CAPACITY takes a number of flows, or the name of a rewriter.', 'bad MAPPING_CAPACITY');
    capacity = found;
  }
  if (typeof capacity === 'number' && (capacity < 1 || capacity > CAPACITY_MAX)) return fail(`expected 1 to ${CAPACITY_MAX} flows, got ${capacity}`);
  return typeof capacity === 'number' ? capacity : fail('the capacities of rewriters name one another');
}

/** What all rewriters are told besides their inputs. */
export const commonArguments = {
  mapping_capacity: capacityArgument(),
  capacity: text({ default: '', keyword: true, doc: 'Another name of MAPPING_CAPACITY.' }),
  reap_interval: duration({ default: 900e6, keyword: true, doc: 'Accepted for compatibility: a flow whose time is over is forgotten when it is met, or gives way.' }),
  reap_time: duration({ required: false, keyword: true, doc: 'Another name of REAP_INTERVAL.' }),
  reply_anno: integer({ max: 47, required: false, keyword: true, doc: 'An annotation byte: the one of the packet that began a flow is given to its answers.' }),
} as const;

export const GUARANTEE_US = 5e6;

type AnyHandler = Handler<any, any, any>;

/** The table among the state of any rewriter. */
function flowsOf(state: unknown): Flows {
  return (state as { flows: Flows }).flows;
}

function clear(flows: Flows): void {
  for (let slot = 0; slot < flows.slots; slot += 1) flows.remove(slot);
}

/** Flows: each has an entry for either direction. */
function countOf(flows: Flows): number {
  return Math.ceil(flows.length / 2);
}

/** Flows for which there is room. */
function roomOf(flows: Flows): number {
  return flows.capacity / 2;
}

/** Sets how many flows there may be. Of those there are then too many, the first to end are forgotten: first those that do not keep their place. */
function bound(state: FlowState, times: Times, now: number, value: string): void {
  const { flows } = state;
  const limit = integerValue(value, 1, CAPACITY_MAX);
  if (limit > roomOf(flows)) throw new HandlerError(`there is room for ${roomOf(flows)} flows: MAPPING_CAPACITY makes more`);
  state.limit = limit;
  const slots = Array.from({ length: flows.slots }, (_, slot) => slot).filter((slot) => flows.occupied(slot) && flows.reply[slot] === 0);
  const keptOf = (slot: number) => Number(isGuaranteed(flows, slot, times, now));
  slots.sort((a, b) => keptOf(a) - keptOf(b) || endsAt(flows, a) - endsAt(flows, b));
  for (const slot of slots.slice(0, Math.max(0, slots.length - limit))) forget(flows, slot);
}

/** Flows that an input began. */
function begunBy(flows: Flows, input: number): number {
  let count = 0;
  for (let slot = 0; slot < flows.slots; slot += 1) if (flows.occupied(slot) && flows.input[slot] === input && flows.reply[slot] === 0) count += 1;
  return count;
}

type Rewriter = HandlerContext<{ readonly inputs: readonly Specification[] }, any, any>;

function shownInput({ config, built, state }: Rewriter, input: number): string {
  const resolved = built.resolved as Resolved;
  return inputText(config.inputs[input]!, resolved.inputs[input]!, resolved, begunBy(flowsOf(state), input));
}

/** Gives an input something else to do; the flows that it began end. */
function respecify({ config, state, scope, replace }: Rewriter, input: number, text: string): void {
  const read = readSpecification(text, scope);
  if ('error' in read) throw new HandlerError((read.click ?? read.error).replace('%i', String(input)));
  replace('inputs', config.inputs.map((before, index) => (index === input ? read.value : before)));
  const flows = flowsOf(state);
  for (let slot = 0; slot < flows.slots; slot += 1) {
    if (!flows.occupied(slot) || flows.input[slot] !== input) continue;
    flows.remove(flows.partner[slot]!);
    flows.remove(slot);
  }
}

/** Handlers that rewriters have for each input. */
export function inputHandlers({ inputs }: { readonly inputs: readonly Specification[] }): Record<string, AnyHandler> {
  return Object.fromEntries(inputs.map((_, input) => [
    `pattern${input}`,
    { doc: 'What becomes of the first packet of a flow at that input.', read: (element: Rewriter) => shownInput(element, input), write: (element: Rewriter, value: string) => respecify(element, input, value) },
  ]));
}

/** Handlers that all rewriters have. */
export function commonHandlers(): Record<string, AnyHandler> {
  return {
    size: { doc: 'Flows remembered.', read: ({ state }) => String(countOf(flowsOf(state))) },
    table_size: { doc: 'Flows in the table.', read: ({ state }) => String(countOf(flowsOf(state))) },
    nmappings: { doc: 'Flows remembered.', read: ({ state }) => String(countOf(flowsOf(state))) },
    capacity: {
      doc: 'Flows it may remember: up to MAPPING_CAPACITY. When there are more, those that end first are forgotten.',
      read: ({ state }) => String((state as FlowState).limit || roomOf(flowsOf(state))),
      write: ({ state, built, microseconds }, value) => bound(state as FlowState, (built as { times: Times }).times, microseconds, value),
    },
    mapping_failures: { doc: 'New flows that could not be remembered.', read: ({ counters }) => String(counters['failures']!.value) },
    patterns: { doc: 'What becomes of the first packets of flows, a line for each input: <drop>, <nochange>, <keep>, <mapper> or a pattern, and how many flows it began.', read: (element) => (element.config as { inputs: readonly Specification[] }).inputs.map((_, input) => shownInput(element, input)).join('') },
    clear: { doc: 'Forgets all flows.', write: ({ state }) => clear(flowsOf(state)) },
  };
}

/** The table as text, of the protocols that `wanted` accepts. */
export function tableHandler(doc: string, wanted: (protocol: number) => boolean, line: (flows: Flows, slot: number) => string): AnyHandler {
  return {
    doc,
    read: ({ state, microseconds }) => tableText(flowsOf(state), microseconds, (slot) => wanted(flowsOf(state).protocol[slot]!), (slot) => line(flowsOf(state), slot)),
  };
}

/** A flow with ports, and what it becomes. */
export function portLine(flows: Flows, slot: number): string {
  return `${flowText(flows.source[slot]!, flows.destination[slot]!, flows.ports[slot]!)} => ${flowText(flows.new_source[slot]!, flows.new_destination[slot]!, flows.new_ports[slot]!)}`;
}

/** Reads `SADDR SPORT DADDR DPORT`, answers with what that flow becomes in the same form; nothing if it is not known. */
export function lookupHandler(protocol: number, readAddress: (text: string) => number | undefined, formatAddress: (address: number) => string): AnyHandler {
  return {
    doc: 'What becomes of the flow SADDR SPORT DADDR DPORT.',
    read({ state, microseconds }, parameter) {
      const [saddr = '', sport = '', daddr = '', dport = ''] = parameter.trim().split(/\s+/);
      const [source, destination] = [readAddress(saddr), readAddress(daddr)];
      if (source === undefined || destination === undefined) throw new HandlerError('expected SADDR SPORT DADDR DPORT');
      const ports = integerValue(sport, 0, 65_535) * 65_536 + integerValue(dport, 0, 65_535);
      const flows = flowsOf(state);
      const slot = findFlow(flows, protocol, source, destination, ports, microseconds);
      if (slot < 0) return '';
      const changed = flows.new_ports[slot]!;
      return `${formatAddress(flows.new_source[slot]!)} ${changed >>> 16} ${formatAddress(flows.new_destination[slot]!)} ${changed & 0xffff}`;
    },
  };
}
