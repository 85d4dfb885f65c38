/**
 * Makes packets with the same bytes, BURST in each round, LIMIT in all; or one whenever it is pulled.
 *
 * Where it pushes, it makes none while every Queue behind it is full, if all that packets come to first tell that: Queue,
 * QuickNoteQueue and ThreadSafeQueue do.
 *
 * After the last one it may end the run (STOP) or write a handler (END_CALL).
 */
import { bool, defineElement, example, integer, register, text } from 'wirelet';
import { bytesOf, dataArguments, LENGTH_MAX } from './default-data.js';
import { attendToEnd, burstHandler, countMade, INT, isOver, LIMIT_MAX, limitedHandlers, limitedState, oneEnd } from './limited.js';
import { dataHandler, lengthHandler } from './source-handlers.js';

/** Packets of one round at most: the rest comes in the next one. */
const BURST_MAX = 65_536;

const length = lengthHandler('length must be integer', LENGTH_MAX);

export default defineElement({
  name: 'InfiniteSource',
  config: {
    data: dataArguments.data,
    limit: integer({ default: -1, min: INT.min, max: LIMIT_MAX, doc: 'Packets in all; negative: no limit.' }),
    burst: integer({ default: 1, ...INT, doc: 'Packets in one round.' }),
    active: bool({ default: true, doc: 'Whether it works.' }),
    timestamp: bool({ default: true, keyword: true, doc: 'Whether packets bear the time at which they were made.' }),
    length: dataArguments.length,
    datasize: dataArguments.datasize,
    stop: bool({ default: false, keyword: true, doc: 'Whether the run ends after the last packet.' }),
    end_call: text({ default: '', keyword: true, doc: 'Handler that is written after the last packet: ELEMENT.HANDLER VALUE.' }),
  },
  ports: { outputs: { out: 'The packets.' } },
  waitsForRoom: true,
  counters: { count: 'Packets made.' },
  state: ({ config }) => ({ ...limitedState(config.limit, config.active), burst: register({ low: 1, high: INT.max }, Math.max(1, config.burst)) }),
  build({ config, fail }) {
    if (config.burst < 1) fail('burst size must be >= 1');
    oneEnd(config, fail);
    return { bytes: bytesOf(config) };
  },
  pull(context) {
    const { built, state, packets } = context;
    if (!state.active) return null;
    if (isOver(context)) {
      state.ended = true;
      return null;
    }
    const packet = packets.copyOf(built.bytes);
    if (packet === null) return null;
    countMade(packet, context);
    return packet;
  },
  run(context) {
    const { built, state, outputs, packets, emit, queues } = context;
    if (!state.active || queues.room === 0) return false;
    let worked = false;
    for (let index = 0; index < BURST_MAX; index += 1) {
      if (index >= state.burst) break;
      if (isOver(context)) {
        // The round after the last packet is the end, so that this one has gone its way.
        if (!worked) state.ended = true;
        break;
      }
      const packet = packets.copyOf(built.bytes);
      if (packet === null) break;
      countMade(packet, context);
      worked = true;
      emit(outputs.out, packet);
    }
    return worked;
  },
  handlers: {
    ...limitedHandlers,
    burst: burstHandler,
    burstsize: { ...burstHandler, doc: 'Another name of burst.', deprecated: true },
    data: dataHandler,
    length: { ...length, calm: true },
    datasize: { ...length, doc: 'Another name of length.', calm: true, deprecated: true },
  },
  calls: ({ end_call: call }) => [{ call, argument: 'END_CALL' }],
  attend: attendToEnd,
  reconfigurable: true,
  examples: [
    example('makes so many packets', [], { out: [Uint8Array.from([65, 66]), Uint8Array.from([65, 66])] }, { config: 'AB, 2' }),
    example('cuts the data', [], { out: Uint8Array.from([65]) }, { config: 'AB, 1, LENGTH 1' }),
    example('repeats the data', [], { out: Uint8Array.from([65, 66, 65]) }, { config: 'AB, 1, LENGTH 3' }),
    example('makes packets of no bytes', [], { out: new Uint8Array() }, { config: 'AB, 1, LENGTH 0' }),
  ],
});
