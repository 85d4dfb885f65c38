/**
 * Finds the way of IPv4 packets by their destination annotation, among routes that do not change, on any number of threads.
 *
 * A route is `NETWORK [GATEWAY] OUTPUT`; of the networks that contain the address, the longest prefix counts (RFC 1812, 5.2.4.3), of several routes
 * for one network the last one. The packet leaves by the route's output; a gateway becomes its destination annotation.
 */
import { buildRouteTable, complainOfRoute, defineElement, drop, example, findRoute, ipv4, many, outputsOf, push, register, rest, route } from 'wirelet';

const to = (destinationAddress: number) => ({ ...ipv4.make({ destination: destinationAddress }), destinationAddress });

export default defineElement({
  name: 'LookupIPRouteMP',
  config: { routes: rest(route({ doc: 'NETWORK [GATEWAY] OUTPUT, such as 10.0.0.0/8 192.0.2.1 1.', click: "argument %d should be `DADDR/MASK [GATEWAY] OUTPUT'" }), { max: 1_048_576 }) },
  ports: {
    inputs: { in: push('IPv4 packets with a destination annotation.') },
    outputs: push(many('Packets of the routes that name it.', { min: 1, count: (config) => outputsOf(config.routes), open: (config) => `need ${outputsOf(config.routes)} or more output ports` })),
  },
  drops: { no_route: 'No route leads to the destination.' },
  split: 'each',
  state: { complaints: register('u8') },
  build({ config, chatter, warn }) {
    if (config.routes.length === 0) warn('there are no routes: all packets are dropped', 'Write a route such as 0.0.0.0/0 0.', undefined, 'no routes');
    return { ...buildRouteTable([...config.routes].reverse()), chatter };
  },
  process(packet, { built, state, outputs, log }) {
    const found = findRoute(built, packet.destinationAddress);
    if (found === 0) {
      if (built.chatter.length > 0) complainOfRoute(log, state, packet.destinationAddress, 'LookupIPRouteMP: no gw for ', true);
      return drop('no_route');
    }
    if (built.gateways[found] !== 0) packet.destinationAddress = built.gateways[found]!;
    return outputs[built.outputs[found]!];
  },
  examples: [
    example('lets the last route for a network count', to(0x0a000001), { 1: to(0x0a000001) }, { config: '10.0.0.0/8 0, 10.0.0.0/8 1', outputs: 2 }),
    example('drops what no route leads to', to(0x0b000001), { drop: 'no_route' }, { config: '10.0.0.0/8 0' }),
  ],
});
