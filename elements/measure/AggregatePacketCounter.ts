/**
 * Counts packets by their aggregate annotation and by another annotation, the packet number unless ANNO says otherwise, for each input apart. Packets leave by the output of the
 * same number. With ANNO NONE all packets of an aggregate have the number 0. Packets without an aggregate only pass.
 *
 * It remembers CAPACITY numbers of aggregates; when it has no room for another one, its packets are not counted.
 */
import { annotation, ANNOTATIONS, array, defineElement, ethernet, example, flag, HandlerError, integer, many, parseInteger, sameAsInputs, table, tableSlots, text, u32, type Counter, type HandlerContext, type Packet, type StateValues } from 'wirelet';

const PORTS_MAX = 64;
const ANNO = annotation({ doc: '', size: 4 });
const frame = { ...ethernet.make({}), paint: 5 };

function counts(capacity: number, inputs: number) {
  return {
    numbers: table({ key: { aggregate: 'u32', number: 'u32' }, fields: {}, capacity }),
    /** By slot and input. */
    packets: array('u32', tableSlots(capacity) * Math.max(1, inputs)),
    /** Whether a packet had an aggregate. */
    aggregated: flag(),
  };
}

type Counts = StateValues<ReturnType<typeof counts>>;

interface Counting {
  readonly built: { readonly at: number; readonly inputs: number };
  readonly state: Counts & { aggregated: boolean };
  readonly counters: Readonly<Record<'seen' | 'no_room', Counter>>;
}

function count(packet: Packet, { built, state, counters }: Counting, port: number): void {
  counters.seen.add(1);
  const aggregate = packet.annotationU32(ANNOTATIONS.aggregate.offset);
  if (aggregate === 0) return;
  state.aggregated = true;
  const number = built.at < 0 ? 0 : packet.annotationU32(Math.max(0, built.at));
  const known = state.numbers.find(aggregate, number);
  const slot = known >= 0 ? known : state.numbers.insert(aggregate, number);
  if (slot < 0) {
    counters.no_room.add(1);
    return;
  }
  const at = slot * built.inputs + port;
  if (at >= state.packets.length) return;
  state.packets[at] = known >= 0 ? u32(state.packets[at]! + 1) : 1;
  if (known >= 0) return;
  for (let other = 0; other < built.inputs; other += 1) if (other !== port) state.packets[slot * built.inputs + other] = 0;
}

type Counted = HandlerContext<any, any, any>;

/** The numbers of an aggregate for which `wanted` holds, given how many packets each input had, one on a line. */
function list({ state, inputs }: Counted, parameter: string, wanted: (counts: readonly number[]) => boolean): string {
  const aggregate = parameter.trim() === '' ? 0 : parseInteger(parameter.trim());
  if (aggregate === undefined || aggregate < 0 || aggregate > 0xffff_ffff) throw new HandlerError('argument should be aggregate number');
  const { numbers, packets } = state as Counts;
  const found: number[] = [];
  for (let slot = 0; slot < numbers.slots; slot += 1) {
    if (!numbers.occupied(slot) || numbers.aggregate[slot] !== aggregate) continue;
    if (wanted(Array.from({ length: inputs.length }, (_, port) => packets[slot * inputs.length + port]!))) found.push(numbers.number[slot]!);
  }
  return found.sort((a, b) => a - b).map((number) => `${number}\n`).join('');
}

/** All that was counted. */
function total({ state, inputs }: Counted): number {
  const { numbers, packets } = state as Counts;
  let sum = 0;
  for (let slot = 0; slot < numbers.slots; slot += 1) if (numbers.occupied(slot)) for (let port = 0; port < inputs.length; port += 1) sum += packets[slot * inputs.length + port]!;
  return sum;
}

export default defineElement({
  name: 'AggregatePacketCounter',
  config: {
    notifier: text({ default: '', keyword: true, doc: 'Accepted for compatibility: counts of aggregates that have ended are kept.' }),
    anno: text({ default: 'PACKET_NUMBER', keyword: true, doc: 'The annotation with the number: its name or its offset; NONE: no number.' }),
    capacity: integer({ default: 65_536, min: 1, max: 1_048_576, keyword: true, doc: 'Numbers of aggregates that are remembered.' }),
  },
  ports: { inputs: many('Packets.', { min: 1, max: PORTS_MAX }), outputs: sameAsInputs('Packets of the input of that number.') },
  portsAlike: 'paired',
  counters: { seen: 'Packets that were seen.', no_room: 'Packets with numbers for which there was no room.' },
  state: ({ config, inputs }) => counts(config.capacity, inputs.length),
  build({ config, elements, inputs, chatter, scope, fail }) {
    const named = config.notifier === '' || elements.named(config.notifier) !== undefined;
    if (!named) fail(`there is no element named ${config.notifier}`, undefined, 'NOTIFIER: does not name an element');
    const read = config.anno === 'NONE' ? { value: -1 } : ANNO.parse(config.anno, scope);
    if ('error' in read) return fail(read.error, undefined, 'bad ANNO');
    return { at: read.value as number, inputs: inputs.length, chatter };
  },
  process(packet, context) {
    count(packet, context, context.port);
    return context.outputs[context.port];
  },
  pull(context) {
    const packet = context.inputs[context.port].pull();
    if (packet !== null) count(packet, context, context.port);
    return packet;
  },
  handlers: {
    count: { doc: 'Packets of aggregates.', read: (element) => String(total(element)) },
    received: { doc: 'The numbers of the aggregate that the parameter is which any input has seen, one on a line.', read: (element, parameter) => list(element, parameter, (counts) => counts.some((each) => each > 0)) },
    undelivered: {
      doc: 'The numbers of the aggregate that the parameter is which the first input has seen more often than the second, one on a line.',
      read(element, parameter) {
        if (element.inputs.length < 2) throw new HandlerError('it has one input: nothing can be missing at another');
        return list(element, parameter, ([first = 0, second = 0]) => first > second);
      },
    },
    clear: {
      doc: 'Forgets all counts.',
      write({ state }) {
        const { numbers } = state as Counts;
        for (let slot = 0; slot < numbers.slots; slot += 1) if (numbers.occupied(slot)) numbers.remove(slot);
      },
    },
  },
  finish({ built, counters, state, report }) {
    if (counters.seen.value > 0 && !(state as Counts).aggregated && built.chatter !== '') report(`${built.chatter} :: AggregatePacketCounter: warning: saw no packets with aggregate annotations`);
  },
  examples: [
    example('counts packets and passes them on', [frame, frame], { 0: [frame, frame] }, { inputs: 1, outputs: 1, before: 'AggregatePaint', counters: { seen: 2 } }),
    example('keeps inputs apart', [{ ...frame, input: 0 }, { ...frame, input: 1 }], { 0: frame, 1: frame }, { inputs: 2, outputs: 2, config: 'ANNO NONE', counters: { seen: 2, no_room: 0 } }),
  ],
});
