/**
 * Sends packets past a part of the graph or, when it is active, through it: to the second output. What comes back at
 * the second input leaves by the first output.
 */
import { bool, booleanHandler, defineElement, ethernet, example, flag, optional, push } from 'wirelet';

const frame = ethernet.make({});

export default defineElement({
  name: 'Bypass',
  config: {
    active: bool({ default: false, doc: 'Whether packets go to the second output.' }),
    inline: bool({ default: false, keyword: true, doc: 'Accepted for compatibility: it costs a test of a flag either way.' }),
  },
  ports: {
    inputs: { in: push('Packets.'), back: optional(push('Packets from the part of the graph at the second output.')) },
    outputs: { out: push('Packets that go past, and those that come back.'), through: optional(push('Packets, when it is active.')) },
  },
  endsLoops: 'what comes back at the second input leaves by the first output',
  split: 'each',
  state: ({ config }) => ({ active: flag(config.active) }),
  process: (_packet, { state, outputs, port }) => (state.active && port === 0 ? outputs.through : outputs.out),
  handlers: {
    active: booleanHandler('active', 'Whether packets go to the second output.'),
  },
  examples: [
    example('sends packets past', frame, { out: frame }),
    example('sends packets through when it is active', frame, { through: frame }, { config: 'true' }),
    example('passes on what comes back', { ...frame, input: 'back' }, { out: frame }, { config: 'ACTIVE true, INLINE true' }),
  ],
});
