/**
 * Finds the way of IPv4 packets by their destination annotation, among routes, kept as ranges of addresses.
 *
 * A route is `NETWORK [GATEWAY] OUTPUT`; of the networks that contain the address, the longest prefix counts (RFC
 * 1812, 5.2.4.3). The packet leaves by the route's output; a gateway becomes its destination annotation. All classes
 * of this family work alike here (see RouteTable of the kit): Click has several because they differ in speed there.
 */
import { complainOfRoute, defineElement, drop, example, findRoute, flushableRouteHandlers, ipv4, many, outputsOf, push, register, rest, route, routeTableOf } from 'wirelet';

const to = (destinationAddress: number) => ({ ...ipv4.make({ destination: destinationAddress }), destinationAddress });
const config = '10.0.0.0/8 0, 10.1.0.0/16 192.0.2.1 1, 10.1.2.3/32 2';

export default defineElement({
  name: 'RangeIPLookup',
  config: { routes: rest(route({ doc: 'NETWORK [GATEWAY] OUTPUT, such as 10.0.0.0/8 192.0.2.1 1.' }), { max: 1_048_576 }) },
  ports: {
    inputs: { in: push('IPv4 packets with a destination annotation.') },
    outputs: push(many('Packets of the routes that name it.', { min: 1, count: (config) => outputsOf(config.routes), open: true })),
  },
  drops: { no_route: 'No route leads to the destination.' },
  split: 'each',
  state: { complaints: register('u8') },
  build: routeTableOf,
  process(packet, { built, state, outputs, log }) {
    const found = findRoute(built, packet.destinationAddress);
    if (found === 0) {
      if (built.chatter.length > 0) complainOfRoute(log, state, packet.destinationAddress);
      return drop('no_route');
    }
    if (built.gateways[found] !== 0) packet.destinationAddress = built.gateways[found]!;
    return outputs[built.outputs[found]!];
  },
  handlers: flushableRouteHandlers,
  reconfigurable: true,
  examples: [
    example('goes by the longest prefix', [to(0x0a000001), to(0x0a010001), to(0x0a010203)], { 0: to(0x0a000001), 1: to(0x0a010001), 2: to(0x0a010203) }, { config, outputs: 3 }),
    example('drops what no route leads to', to(0x0b000001), { drop: 'no_route' }, { config, outputs: 3 }),
  ],
});
