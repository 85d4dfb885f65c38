/** Elements that pull at a rate, in packets or bytes, and push on. */
import { bandwidth, booleanHandler, defineElement, ethernet, example, flag, integer, pull, push } from 'wirelet';
import { bandwidthText, bucketOf, bucketState, burstArguments, fill, take, waitFor } from './token-bucket.js';

/** Packets passed on in one round, at most. */
const BURST_MAX = 32;
/** Bytes that must be in the bucket for a packet to leave, where the rate is in bytes: more than any packet has. */
const RESERVE_BYTES = 131_072;
const [a, b, c] = [1, 2, 3].map((source) => ethernet.make({ source }, new Uint8Array(46))) as [Frame, Frame, Frame];
type Frame = ReturnType<typeof ethernet.make>;

const inPackets = {
  kind: integer({ doc: 'Packets in a second; 0: none.' }),
  examples: [
    example('lets packets pass at its rate', [a, b, c], { out: [a, b, c] }, { config: '1000, BURST_SIZE 1' }),
    example('lets a burst pass at once', [a, b, c], { out: [a, b, c] }, { config: 'RATE 100, BURST_DURATION 30ms' }),
    example('lets nothing more than the first burst pass at rate 0', [a, b], { out: a }, { config: '0' }),
  ],
};
const inBytes = {
  kind: bandwidth({ doc: 'Data in a second, such as 10Mbps.' }),
  examples: [
    example('lets packets pass at its rate', [a, b, c], { out: [a, b, c] }, { config: '6kBps, BURST_SIZE 1' }),
    example('lets a burst pass at once', [a, b, c], { out: [a, b, c] }, { config: '100Mbps' }),
  ],
};

/** The element by its class of Click's; `bytes`: the rate counts bytes. */
export function ratedUnqueue(name: string, bytes: boolean) {
  return defineElement({
    name,
    config: { rate: bytes ? inBytes.kind : inPackets.kind, ...burstArguments },
    ports: { inputs: { in: pull('Packets to pull.') }, outputs: { out: push('The same packets, not faster than the rate.') } },
    counters: { runs: 'Rounds in which it looked for packets.', empty_runs: 'Rounds without one.', pushes: 'Packets passed on.', failed_pulls: 'Pulls without a packet.' },
    split: { never: 'each copy would let the whole rate pass' },
    state: { ...bucketState(), active: flag(true) },
    build: ({ config, fail }) => ({ bucket: bucketOf(config, bytes ? RESERVE_BYTES : 0, fail) }),
    run({ built, state, counters, inputs, outputs, clock, timers, emit }) {
      counters.runs.add(1);
      if (!state.active) return false;
      const wanted = bytes ? RESERVE_BYTES : 1;
      fill(state, built.bucket, clock.microseconds);
      for (let count = 0; count < BURST_MAX; count += 1) {
        const wait = waitFor(state, built.bucket, wanted);
        if (state.tokens < wanted) {
          if (wait > 0 && !timers.next.pending) timers.next.after(wait);
          if (count === 0) counters.empty_runs.add(1);
          return count > 0;
        }
        const packet = inputs.in.pull();
        if (packet === null) {
          counters.failed_pulls.add(1);
          if (count === 0) counters.empty_runs.add(1);
          return count > 0;
        }
        counters.pushes.add(1);
        take(state, bytes ? packet.length : 1);
        emit(outputs.out, packet);
      }
      return true;
    },
    timers: {
      // The task does the work, in the round in which this fires.
      next: () => undefined,
    },
    handlers: {
      rate: {
        doc: 'The rate.',
        read: ({ config }) => (bytes ? bandwidthText(config.rate) : String(config.rate)),
        write: ({ reconfigure }, value) => reconfigure('rate', value),
      },
      config: { doc: 'The rate.', read: ({ config }) => (bytes ? bandwidthText(config.rate) : String(config.rate)) },
      active: booleanHandler('active', 'Whether it works.'),
      calls: {
        doc: 'How often it looked for packets, and with what success.',
        read: ({ counters: { runs, empty_runs, pushes, failed_pulls } }) => `${runs!.value} calls to run_task()\n${empty_runs!.value} empty runs\n${pushes!.value} pushes\n${failed_pulls!.value} failed pulls\n`,
      },
    },
    reconfigurable: true,
    examples: bytes ? inBytes.examples : inPackets.examples,
  });
}
