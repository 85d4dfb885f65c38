/**
 * Sends packets past a part of the graph or, when it is active, through it: to the second output. What comes back at
 * the second input leaves by the first output.
 */
import { bool, booleanValue, defineElement, ethernet, example, flag, optional } from 'wirelet';

const frame = ethernet.make({});

export default defineElement({
  name: 'Bypass',
  config: {
    active: bool({ default: false, doc: 'Whether packets go to the second output.' }),
    inline: bool({ default: false, keyword: true, doc: 'Accepted for compatibility: it costs a test of a flag either way.' }),
  },
  ports: {
    inputs: { in: 'Packets.', back: optional('Packets from the part of the graph at the second output.') },
    outputs: { out: 'Packets that go past, and those that come back.', through: optional('Packets, when it is active.') },
  },
  portsAlike: 'all',
  endsLoops: 'what comes back at the second input leaves by the first output',
  split: 'each',
  state: ({ config }) => ({ active: flag(config.active) }),
  process: (_packet, { state, outputs, port }) => (state.active && port === 0 ? outputs.through : outputs.out),
  pull({ state, inputs, port }) {
    if (port !== 0) return state.active ? inputs.in.pull() : null;
    if (state.active) return inputs.back.pull();
    return inputs.in.pull();
  },
  handlers: {
    active: {
      doc: 'Whether packets go to the second output.',
      read: ({ state }) => String(state.active),
      write: ({ state }, value) => void (state.active = booleanValue(value, 'syntax error')),
    },
  },
  examples: [
    example('sends packets past', frame, { out: frame }),
    example('sends packets through when it is active', frame, { through: frame }, { config: 'true' }),
    example('passes on what comes back', { ...frame, input: 'back' }, { out: frame }, { config: 'ACTIVE true, INLINE true' }),
  ],
});
