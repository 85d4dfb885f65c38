/**
 * Counts how often each number of NumberPacket comes by: what was lost or came twice shows in `dump`. Packets whose number is COUNT or more leave by the
 * second output, or end there; so do packets without a number.
 */
import { array, bool, defineElement, example, integer, integerValue, optional, register, u32 } from 'wirelet';
import { numberAt } from './packet-number.js';

const numbered = (number: number) => Uint8Array.from([9, number, 0, 0, 0, 0, 0, 0, 0]);

/** Numbers that there is room for, however few are looked for. */
const ROOM = 65_536;

export default defineElement({
  name: 'CheckNumberPacket',
  config: {
    offset: integer({ default: 40, max: 9208, doc: 'Where the number is.' }),
    count: integer({ default: 0, max: 2 ** 24, doc: 'Numbers that are looked for: 0 to COUNT - 1.' }),
    net_order: bool({ default: false, keyword: true, doc: 'Whether its highest byte comes first.' }),
  },
  ports: { inputs: { in: 'Packets with numbers.' }, outputs: { out: 'The same packets.', beyond: optional('Packets whose numbers are too high.') } },
  state: ({ config }) => ({ seen: array('u32', Math.max(config.count, ROOM)), limit: register({ low: 0, high: Math.max(config.count, ROOM) }, config.count) }),
  build: ({ chatter }) => ({ name: chatter, chatter: `${chatter} :: CheckNumberPacket: ` }),
  process(packet, { config, built, state, outputs, log }) {
    if (packet.length < config.offset + 8) return outputs.beyond;
    const number = numberAt(packet, config.offset, config.net_order);
    if (number >= state.limit) {
      if (built.name.length > 0) {
        log.text(built.chatter);
        log.decimal(number);
        log.text(' out of scope (count is ');
        log.decimal(state.limit);
        log.text(') !');
        log.end();
      }
      return outputs.beyond;
    }
    state.seen[number] = u32(state.seen[number]! + 1);
    return outputs.out;
  },
  handlers: {
    count: { doc: 'Numbers that were looked for.', read: ({ state }) => String(state.limit), write: ({ state }, value) => void (state.limit = integerValue(value, 0, state.seen.length)) },
    missing: { doc: 'Numbers that never came, below the highest that did.', read: ({ state }) => String(missing(state.seen as unknown as ArrayLike<number>, state.limit)) },
    max: { doc: 'The number that came most often, and how often: [NUMBER] : COUNT.', read: ({ state }) => extreme(state.seen as unknown as ArrayLike<number>, state.limit, 1) },
    min: { doc: 'The number that came least often, and how often.', read: ({ state }) => extreme(state.seen as unknown as ArrayLike<number>, state.limit, -1) },
    dump: { doc: 'Each number, and how often it came, a line each.', read: ({ state }) => lines(state.seen as unknown as ArrayLike<number>, state.limit) },
  },
  examples: [
    example('passes packets on', [numbered(0), numbered(2), numbered(2)], { out: [numbered(0), numbered(2), numbered(2)] }, { config: '1, 4' }),
    example('sorts out numbers that are too high', numbered(4), { beyond: numbered(4) }, { config: '1, 4' }),
    example('sorts out packets without a number', new Uint8Array(4), { beyond: new Uint8Array(4) }, { config: '1, 4' }),
  ],
});

function missing(seen: ArrayLike<number>, count: number): number {
  let last = count - 1;
  while (last >= 0 && seen[last] === 0) last -= 1;
  let lost = 0;
  for (let number = 0; number < last; number += 1) if (seen[number] === 0) lost += 1;
  return lost;
}

/** The first number that came most often, or with -1 least often. */
function extreme(seen: ArrayLike<number>, count: number, sign: 1 | -1): string {
  if (count === 0) return `[-1] : ${sign > 0 ? -1 : 0x7fff_ffff}`;
  let found = 0;
  for (let number = 1; number < count; number += 1) if (seen[number]! * sign > seen[found]! * sign) found = number;
  return `[${found}] : ${seen[found]}`;
}

function lines(seen: ArrayLike<number>, count: number): string {
  let text = '';
  for (let number = 0; number < count; number += 1) text += `${number}: ${seen[number]}\n`;
  return text;
}
