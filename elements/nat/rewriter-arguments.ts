/** Arguments that all rewriters have, and handlers for their tables. */
import { duration, formatIpv4, HandlerError, integer, integerValue, parsed, parseInteger, parseIpv4, text, type BuildContext, type Handler, type HandlerContext, type Kind } from 'wirelet';
import { endsAt, forget, isGuaranteed, type Flows, type FlowState, type Times } from './flow-table.js';
import { isThere, type Shown, tableText } from './flow-text.js';
import { inputText, readSpecification, type Resolved } from './read-specification.js';
import type { Specification } from './specification.js';

/** Flows that there is room for, whatever is asked for. */
const ROOM_MAX = 2 ** 21;
const ROOM_DEFAULT = 8192;
/** What Click has where no capacity is given, and the largest that can be. */
const CAPACITY_MAX = 0x7fff_ffff;

/** A number of flows, or the name of a rewriter whose number it is. */
export type Capacity = number | string;

export function capacityArgument(): Kind<Capacity> {
  return parsed<Capacity>(
    'capacity',
    { required: false, keyword: true, doc: `Flows remembered at once, or a rewriter that has as many: there is room for ${ROOM_DEFAULT} unless more are asked for, and for ${ROOM_MAX} at most.` },
    (text) => {
      const value = parseInteger(text);
      if (value === undefined) return /^[\w@/]+$/.test(text) ? { value: text } : { error: `expected a number of flows or the name of a rewriter, got "${text}"` };
      return value >= 1 && value <= CAPACITY_MAX ? { value } : { error: `expected 1 to ${CAPACITY_MAX} flows, got ${value}` };
    },
    String,
  );
}

type Asked = { readonly mapping_capacity?: Capacity | undefined; readonly capacity?: string | undefined };

/** The last of the two names holds. */
function askedOf({ mapping_capacity, capacity = '' }: Asked): Capacity | undefined {
  return capacity === '' ? mapping_capacity : (parseInteger(capacity) ?? capacity);
}

/** The number of flows that a rewriter is told to keep to. */
export function capacityOf({ config, elements, fail }: Pick<BuildContext<Asked>, 'config' | 'elements' | 'fail'>): number {
  let capacity = askedOf(config);
  for (let hops = 0; typeof capacity === 'string' && hops < 8; hops += 1) {
    const other: { readonly config?: Asked & { readonly inputs?: unknown } } | undefined = elements.named(capacity);
    if (other?.config?.inputs === undefined) return fail(`there is no rewriter "${capacity}"`, 'MAPPING_CAPACITY takes a number of flows, or the name of a rewriter.', 'bad MAPPING_CAPACITY');
    capacity = askedOf(other.config);
  }
  if (typeof capacity === 'string') return fail('the capacities of rewriters name one another');
  if (capacity !== undefined && (capacity < 1 || capacity > CAPACITY_MAX)) return fail(`expected 1 to ${CAPACITY_MAX} flows, got ${capacity}`);
  return capacity ?? CAPACITY_MAX;
}

/** The number of flows that it has room for. */
export function roomFor(context: Pick<BuildContext<Asked>, 'config' | 'elements' | 'fail'>): number {
  const capacity = capacityOf(context);
  return capacity === CAPACITY_MAX ? ROOM_DEFAULT : Math.min(capacity, ROOM_MAX);
}

/** What all rewriters are told besides their inputs. */
export const commonArguments = {
  mapping_capacity: capacityArgument(),
  capacity: text({ default: '', keyword: true, doc: 'Another name of MAPPING_CAPACITY.' }),
  reap_interval: duration({ default: 900e6, keyword: true, doc: 'How often flows whose time is over are forgotten; 0: never, they only give way. Until then they go on when a packet comes.' }),
  reap_time: duration({ required: false, keyword: true, doc: 'Another name of REAP_INTERVAL.' }),
  reply_anno: integer({ max: 47, required: false, keyword: true, doc: 'An annotation byte: the one of the packet that began a flow is given to its answers.' }),
} as const;

export const GUARANTEE_US = 5e6;

/** How often flows are looked over, in microseconds. */
export function reapingOf({ reap_interval, reap_time }: { readonly reap_interval: number; readonly reap_time?: number | undefined }): number {
  return reap_time ?? reap_interval;
}

type AnyHandler = Handler<any, any, any>;

/** The table among the state of any rewriter. */
function flowsOf(state: unknown): Flows {
  return (state as { flows: Flows }).flows;
}

function clear(flows: Flows): void {
  for (let slot = 0; slot < flows.slots; slot += 1) flows.remove(slot);
}

