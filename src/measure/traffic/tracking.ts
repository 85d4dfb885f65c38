/** Traffic of a stateful firewall: connections that are open, packets of both directions, and some that are refused. */
import { Frames } from './frames.js';
import { Numbers } from './numbers.js';
import { HOT_FLOWS, HOT_FRAMES } from './plain.js';
import { connection, reversed } from './translating.js';

const BURST = 32;
const COLD_FRAMES = 1 << 20;
const LAN = 0;
const WAN = 1;
const [FIN, SYN, RST, ACK] = [1, 2, 4, 16];

export function tracking(connections: number): { hot(): Frames; cold(): Frames; odd(): Frames } {
  const answer = (n: number, flags: number) => ({ ...reversed(connection(n), connection(n).source), flags });
  const opened = (more: number): Frames => {
    const frames = new Frames(2 * connections + more);
    for (let n = 0; n < connections; n += 1) {
      frames.addFlow(LAN, { ...connection(n), flags: SYN });
      frames.addFlow(WAN, answer(n, SYN | ACK));
    }
    frames.endSetup();
    return frames;
  };
  const make = (packets: number, among: number): Frames => {
    const numbers = new Numbers(23);
    const frames = opened(packets);
    for (let index = 0; index < packets; index += 1) {
      const n = numbers.below(among);
      if (Math.floor(index / BURST) % 2 === 0) frames.addFlow(LAN, { ...connection(n), flags: ACK });
      else frames.addFlow(WAN, answer(n, ACK));
    }
    return frames;
  };
  return {
    hot: () => make(HOT_FRAMES, Math.min(connections, HOT_FLOWS)),
    cold: () => make(COLD_FRAMES, connections),
    odd() {
      const frames = opened(1024);
      const numbers = new Numbers(29);
      // A few connections through all their stages, and packets of none.
      for (let index = 0; index < 900; index += 1) {
        const n = numbers.below(12) * (connections >> 3);
        const flags = numbers.pick([SYN, SYN | ACK, ACK, ACK, ACK | FIN, RST, RST | ACK, 0]);
        if (numbers.below(2) === 0) frames.addFlow(LAN, { ...connection(n), flags });
        else frames.addFlow(WAN, answer(n, flags));
      }
      const one = new Frames(1);
      one.addFlow(LAN, { ...connection(7), flags: ACK });
      const [right] = [...one.traffic(LAN, 1)];
      for (const length of [0, 14, 33, 34, 41, 42, 53, 54, 59]) frames.add(LAN, right!.slice(0, length));
      for (let byte = 14; byte < 34; byte += 1) frames.add(LAN, right!.map((value, index) => (index === byte ? value ^ 4 : value)));
      return frames;
    },
  };
}
