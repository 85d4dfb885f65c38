/** Elements that let pulls pass at an even rate, in packets or bytes. */
import { bandwidth, defineElement, ethernet, example, optional, pull, push } from 'wirelet';
import { gapState, mayPass, packetRate, pass, passTime, RATE_MAX } from './gap-rate.js';
import { bandwidthText } from './token-bucket.js';

const [a, b, c] = [1, 2, 3].map((source) => ethernet.make({ source }, new Uint8Array(46))) as [Frame, Frame, Frame];
type Frame = ReturnType<typeof ethernet.make>;

const inPackets = {
  kind: packetRate,
  examples: [
    example('lets packets pass at its rate', [a, b, c], { out: [a, b, c] }, { config: '1000' }),
    example('lets none pass at rate 0', [a, b], {}, { config: '0' }),
    example('catches up after a pause', [a, { ...b, at: 5000 }, { ...c, at: 9000 }], { out: [a, b, c] }, { config: '500' }),
  ],
};
const inBytes = {
  kind: bandwidth({ doc: 'Data in a second, such as 10Mbps; 0: none.' }),
  examples: [
    example('lets packets pass at its rate', [a, b, c], { out: [a, b, c] }, { config: '6kBps' }),
    example('lets packets pass that have more bytes than the rate', [a, b], { out: [a, b] }, { config: '8bps' }),
    example('lets none pass at rate 0', [a, b], {}, { config: '0' }),
  ],
};

/** The element by its class of Click's; `bytes`: the rate counts bytes. */
export function shaper(name: string, bytes: boolean) {
  return defineElement({
    name,
    config: { rate: bytes ? inBytes.kind : inPackets.kind },
    ports: { inputs: { in: pull('Packets.') }, outputs: { out: pull('The same packets, not faster than the rate.'), other: optional(push('Nothing: Click has this output.')) } },
    split: { never: 'each copy would let the whole rate pass' },
    state: gapState(),
    build({ config, fail }) {
      if (config.rate > RATE_MAX) fail(`the rate is above ${RATE_MAX} a second`);
      return undefined;
    },
    pull({ config, state, inputs, clock, timers }) {
      if (!mayPass(state, config.rate, clock.microseconds)) {
        if (config.rate > 0 && !timers.next.pending) timers.next.at(passTime(state, config.rate));
        return null;
      }
      const packet = inputs.in.pull();
      if (packet === null) return null;
      pass(state, bytes ? packet.length : 1);
      return packet;
    },
    timers: {
      // It is enough that there is a round: whoever pulls tries again then.
      next: () => undefined,
    },
    handlers: {
      rate: {
        doc: 'The rate.',
        read: ({ config }) => (bytes ? bandwidthText(config.rate) : String(config.rate)),
        write: ({ reconfigure }, value) => reconfigure('rate', value),
      },
      config: { doc: 'The rate.', read: ({ config }) => (bytes ? bandwidthText(config.rate) : String(config.rate)) },
      reset: { doc: 'Forgets what has passed.', write: ({ state }) => void (state.second = -1) },
    },
    reconfigurable: true,
    examples: bytes ? inBytes.examples : inPackets.examples,
  });
}
