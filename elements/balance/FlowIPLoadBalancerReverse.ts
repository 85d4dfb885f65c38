/**
 * Gives the answers of servers the address of their load balancer as source, which clients know: the way back of the FlowIPLoadBalancer, or
 * IPLoadBalancer, that its argument names. Packets of other hosts pass as they are.
 */
import { checksummed, defineElement, example, ipv4, text, udp } from 'wirelet';
import { sendFrom } from './servers.js';

const from = (source: number) => checksummed(ipv4.make({ protocol: 17, source, destination: 0x0900_0001 }, udp.make({ source_port: 80, destination_port: 1 }, Uint8Array.from([1, 2]))));
const beside = 'Idle -> balancer :: FlowIPLoadBalancer(10.0.0.100, 10.0.0.1, 10.0.0.2) -> Discard';

export default defineElement({
  name: 'FlowIPLoadBalancerReverse',
  config: { balancer: text({ doc: 'The load balancer.' }) },
  ports: { inputs: { in: 'IPv4 packets with marked headers.' }, outputs: { out: 'Answers for clients.' } },
  build({ config, elements, fail }) {
    const balancer = elements.named(config.balancer);
    if (balancer === undefined || !/^(Flow)?IPLoadBalancer$/.test(balancer.className)) return fail(`"${config.balancer}" is no FlowIPLoadBalancer`);
    return { vip: balancer.config.vip as number, servers: [...new Set(balancer.config.servers as readonly number[])] };
  },
  process(packet, { built, outputs }) {
    const source = ipv4.at(packet).source;
    for (const server of built.servers) {
      if (source === server) {
        sendFrom(packet, built.vip);
        return outputs.out;
      }
    }
    return outputs.out;
  },
  examples: [
    example('hides the server', from(0x0a00_0002), { out: from(0x0a00_0064) }, { config: 'balancer', beside }),
    example('passes what others send', from(0x0a00_0007), { out: from(0x0a00_0007) }, { config: 'balancer', beside }),
  ],
});
