/**
 * Sets the destination annotation to a random address in PREFIX. With LIMIT, no more than that many different ones appear.
 */
import { array, defineElement, example, integer, ipv4Prefix, u32 } from 'wirelet';

const packet = { bytes: Uint8Array.from([1]) };

export default defineElement({
  name: 'SetRandIPAddress',
  config: {
    prefix: ipv4Prefix({ doc: 'Where addresses come from.' }),
    limit: integer({ min: -0x8000_0000, max: 2 ** 20, default: -1, doc: 'Most different addresses; 0 and less: any number.' }),
  },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets, with the annotation.' } },
  state: ({ config }) => ({ chosen: array('u8', Math.max(1, config.limit)), addresses: array('u32', Math.max(1, config.limit)) }),
  build: ({ config }) => ({ network: (config.prefix.address & config.prefix.mask) >>> 0, hosts: ~config.prefix.mask >>> 0 }),
  process(packet, { config, built, state, random, outputs }) {
    if (config.limit <= 0) {
      packet.destinationAddress = u32(built.network | (random.u32() & built.hosts));
      return outputs.out;
    }
    const place = random.below(config.limit);
    if (state.chosen[place] === 0) {
      state.chosen[place] = 1;
      state.addresses[place] = u32(built.network | (random.u32() & built.hosts));
    }
    packet.destinationAddress = state.addresses[place]!;
    return outputs.out;
  },
  examples: [
    example('stays in the network', packet, { out: Uint8Array.from([192, 0, 2, 1]) }, { config: '192.0.2.1/32', after: 'ExampleAnnotations(0, 4) -> Truncate(4)' }),
    example('stays within the limit', [packet, packet, packet], { 0: [packet, packet, packet] }, { config: '10.0.0.0/8, 1' }),
    example('takes any address', packet, { out: packet }, { config: '0.0.0.0/0' }),
  ],
});
