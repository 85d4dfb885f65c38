/** Traffic of the small jobs: flows that fit into the first-level cache. */
import { Frames } from './frames.js';
import { Numbers } from './numbers.js';

export const HOT_FLOWS = 256;

/**
 * Frames of so many flows for jobs that look each up in a table: they fit the second-level cache, but are more than a branch
 * predictor learns by heart. With one frame a flow, the same 256 again and again, it knows which slot of a bucket comes next.
 */
export const HOT_FRAMES = 4096;

export function plain(): Frames {
  const frames = new Frames(HOT_FLOWS);
  for (let flow = 0; flow < HOT_FLOWS; flow += 1) frames.addFlow(0, { source: 0x0a00_0001, destination: 0x0a00_0101, protocol: 17, sourcePort: 1024 + flow, destinationPort: 9 });
  return frames;
}

/** Frames of a mix that no branch predictor remembers, and the second-level cache does not hold. */
const COLD_FRAMES = 1 << 18;

/** Half of the packets are meant by one of the 20 rules, each rule equally often; the others by none. */
export const fewRules = { hot: () => underFewRules(HOT_FLOWS), cold: () => underFewRules(COLD_FRAMES) };

function underFewRules(count: number): Frames {
  const numbers = new Numbers(11);
  const ports = [80, 443, 53, 22, 25, 123, 8080, 993, 5060, 3389];
  const frames = new Frames(count);
  for (let flow = 0; flow < count; flow += 1) {
    const rule = numbers.next() % 19;
    const meant = numbers.next() % 2 === 0;
    const source = (0x0a00_0000 | (rule << 16) | (numbers.next() & 0xffff)) >>> 0;
    const destination = ((0xc0a8_0000 | ((rule * 3) << 8) | (numbers.next() & 0xff)) >>> 0) + (meant ? 0 : 0x100);
    frames.addFlow(0, { source, destination, protocol: rule % 2 === 0 ? 6 : 17, sourcePort: 1024 + (flow % 60_000), destinationPort: ports[rule % ports.length]! });
  }
  return frames;
}
