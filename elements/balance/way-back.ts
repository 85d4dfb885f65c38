/** Elements that give what servers send the address of their load balancer as its source, which clients know. */
import { checksummed, defineElement, example, ipv4, text, udp } from 'wirelet';
import { sendFrom } from './servers.js';

const from = (source: number) => checksummed(ipv4.make({ protocol: 17, source, destination: 0x0900_0001 }, udp.make({ source_port: 80, destination_port: 1 }, Uint8Array.from([1, 2]))));

/** The way back of balancers of the class `balancer`. */
export function wayBack(name: string, balancer: string) {
  return defineElement({
    name,
    config: { lb: text({ doc: 'The load balancer.' }) },
    ports: { inputs: { in: 'IPv4 packets with marked headers.' }, outputs: { out: 'Answers for clients.' } },
    build({ config, elements, fail }) {
      const found = elements.named(config.lb);
      if (found === undefined || found.className !== balancer) return fail(`"${config.lb}" is no ${balancer}`);
      return { vip: found.config.vip as number };
    },
    process(packet, { built, outputs }) {
      sendFrom(packet, built.vip);
      return outputs.out;
    },
    examples: [example('hides the server', from(0x0a00_0002), { out: from(0x0a00_0064) }, { config: 'balancer', beside: `Idle -> balancer :: ${balancer}(VIP 10.0.0.100, DST 10.0.0.1, DST 10.0.0.2) -> Discard` })],
  });
}
