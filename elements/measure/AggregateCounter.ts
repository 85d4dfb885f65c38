/**
 * Counts packets, or bytes, by their aggregate annotation.
 *
 * A frozen counter counts no aggregates that are new; the second input is always frozen. Packets that were not counted leave
 * by the second output, if there is one. The counts are written to files by handlers. It has room for CAPACITY aggregates;
 * when there is none left for a new one, its packets are not counted.
 */
import { ANNOTATIONS, bool, booleanHandler, defineElement, ethernet, example, flag, integer, many, register, string, table, text, writeHandlerFile, type HandlerContext } from 'wirelet';

const frame = ethernet.make({}, new Uint8Array(46));
const COUNT_MAX = Number.MAX_SAFE_INTEGER;
type Counting = HandlerContext<any, string, any>;

/** Aggregates and their counts, by aggregate. */
function counts({ state }: Counting): [number, number][] {
  const rows: [number, number][] = [];
  const { seen } = state as any;
  for (let slot = 0; slot < seen.slots; slot += 1) if (seen.occupied(slot)) rows.push([seen.aggregate[slot], seen.count[slot]]);
  return rows.filter(([, count]) => count > 0).sort(([a], [b]) => a - b);
}

const ipText = (address: number) => [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');

function write(element: Counting, file: string, rows: (rows: [number, number][]) => string | Uint8Array, format: string): void {
  const all = counts(element);
  const { banner } = element.config as { banner: string };
  const head = `!IPAggregate 1.0\n${banner === '' ? '' : `${banner.replace(/\n?$/, '\n')}`}!num_nonzero ${all.length}\n${format}`;
  const body = rows(all);
  writeHandlerFile(file, Buffer.concat([Buffer.from(head), typeof body === 'string' ? Buffer.from(body) : body]));
}

const asText = (rows: [number, number][]) => rows.map(([aggregate, count]) => `${aggregate} ${count}\n`).join('');
const asAddresses = (rows: [number, number][]) => rows.map(([aggregate, count]) => `${ipText(aggregate)} ${count}\n`).join('');
const asBytes = (rows: [number, number][]) => new Uint8Array(Uint32Array.from(rows.flatMap(([aggregate, count]) => [aggregate, Math.min(count, 0xffff_ffff)])).buffer);

/** A share of the whole with twelve digits, as C's `%.12g` writes it. */
function shareText(share: number): string {
  if (share === 0 || share >= 1e-4) return String(Number(share.toPrecision(12)));
  const [digits, exponent] = share.toExponential(11).split('e-') as [string, string];
  return `${Number(digits)}e-${exponent.padStart(2, '0')}`;
}

function asShares(rows: [number, number][]): string {
  const whole = rows.reduce((sum, [, count]) => sum + count, 0);
  return rows.map(([aggregate, count]) => `${aggregate} ${shareText(count / whole)}\n`).join('');
}

/** Takes each count for an aggregate. */
function reaggregate(element: Counting): void {
  const rows = counts(element);
  const state = element.state as any;
  for (let slot = 0; slot < state.seen.slots; slot += 1) if (state.seen.occupied(slot)) state.seen.remove(slot);
  Object.assign(state, { total: 0, aggregates: 0 });
  for (const [, count] of rows) {
    const known = state.seen.find(Math.min(count, 0xffff_ffff));
    const slot = known >= 0 ? known : state.seen.insert(Math.min(count, 0xffff_ffff));
    if (slot < 0) continue;
    state.seen.count[slot] = (known >= 0 ? state.seen.count[slot]! : 0) + 1;
    state.total += 1;
    if (known < 0) state.aggregates += 1;
  }
}

/** `N HANDLER [VALUE]`. */
function splitCall(value: string, name: string, counts: string, fail: (message: string, hint?: string, click?: string) => never): { count: number; call: string } | undefined {
  if (value === '') return undefined;
  const match = /^\s*(\d+)\s+(\S[\s\S]*)$/.exec(value);
  return match === null ? fail(`${name}: expected 'N HANDLER [VALUE]'`, undefined, `${name} first word should be unsigned (${counts})`) : { count: Number(match[1]), call: match[2]! };
}

/** What is written when, as Click shows it; `bits`: what was done of it. */
function callText({ name, config, state }: { readonly name: string; readonly config: any; readonly state: any }, kind: 'aggregate' | 'count', bits: number): string {
  if ((state.done & bits) !== 0) return '';
  const [freeze, stop, call] = [config[`${kind}_freeze`], config[`${kind}_stop`], config[`${kind}_call`]];
  if (freeze !== undefined) return state.frozen ? '' : `${freeze} ${name}.freeze true`;
  return stop === undefined ? call : `${stop} ${name}.stop`;
}

const limit = (doc: string) => integer({ required: false, max: COUNT_MAX, keyword: true, doc });

export default defineElement({
  name: 'AggregateCounter',
  config: {
    bytes: bool({ default: false, keyword: true, doc: 'Whether bytes are counted.' }),
    ip_bytes: bool({ default: false, keyword: true, doc: 'Whether bytes in front of the network header are left out.' }),
    multipacket: bool({ default: true, keyword: true, doc: 'Whether a packet counts for as many as its extra packets annotation says.' }),
    extra_length: bool({ default: true, keyword: true, doc: 'Whether bytes that were cut off count.' }),
    aggregate_freeze: limit('Aggregates after which it is frozen.'),
    count_freeze: limit('Count after which it is frozen.'),
    aggregate_stop: limit('Aggregates after which the run ends.'),
    count_stop: limit('Count after which the run ends.'),
    aggregate_call: text({ default: '', keyword: true, doc: 'N HANDLER [VALUE]: the handler is written after N aggregates.' }),
    count_call: text({ default: '', keyword: true, doc: 'N HANDLER [VALUE]: the handler is written at the count N.' }),
    banner: string({ default: '', keyword: true, doc: 'What files begin with.' }),
    capacity: integer({ default: 65_536, min: 1, max: 4_194_304, keyword: true, doc: 'Aggregates there is room for.' }),
  },
  ports: {
    inputs: many('Packets to count; at the second input, those of aggregates that are known.', { min: 1, max: 2 }),
    outputs: many('Packets that were counted; at the second output, those that were not. All packets where there is one.', { min: 1, max: 2 }),
  },
  counters: { no_room: 'Packets of aggregates for which there was no room.' },
  state: ({ config }) => ({
    seen: table({ key: { aggregate: 'u32' }, fields: { count: 'u53' }, capacity: config.capacity }),
    total: register('u53'),
    aggregates: register('u32'),
    frozen: flag(),
    active: flag(true),
    done: register('u8'),
    beyond: flag(),
  }),
  build({ config, outputs, fail }) {
    for (const kind of ['aggregate', 'count'] as const) {
      if ([config[`${kind}_freeze`], config[`${kind}_stop`], config[`${kind}_call`] || undefined].filter((value) => value !== undefined).length > 1) {
        const [freeze, stop, call] = ['FREEZE', 'STOP', 'CALL'].map((what) => `'${kind.toUpperCase()}_${what}'`);
        fail(`only one of ${freeze}, ${stop} and ${call} may be given`, undefined, `${freeze}, ${stop}, and ${call} are mutually exclusive`);
      }
    }
    return {
      /** The output of packets that are not counted. */
      other: outputs.length - 1,
      aggregateFreeze: config.aggregate_freeze ?? COUNT_MAX,
      countFreeze: config.count_freeze ?? COUNT_MAX,
      aggregateCall: splitCall(config.aggregate_call, 'AGGREGATE_CALL', 'number of aggregates', fail),
      countCall: splitCall(config.count_call, 'COUNT_CALL', 'count', fail),
      /** Aggregates after which another one is told, and not counted yet. */
      aggregateLimit: config.aggregate_stop ?? (config.aggregate_call === '' ? COUNT_MAX : Number.parseInt(config.aggregate_call, 10)),
    };
  },
  process(packet, { config, built, state, counters, outputs, port }) {
    if (!state.active) return outputs[built.other];
    const aggregate = packet.annotationU32(ANNOTATIONS.aggregate.offset);
    let amount = 1;
    if (config.bytes) {
      amount = packet.length;
      if (config.ip_bytes && packet.hasNetworkHeader) amount = Math.max(0, packet.networkLength);
      if (config.extra_length) amount = amount + packet.annotationU32(ANNOTATIONS.extra_length.offset);
    } else if (config.multipacket) {
      amount = amount + packet.annotationU32(ANNOTATIONS.extra_packets.offset);
    }
    let slot = state.seen.find(aggregate);
    if (slot < 0) {
      if (state.frozen || port === 1) return outputs[built.other];
      if (state.aggregates >= built.aggregateLimit && !state.beyond) {
        state.beyond = true;
        if (config.aggregate_stop !== undefined) {
          state.active = false;
          return outputs[built.other];
        }
      }
      slot = state.seen.insert(aggregate);
      if (slot < 0) {
        counters.no_room.add(1);
        return outputs[built.other];
      }
      state.aggregates = Math.min(state.aggregates + 1, 0xffff_ffff);
      if (state.aggregates >= built.aggregateFreeze) state.frozen = true;
    }
    state.seen.count[slot] = Math.min(state.seen.count[slot]!, 4_503_599_627_370_496) + amount;
    state.total = Math.min(state.total, 4_503_599_627_370_496) + amount;
    if (state.total >= built.countFreeze) state.frozen = true;
    return outputs[0];
  },
  handlers: {
    write_file: { doc: 'Writes the counts to a file: pairs of 32-bit numbers, the lowest byte first.', write: (element, value) => write(element, value, asBytes, '!packed_le\n') },
    write_text_file: { doc: 'Writes the counts to a file, a line for each aggregate.', write: (element, value) => write(element, value, asText, '') },
    write_ascii_file: { doc: 'Another name of write_text_file.', write: (element, value) => write(element, value, asText, '') },
    write_ip_file: { doc: 'The same with aggregates as IPv4 addresses.', write: (element, value) => write(element, value, asAddresses, '!ip\n') },
    write_pdf_file: { doc: 'The same with the share that each aggregate has of the whole.', write: (element, value) => write(element, value, asShares, '') },
    freeze: booleanHandler('frozen', 'Whether new aggregates are left out.'),
    active: booleanHandler('active', 'Whether it counts.'),
    stop: {
      doc: 'Counts no more, and ends the run.',
      write: ({ state }) => void Object.assign(state, { active: false, done: (state.done as number) | 128 }),
    },
    count: { doc: 'The count of all aggregates.', read: ({ state }) => String(state.total) },
    nagg: { doc: 'Aggregates that were seen.', read: ({ state }) => String(state.aggregates) },
    clear: {
      doc: 'Forgets all counts.',
      write({ state }) {
        for (let slot = 0; slot < state.seen.slots; slot += 1) if (state.seen.occupied(slot)) state.seen.remove(slot);
        Object.assign(state, { total: 0, aggregates: 0 });
      },
    },
    reaggregate_counts: { doc: 'Takes each count for an aggregate, and counts how often there was that count.', write: reaggregate },
    counts_pdf: { doc: 'Another name of reaggregate_counts.', write: reaggregate },
    banner: { doc: 'What files begin with.', read: ({ config }) => config.banner, write: ({ reconfigure }, value) => reconfigure('banner', value) },
    aggregate_call: { doc: 'Aggregates after which a handler is written, and which; nothing once that was done.', read: (element) => callText(element, 'aggregate', 5), write: ({ reconfigure }, value) => reconfigure('aggregate_call', value) },
    count_call: { doc: 'The count at which a handler is written, and which; nothing once that was done.', read: (element) => callText(element, 'count', 10), write: ({ reconfigure }, value) => reconfigure('count_call', value) },
  },
  attend({ config, built, state, stop, call }) {
    const once = (bit: number, reached: boolean, act: () => void): void => {
      if (!reached || (state.done & bit) !== 0) return;
      state.done |= bit;
      act();
    };
    if (state.done & 128) once(64, true, stop);
    once(1, config.aggregate_stop !== undefined && state.beyond, stop);
    once(2, config.count_stop !== undefined && state.total >= config.count_stop, stop);
    once(4, built.aggregateCall !== undefined && state.beyond, () => call(built.aggregateCall!.call));
    once(8, built.countCall !== undefined && state.total >= built.countCall.count, () => call(built.countCall!.call));
  },
  examples: [
    example('passes what it counts', [{ ...frame, paint: 3 }, frame], { 0: [frame, frame] }, { before: 'AggregatePaint' }),
    example('does not count new aggregates when it is frozen', [{ ...frame, paint: 3 }, frame, { ...frame, paint: 3 }], { 0: [frame, frame], 1: frame }, { config: 'AGGREGATE_FREEZE 1', before: 'AggregatePaint', outputs: 2 }),
    example('freezes at a count of bytes', [frame, { ...frame, paint: 3 }, frame], { 0: [frame, frame], 1: frame }, { config: 'BYTES true, COUNT_FREEZE 60', before: 'AggregatePaint', outputs: 2 }),
    example('never counts new aggregates of the second input', [{ ...frame, input: 1 }, frame, { ...frame, input: 1 }], { 0: [frame, frame], 1: frame }, { inputs: 2, outputs: 2 }),
    example('passes all packets when there is one output', [{ ...frame, paint: 3 }, frame], { 0: [frame, frame] }, { config: 'AGGREGATE_FREEZE 1', before: 'AggregatePaint', outputs: 1 }),
    example('counts no aggregates beyond its room', Array.from({ length: 20 }, (_, paint) => ({ ...frame, paint })), { 0: Array.from({ length: 16 }, () => frame), 1: Array.from({ length: 4 }, () => frame) }, { config: 'CAPACITY 1', before: 'AggregatePaint', outputs: 2, counters: { no_room: 4 } }),
  ],
});
