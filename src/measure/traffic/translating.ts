/** Traffic of a NAT: connections that are open, packets of both directions. */
import { Frames } from './frames.js';
import { Numbers } from './numbers.js';
import { HOT_FLOWS, HOT_FRAMES } from './plain.js';

const BURST = 32;
const COLD_FRAMES = 1 << 20;
const PORTS = 60_000;
const LAN = 0;
const WAN = 1;
/** The address that all connections share outside. */
export const OUTSIDE = 0xc000_0201;

/** Connection n: no two use a source port to the same server, so each keeps its own outside. */
export function connection(n: number) {
  return {
    source: (0x0a00_0000 | ((Math.imul(n, 0x9e37_79b1) >>> 8) & 0xff_ffff)) >>> 0,
    destination: (0xc633_6400 + Math.floor(n / PORTS)) >>> 0,
    protocol: n % 4 === 3 ? 17 : 6,
    sourcePort: 1024 + (n % PORTS),
    destinationPort: n % 2 === 0 ? 443 : 80,
  };
}

export function reversed(flow: ReturnType<typeof connection>, source: number) {
  return { ...flow, source: flow.destination, destination: source, sourcePort: flow.destinationPort, destinationPort: flow.sourcePort };
}

export function translating(connections: number): { hot(): Frames; cold(): Frames; odd(): Frames } {
  const opened = (more: number): Frames => {
    const frames = new Frames(connections + more);
    for (let n = 0; n < connections; n += 1) frames.addFlow(LAN, connection(n));
    frames.endSetup();
    return frames;
  };
  const make = (packets: number, among: number): Frames => {
    const numbers = new Numbers(19);
    const frames = opened(packets);
    for (let index = 0; index < packets; index += 1) {
      const flow = connection(numbers.below(among));
      if (Math.floor(index / BURST) % 2 === 0) frames.addFlow(LAN, flow);
      else frames.addFlow(WAN, reversed(flow, OUTSIDE));
    }
    return frames;
  };
  return {
    hot: () => make(HOT_FRAMES, Math.min(connections, HOT_FLOWS)),
    cold: () => make(COLD_FRAMES, connections),
    odd() {
      const frames = opened(64);
      const flow = connection(1);
      for (const flags of [0x11, 0x10, 0x04, 0x02, 0x10]) {
        frames.addFlow(LAN, { ...flow, flags }); // closed, and opened anew
        frames.addFlow(WAN, { ...reversed(flow, OUTSIDE), flags });
      }
      frames.addFlow(WAN, reversed(connection(connections + 5), OUTSIDE)); // nobody asked for it
      frames.addFlow(WAN, reversed(connection(2), OUTSIDE + 1));
      frames.addFlow(LAN, { ...connection(3), protocol: 47 }); // no ports
      const one = new Frames(1);
      one.addFlow(LAN, connection(7));
      const [right] = [...one.traffic(LAN, 1)];
      for (const length of [0, 14, 33, 34, 41, 42, 51, 52, 59]) frames.add(LAN, right!.slice(0, length));
      for (let byte = 14; byte < 34; byte += 1) frames.add(LAN, right!.map((value, index) => (index === byte ? value ^ 4 : value)));
      const udp = new Frames(1);
      udp.addFlow(LAN, connection(3));
      const [datagram] = [...udp.traffic(LAN, 1)];
      frames.add(LAN, datagram!.map((value, index) => (index === 40 || index === 41 ? 0 : value))); // no checksum
      return frames;
    },
  };
}
