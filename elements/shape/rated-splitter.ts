/** Elements that split off what is above a rate, in packets or bytes. */
import { bandwidth, defineElement, ethernet, example, integer, optional, push } from 'wirelet';
import { bandwidthText, bucketOf, bucketState, burstArguments, fill, take } from './token-bucket.js';

/** Bytes that must be in the bucket for a packet to pass, where the rate is in bytes: more than any packet has. */
const RESERVE_BYTES = 131_072;
const at = (source: number, time: number) => ({ ...ethernet.make({ source }, new Uint8Array(46)), at: time });
const [a, b, c] = [at(1, 10), at(2, 20), at(3, 1_500_000)] as const;

const inPackets = {
  kind: integer({ doc: 'Packets in a second.' }),
  examples: [
    example('splits off what is above its rate', [a, b, c], { out: [a, c], above: b }, { config: '1' }),
    example('drops that when nothing takes it', [a, b, c], { out: [a, c], drop: 'above' }, { config: '1, BURST_SIZE 1', outputs: 1 }),
    example('lets a burst pass', [a, b], { out: [a, b] }, { config: '100' }),
  ],
};
const inBytes = {
  kind: bandwidth({ doc: 'Data in a second, such as 10Mbps.' }),
  examples: [
    example('splits off what is above its rate', [a, b, c], { out: [a, c], above: b }, { config: '41Bps, BURST_SIZE 1' }),
    example('lets a burst pass', [a, b], { out: [a, b] }, { config: '1Mbps' }),
  ],
};

/** The element by its class of Click's; `bytes`: the rate counts bytes. */
export function ratedSplitter(name: string, bytes: boolean) {
  return defineElement({
    name,
    config: { rate: bytes ? inBytes.kind : inPackets.kind, ...burstArguments },
    ports: { inputs: { in: push('Packets.') }, outputs: { out: push('Packets up to the rate.'), above: optional(push('Packets above the rate.')) } },
    split: { never: 'each copy would let the whole rate pass' },
    state: bucketState(),
    build: ({ config, fail }) => ({ bucket: bucketOf(config, bytes ? RESERVE_BYTES : 0, fail) }),
    process(packet, { built, state, outputs, clock }) {
      fill(state, built.bucket, clock.microseconds);
      if (state.tokens < (bytes ? RESERVE_BYTES : 1)) return outputs.above;
      take(state, bytes ? packet.length : 1);
      return outputs.out;
    },
    handlers: {
      rate: {
        doc: 'The rate.',
        read: ({ config }) => (bytes ? bandwidthText(config.rate) : String(config.rate)),
        write: ({ reconfigure }, value) => reconfigure('rate', value),
      },
      config: { doc: 'The rate.', read: ({ config }) => (bytes ? bandwidthText(config.rate) : String(config.rate)) },
    },
    reconfigurable: true,
    examples: bytes ? inBytes.examples : inPackets.examples,
  });
}
