/** Elements that find the way of IPv4 packets by their destination annotation, among routes. */
import { complainOfRoute, defineElement, drop, example, findRoute, ipv4, many, noRoute, outputsOf, push, register, rest, route, routeHandlers, routeTableOf, unconnectedRoutes, type RouteOrder } from 'wirelet';

const to = (destinationAddress: number) => ({ ...ipv4.make({ destination: destinationAddress }), destinationAddress });
const config = '10.0.0.0/8 0, 10.1.0.0/16 192.0.2.1 1, 10.1.2.3/32 2';

/** What Click's class of that name does that others do in another way. */
interface RouteElement {
  readonly name: string;
  /** The order of its table, and whether routes change while it runs. */
  readonly order: RouteOrder;
  readonly fixed?: boolean;
  readonly flushable?: boolean;
  /** What it says of packets that no route leads for, with the address behind it: of the first few, or of all with the address in hexadecimal. */
  readonly complaint?: { readonly text: string; readonly everyHexadecimal?: boolean };
  /** What Click says of each element of the class. */
  readonly warning?: { readonly text: string; readonly instead: string };
}

export function routeElement({ name, order, fixed = false, flushable = false, complaint, warning }: RouteElement) {
  return defineElement({
    name,
    config: { routes: rest(route({ doc: 'NETWORK [GATEWAY] OUTPUT, such as 10.0.0.0/8 192.0.2.1 1.' }), { max: 1_048_576 }) },
    ports: {
      inputs: { in: push('IPv4 packets with a destination annotation.') },
      outputs: push(many('Packets of the routes that name it.', { min: 1, count: (config) => outputsOf(config.routes), open: unconnectedRoutes })),
    },
    drops: { no_route: 'No route leads to the destination.' },
    split: 'each',
    state: { complaints: register('u8') },
    build(context) {
      if (warning !== undefined) context.warn(`${name} ${warning.text}`, warning.instead, undefined, `${name} ${warning.text}; ${warning.instead}`);
      return { ...routeTableOf(context), complains: context.chatter.length > 0 && complaint !== undefined, complaint: complaint === undefined ? '' : complaint.everyHexadecimal === true ? complaint.text : noRoute(complaint.text), everyHexadecimal: complaint?.everyHexadecimal ?? false };
    },
    process(packet, { built, state, outputs, log }) {
      const found = findRoute(built, packet.destinationAddress);
      if (found === 0) {
        if (built.complains) complainOfRoute(log, state, packet.destinationAddress, built.complaint, built.everyHexadecimal);
        return drop('no_route');
      }
      if (built.gateways[found] !== 0) packet.destinationAddress = built.gateways[found]!;
      return outputs[built.outputs[found]!];
    },
    handlers: routeHandlers(order, { fixed, flushable }),
    reconfigurable: true,
    examples: [
      example('goes by the longest prefix', [to(0x0a000001), to(0x0a010001), to(0x0a010203)], { 0: to(0x0a000001), 1: to(0x0a010001), 2: to(0x0a010203) }, { config, outputs: 3 }),
      example('drops what no route leads to', to(0x0b000001), { drop: 'no_route' }, { config, outputs: 3 }),
    ],
  });
}
