/**
 * Counts how often each number of NumberPacket comes by: what was lost or came twice shows in `dump`. Packets whose number is COUNT or more leave by the
 * second output, or end there; so do packets without a number.
 */
import { array, bool, defineElement, example, integer, optional, u32 } from 'wirelet';
import { numberAt } from './packet-number.js';

const numbered = (number: number) => Uint8Array.from([9, number, 0, 0, 0, 0, 0, 0, 0]);

export default defineElement({
  name: 'CheckNumberPacket',
  config: {
    offset: integer({ default: 40, max: 9208, doc: 'Where the number is.' }),
    count: integer({ default: 65_536, min: 1, max: 2 ** 24, doc: 'Numbers that are looked for: 0 to COUNT - 1.' }),
    net_order: bool({ default: false, keyword: true, doc: 'Whether its highest byte comes first.' }),
  },
  ports: { inputs: { in: 'Packets with numbers.' }, outputs: { out: 'The same packets.', beyond: optional('Packets whose numbers are too high.') } },
  state: ({ config }) => ({ seen: array('u32', config.count) }),
  process(packet, { config, state, outputs }) {
    if (packet.length < config.offset + 8) return outputs.beyond;
    const number = numberAt(packet, config.offset, config.net_order);
    if (number >= config.count) return outputs.beyond;
    state.seen[number] = u32(state.seen[number]! + 1);
    return outputs.out;
  },
  handlers: {
    count: { doc: 'Numbers that were looked for.', read: ({ config }) => String(config.count) },
    missing: { doc: 'Numbers that never came, below the highest that did.', read: ({ state, config }) => String(missing(state.seen as unknown as ArrayLike<number>, config.count)) },
    max: { doc: 'The number that came most often, and how often: [NUMBER] : COUNT.', read: ({ state, config }) => extreme(state.seen as unknown as ArrayLike<number>, config.count, 1) },
    min: { doc: 'The number that came least often, and how often.', read: ({ state, config }) => extreme(state.seen as unknown as ArrayLike<number>, config.count, -1) },
    dump: { doc: 'Each number, and how often it came, a line each.', read: ({ state, config }) => lines(state.seen as unknown as ArrayLike<number>, config.count) },
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
  let found = 0;
  for (let number = 1; number < count; number += 1) if (seen[number]! * sign > seen[found]! * sign) found = number;
  return `[${found}] : ${seen[found]}`;
}

function lines(seen: ArrayLike<number>, count: number): string {
  let text = '';
  for (let number = 0; number < count; number += 1) text += `${number}: ${seen[number]}\n`;
  return text;
}
