/** Traffic of a router: destinations within its routes, some in none. */
import { Frames } from './frames.js';
import { routes } from './lists.js';
import { Numbers } from './numbers.js';
import { HOT_FLOWS } from './plain.js';

const COLD_FRAMES = 1 << 20;
const BURST = 32;

export function routing(count: number): { hot(): Frames; cold(): Frames; odd(): Frames } {
  const list = routes(count);
  const make = (packets: number): Frames => {
    const numbers = new Numbers(13);
    const frames = new Frames(packets);
    for (let index = 0; index < packets; index += 1) {
      const { address, length } = numbers.pick(list);
      const destination = (address | (numbers.next() & ~(-1 << (32 - length)))) >>> 0;
      frames.addFlow(Math.floor(index / BURST) % 4, { source: (0x0a00_0000 | numbers.below(1 << 24)) >>> 0, destination, protocol: 17, sourcePort: 1024 + numbers.below(60_000), destinationPort: 9 });
    }
    return frames;
  };
  return {
    hot: () => make(HOT_FLOWS),
    cold: () => make(COLD_FRAMES),
    odd() {
      const frames = new Frames(64);
      const flow = { source: 0x0a00_0001, destination: 0xf000_0001, protocol: 17, sourcePort: 1, destinationPort: 2 };
      frames.addFlow(0, flow); // no route
      const right = (change: (frame: Uint8Array) => Uint8Array) => {
        const one = new Frames(1);
        one.addFlow(0, { ...flow, destination: (list[0]!.address | 1) >>> 0 });
        const [frame] = [...one.traffic(0, 1)];
        frames.add(1, change(Uint8Array.from(frame!)));
      };
      for (let byte = 14; byte < 34; byte += 1) right((frame) => ((frame[byte]! ^= 1), frame)); // wrong somewhere
      for (const length of [0, 13, 14, 33, 34, 59]) right((frame) => frame.subarray(0, length));
      right((frame) => Uint8Array.from([...frame, 1, 2, 3, 4])); // padded
      return frames;
    },
  };
}
