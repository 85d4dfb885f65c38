/** Traffic of a learning switch with four ports: hosts that have all been seen, spread over the ports. */
import { Frames } from './frames.js';
import { Numbers } from './numbers.js';
import { HOT_FLOWS, HOT_FRAMES } from './plain.js';

const PORTS = 4;
/** Frames of one port in a row, as a burst would bring them. */
const BURST = 32;
const COLD_FRAMES = 1 << 20;
const BROADCAST = 0xffff_ffff_ffff;

export function switching(hosts: number): { hot(): Frames; cold(): Frames; odd(): Frames } {
  /** Addresses of one vendor each hundred, as in a real network; host n is behind port n % 4. */
  const address = (host: number) => 0x0200_0000_0000 + (Math.floor(host / 100) * 0x9e37_79b1) % 2 ** 32 * 0x100 + (host % 100);
  const learned = (more: number): Frames => {
    const frames = new Frames(hosts + more);
    for (let port = 0; port < PORTS; port += 1) for (let host = port; host < hosts; host += PORTS) frames.addEthernet(port, BROADCAST, address(host));
    frames.endSetup();
    return frames;
  };
  const pairs = (count: number, among: number): Frames => {
    const numbers = new Numbers(5);
    const frames = learned(count);
    const on = (port: number) => numbers.below(Math.floor(among / PORTS)) * PORTS + port;
    for (let index = 0; index < count; index += 1) {
      const port = Math.floor(index / BURST) % PORTS;
      const other = (port + 1 + numbers.below(PORTS - 1)) % PORTS;
      frames.addEthernet(port, address(on(other)), address(on(port)));
    }
    return frames;
  };
  return {
    hot: () => pairs(HOT_FRAMES, Math.min(hosts, HOT_FLOWS)),
    cold: () => pairs(COLD_FRAMES, hosts),
    odd() {
      const frames = learned(16);
      frames.addEthernet(0, address(4), address(0)); // on the same segment
      frames.addEthernet(1, address(0), 0x0300_0000_0001); // from a group address
      frames.addEthernet(2, 0x0200_ffff_fff1, address(2)); // to nobody known
      frames.addEthernet(3, address(2), address(0)); // a host that has moved
      frames.addEthernet(2, address(0), address(2)); // an answer to it
      frames.addEthernet(0, 0x0100_5e00_0001, address(4)); // to a group
      frames.add(1, new Uint8Array(13));
      frames.add(2, new Uint8Array(0));
      return frames;
    },
  };
}
