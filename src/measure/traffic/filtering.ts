/** Traffic of a firewall: half of the packets are meant by one of its rules, each equally often. */
import { Frames } from './frames.js';
import type { GeneratedRule } from './lists.js';
import { Numbers } from './numbers.js';
import { HOT_FLOWS } from './plain.js';

const COLD_FRAMES = 1 << 20;

export function filtering(list: readonly GeneratedRule[]): { hot(): Frames; cold(): Frames; odd(): Frames } {
  const make = (packets: number): Frames => {
    const numbers = new Numbers(17);
    const frames = new Frames(packets);
    const within = (address: number, length: number) => (address | (length === 32 ? 0 : numbers.next() & (2 ** (32 - length) - 1))) >>> 0;
    for (let index = 0; index < packets; index += 1) {
      const rule = numbers.pick(list);
      const meant = numbers.below(2) === 0;
      frames.addFlow(0, {
        source: within(rule.source, rule.sourceLength),
        destination: within(rule.destination, rule.destinationLength),
        protocol: rule.protocol ?? numbers.pick([6, 17]),
        sourcePort: 1024 + numbers.below(60_000),
        destinationPort: meant ? rule.low + numbers.below(rule.high - rule.low + 1) : numbers.below(65_536),
      });
    }
    return frames;
  };
  return {
    hot: () => make(HOT_FLOWS),
    cold: () => make(COLD_FRAMES),
    odd() {
      const frames = new Frames(64);
      const allowing = list.find(({ allow }) => allow)!;
      const right = (change: (frame: Uint8Array) => Uint8Array) => {
        const one = new Frames(1);
        one.addFlow(0, { source: allowing.source, destination: allowing.destination, protocol: allowing.protocol ?? 6, sourcePort: 5, destinationPort: allowing.low });
        const [frame] = [...one.traffic(0, 1)];
        frames.add(0, change(Uint8Array.from(frame!)));
      };
      right((frame) => frame);
      for (const length of [0, 13, 14, 33, 34, 36, 37, 38]) right((frame) => frame.subarray(0, length));
      right((frame) => ((frame[21] = 1), frame)); // a later fragment: it has no ports
      right((frame) => ((frame[20] = 0x20), frame)); // the first fragment
      right((frame) => ((frame[14] = 0x46), frame)); // an option
      right((frame) => ((frame[23] = 47), frame)); // another protocol
      right((frame) => ((frame[26] = 11), frame)); // another source
      return frames;
    },
  };
}