/** The flows, of which each has an entry for either direction. */
function countOf({ state, microseconds }: { readonly state: unknown; readonly microseconds: number }): number {
  const { flows } = state as FlowState;
  let count = 0;
  for (let slot = 0; slot < flows.slots; slot += 1) if (flows.reply[slot] === 0 && isThere(state as FlowState, slot, microseconds)) count += 1;
  return count;
}

/** Sets how many flows there may be, and forgets those whose time is over; of those there are then too many, the first to end, and first those that do not keep their place. */
function bound(state: FlowState, times: Times, now: number, value: string): void {
  const { flows } = state;
  const limit = integerValue(value, 1, CAPACITY_MAX);
  state.limit = limit;
  state.reaped_us = now;
  for (let slot = 0; slot < flows.slots; slot += 1) if (flows.occupied(slot) && endsAt(flows, slot) <= now) forget(flows, slot);
  const slots = Array.from({ length: flows.slots }, (_, slot) => slot).filter((slot) => flows.occupied(slot) && flows.reply[slot] === 0);
  const keptOf = (slot: number) => Number(isGuaranteed(flows, slot, times, now));
  slots.sort((a, b) => keptOf(a) - keptOf(b) || endsAt(flows, a) - endsAt(flows, b));
  for (const slot of slots.slice(0, Math.max(0, slots.length - limit))) forget(flows, slot);
}

/** Flows that an input began. */
function begunBy(state: FlowState, input: number, now: number): number {
  const { flows } = state;
  let count = 0;
  for (let slot = 0; slot < flows.slots; slot += 1) if (flows.input[slot] === input && flows.reply[slot] === 0 && isThere(state, slot, now)) count += 1;
  return count;
}

type Rewriter = HandlerContext<{ readonly inputs: readonly Specification[] }, any, any>;

function shownInput({ config, built, state, microseconds }: Rewriter, input: number): string {
  const resolved = built.resolved as Resolved;
  return inputText(config.inputs[input]!, resolved.inputs[input]!, resolved, begunBy(state as FlowState, input, microseconds));
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
    size: { doc: 'Flows remembered.', read: (element) => String(countOf(element)) },
    table_size: { doc: 'Flows in the table.', read: (element) => String(countOf(element)) },
    nmappings: { doc: 'Flows remembered.', deprecated: true, read: (element) => String(countOf(element)) },
    capacity: {
      doc: `Flows it may remember, as far as MAPPING_CAPACITY made room: ${CAPACITY_MAX} where none is given. When there are more, those that end first are forgotten.`,
      read: ({ state, built }) => String((state as FlowState).limit || (built as { capacity: number }).capacity),
      write: ({ state, built, microseconds }, value) => bound(state as FlowState, (built as { times: Times }).times, microseconds, value),
    },
    mapping_failures: { doc: 'New flows that could not be remembered.', read: ({ counters }) => String(counters['failures']!.value) },
    patterns: { doc: 'What becomes of the first packets of flows, a line for each input: <drop>, <nochange>, <keep>, <mapper> or a pattern, and how many flows it began.', read: (element) => (element.config as { inputs: readonly Specification[] }).inputs.map((_, input) => shownInput(element, input)).join('') },
    clear: { doc: 'Forgets all flows.', write: ({ state }) => clear(flowsOf(state)) },
  };
}

/** The table as text, of the protocols that `wanted` accepts. */
export function tableHandler(doc: string, shown: Shown, wanted: (protocol: number) => boolean = () => true): AnyHandler {
  return { doc, read: ({ state, built, microseconds }) => tableText(state as FlowState, (built as { times: Times }).times, microseconds, shown, wanted) };
}

/** The same under a name of former times. */
export const formerly = (handler: AnyHandler): AnyHandler => ({ ...handler, deprecated: true });

/** Reads `SADDR SPORT DADDR DPORT`, answers with what that flow becomes in the same form; nothing if it is not known. */
export function lookupHandler(protocol: number): AnyHandler {
  return {
    doc: 'What becomes of the flow SADDR SPORT DADDR DPORT.',
    read({ state, microseconds }, parameter) {
      const [saddr = '', sport = '', daddr = '', dport = ''] = parameter.trim().split(/\s+/);
      const [source, destination] = [parseIpv4(saddr), parseIpv4(daddr)];
      if (source === undefined || destination === undefined) throw new HandlerError('expected SADDR SPORT DADDR DPORT');
      const ports = integerValue(sport, 0, 65_535) * 65_536 + integerValue(dport, 0, 65_535);
      const flows = flowsOf(state);
      const slot = flows.find(protocol, source, destination, ports);
      if (slot < 0 || !isThere(state as FlowState, slot, microseconds)) return '';
      const changed = flows.new_ports[slot]!;
      return `${formatIpv4(flows.new_source[slot]!)} ${changed >>> 16} ${formatIpv4(flows.new_destination[slot]!)} ${changed & 0xffff}`;
    },
  };
}
