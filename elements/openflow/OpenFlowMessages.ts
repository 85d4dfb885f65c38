/**
 * Takes the streams of a TCPEndpoint apart into messages of OpenFlow, each a packet with the annotation of its connection. What became of
 * connections passes. Of a message that is longer than 1792 bytes the first 64 leave with paint 4, and the rest is skipped; where a
 * stream has what cannot be the header of a message, that leaves with paint 5, and the rest of the stream is dropped.
 */
import { array, below, consumed, defineElement, drop, example, loadBytes, integer, push, storeBytes, u16, type PacketTemplate } from 'wirelet';
import { CITED_BYTES, HEADER_BYTES, MESSAGE_MAX } from './protocol.js';
import { CONNECTION, EVENT } from './session.js';

/** Steps for one piece of a stream: the longest piece, the shortest messages, and one more for each. */
const STEPS_MAX = 4096;

const piece = (...bytes: number[]): PacketTemplate => ({ bytes: Uint8Array.from(bytes) }) as PacketTemplate;
const hello = [4, 0, 0, 8, 0, 0, 0, 1];
const zeros = (count: number) => Array.from({ length: count }, () => 0);
const barrier = [4, 20, 0, 8, 0, 0, 0, 2];

export default defineElement({
  name: 'OpenFlowMessages',
  config: { connections: integer({ default: 4, min: 1, max: 64, keyword: true, doc: 'Connections at once, as many as those of the TCPEndpoint.' }) },
  ports: { inputs: { stream: push('Pieces of streams, and what became of connections.') }, outputs: { messages: push('Messages, and what became of connections.') } },
  counters: { messages: 'Messages that came, whole.', too_long: 'Messages that were too long.', not_messages: 'Streams with something else than messages.' },
  drops: { no_connection: 'Its connection has a number beyond CONNECTIONS.', after_mistake: 'Its stream had what is no message before.' },
  state: ({ config }) => ({
    part: array('u8', config.connections * MESSAGE_MAX),
    part_length: array(below(MESSAGE_MAX + 1), config.connections),
    /** Bytes of a message that was too long that are still to come. */
    skipped: array('u16', config.connections),
    broken: array('u8', config.connections),
  }),
  process(packet, { config, state, counters, outputs, packets, emit }) {
    const session = packet.annotationU32(CONNECTION);
    if (session >= config.connections) return drop('no_connection');
    if (packet.paint !== EVENT.data) {
      state.part_length[session] = 0;
      state.skipped[session] = 0;
      state.broken[session] = 0;
      return outputs.messages;
    }
    if (state.broken[session] !== 0) return drop('after_mistake');
    const base = session * MESSAGE_MAX;
    let at = Math.min(state.skipped[session]!, packet.length);
    state.skipped[session] = u16(state.skipped[session]! - at);
    for (let step = 0; step < STEPS_MAX; step += 1) {
      if (at >= packet.length) break;
      const rest = packet.length - at;
      const have = state.part_length[session]!;
      const said = state.part[base + 2]! * 256 + state.part[base + 3]!;
      const total = have < HEADER_BYTES ? HEADER_BYTES : said > MESSAGE_MAX ? CITED_BYTES : said;
      const take = Math.max(0, Math.min(rest, total - have));
      storeBytes(state.part, base + have, packet, at, take);
      at += take;
      const now = Math.min(have + take, MESSAGE_MAX);
      state.part_length[session] = now;
      if (now < HEADER_BYTES) break;
      const length = state.part[base + 2]! * 256 + state.part[base + 3]!;
      if (length >= HEADER_BYTES && now < (length > MESSAGE_MAX ? CITED_BYTES : length)) continue;
      state.part_length[session] = 0;
      const message = packets.ofLength(now);
      if (message === null) break;
      loadBytes(message, 0, state.part, base, now);
      message.setAnnotationU32(CONNECTION, session);
      if (length < HEADER_BYTES) {
        counters.not_messages.add(1);
        state.broken[session] = 1;
        message.paint = EVENT.no_message;
        emit(outputs.messages, message);
        break;
      }
      if (length > MESSAGE_MAX) {
        counters.too_long.add(1);
        const gone = Math.min(length - now, packet.length - at);
        at += Math.max(0, gone);
        state.skipped[session] = u16(length - now - gone);
        message.paint = EVENT.too_long;
      } else {
        counters.messages.add(1);
        message.paint = EVENT.data;
      }
      emit(outputs.messages, message);
    }
    return consumed;
  },
  examples: [
    example('takes a stream apart', piece(...hello, ...barrier), { messages: [piece(...hello), piece(...barrier)] }),
    example('puts messages together', [piece(...hello.slice(0, 3)), piece(...hello.slice(3), ...barrier.slice(0, 6)), piece(...barrier.slice(6))], { messages: [piece(...hello), piece(...barrier)] }),
    example('skips messages that are too long', [piece(4, 2, 0xff, 0xff, 0, 0, 0, 1, 1), piece(...zeros(70))], { messages: piece(4, 2, 0xff, 0xff, 0, 0, 0, 1, 1, ...zeros(55)) }, { counters: { too_long: 1 } }),
    example('gives up where there is no message', piece(4, 2, 0, 7, 0, 0, 0, 1, ...hello), { messages: piece(4, 2, 0, 7, 0, 0, 0, 1) }, { counters: { not_messages: 1 } }),
  ],
});
