/**
 * Finds the way of IPv4 packets by their destination annotation, as RadixIPLookup does, and for those that go through a tunnel or come out of one the
 * keys that IPsec elements need.
 *
 * A route is `NETWORK [GATEWAY] OUTPUT [SPI ENCRYPT_KEY AUTH_KEY REPLAY OOSIZE]`: what the five further words name is a security association, with keys of 16
 * bytes, its first sequence number, and how many packets may come out of order (32 at most). Packets that leave by output 1 are for tunnels: they get the annotations that
 * IPsecESPEncap needs. Output 0 is for packets to this host: those of ESP (protocol 50) get that of the association that their SPI names, or are dropped; all others
 * leave by output 2.
 */
import { ANNOTATIONS, buildRouteTable, complainOfRoute, defineElement, drop, example, findRoute, formatIpv4, HandlerError, ipv4, logAddress, many, noRoute, outputsOf, push, readIpv4, register, rest, unconnectedRoutes } from 'wirelet';
import { associationsOf, tunnelRoute, tunnelRouteLines, type TunnelRoute } from './association.js';

const ESP = 50;
const keys = '\\<000102030405060708090a0b0c0d0e0f> \\<101112131415161718191a1b1c1d1e1f>';
const config = `192.0.2.1/32 0, 10.0.0.0/8 198.51.100.1 1 77 ${keys} 1 32, 172.16.0.0/12 2, 10.9.0.0/16 1`;
const to = (destinationAddress: number, protocol = 17, spi = 0) => ({ ...ipv4.make({ destination: destinationAddress, protocol }, Uint8Array.from([0, 0, 0, spi, 0, 0, 0, 1])), networkHeader: 0, destinationAddress });

export default defineElement({
  name: 'RadixIPsecLookup',
  config: { routes: rest(tunnelRoute({ doc: 'NETWORK [GATEWAY] OUTPUT [SPI ENCRYPT_KEY AUTH_KEY REPLAY OOSIZE].' }), { max: 65_536 }) },
  ports: {
    inputs: { in: push('IPv4 packets with a destination annotation and a marked header.') },
    outputs: push(many('Packets of the routes that name it.', { min: 1, count: (config) => outputsOf(config.routes), open: unconnectedRoutes })),
  },
  drops: { no_route: 'No route leads to the destination.', no_association: 'A packet of ESP whose SPI is not known, or a route into a tunnel without an association.', no_output: 'Packets to this host that are not of ESP, where nothing is at output 2.' },
  state: { complaints: register('u8') },
  build({ config, elements, chatter, outputs }) {
    const all = associationsOf(elements);
    // What a next hop means besides its output: buildRouteTable puts routes with the same gateway and output together, so each tunnel has a gateway of its own there.
    const numbers = config.routes.map(({ association }) => (association === undefined ? 0 : all.indexOf(association) + 1));
    const marked = buildRouteTable(config.routes.map((route, index) => ({ ...route, gateway: index + 1 })));
    return {
      ...marked,
      gateways: [0, ...config.routes.map(({ gateway }) => gateway)],
      places: marked.gateways,
      numbers: [0, ...numbers],
      spis: [0, ...numbers.map((number) => all[number - 1]?.spi ?? 0)],
      known: all.map(({ spi }, index) => ({ spi, number: index + 1 })),
      hasOthers: outputs.length > 2,
      hasTunnel: outputs.length > 1,
      chatter,
      complaint: noRoute('IPsecRouteTable: no route for '),
    };
  },
  process(packet, { built, state, outputs, log }) {
    const asked = packet.destinationAddress;
    const found = findRoute(built, asked);
    if (found === 0) {
      if (built.chatter.length > 0) complainOfRoute(log, state, packet.destinationAddress, built.complaint, false);
      return drop('no_route');
    }
    const place = built.places[found]!;
    const output = built.outputs[found]!;
    if (built.gateways[place] !== 0) packet.destinationAddress = built.gateways[place]!;
    if (built.hasTunnel && output === 1) {
      if (built.numbers[place] === 0) {
        if (built.chatter.length > 0) {
          log.text('No Ipsec tunnel for ');
          logAddress(log, asked);
          log.text('. Wrong tunnel setup');
          log.end();
        }
        return drop('no_association');
      }
      packet.setAnnotationU32(ANNOTATIONS.ipsec_spi.offset, built.spis[place]!);
      packet.setAnnotationU32(ANNOTATIONS.ipsec_association.offset, built.numbers[place]!);
    }
    if (output === 0) {
      const header = ipv4.at(packet);
      if (header.protocol !== ESP) {
        if (!built.hasOthers) return drop('no_output');
        return outputs[2]!;
      }
      const at = packet.networkHeaderOffset + header.header_length * 4;
      if (at < 0) return drop('no_association');
      const spi = packet.loadU32(at);
      let number = 0;
      for (const association of built.known) if (spi === association.spi) number = association.number;
      if (number === 0) {
        if (built.chatter.length > 0) {
          log.text('Invalid SPI ');
          log.decimal(spi | 0);
          log.text(', Dropping packet');
          log.end();
        }
        return drop('no_association');
      }
      packet.setAnnotationU32(ANNOTATIONS.ipsec_spi.offset, spi);
      packet.setAnnotationU32(ANNOTATIONS.ipsec_association.offset, number);
    }
    return outputs[output];
  },
  handlers: {
    table: { doc: 'The routes, a line each; keys stand in lines of their own.', read: ({ config }) => config.routes.map((route: TunnelRoute) => tunnelRouteLines(route)).join('') },
    lookup: {
      doc: 'The output, and the gateway if there is one, for an address.',
      read({ built, scope }, text) {
        const address = readIpv4(text.trim(), scope);
        if (typeof address !== 'number') throw new HandlerError(`expected IP address, not '${text}'`);
        const found = findRoute(built, address);
        if (found === 0) return '-1';
        const gateway = built.gateways[built.places[found]];
        return gateway === 0 ? String(built.outputs[found]) : `${built.outputs[found]} ${formatIpv4(gateway)}`;
      },
    },
  },
  examples: [
    example('leads packets into a tunnel', to(0x0a00_0001), { 1: to(0x0a00_0001) }, { config, outputs: 3 }),
    example('leads packets out of a tunnel', to(0xc000_0201, ESP, 77), { 0: to(0xc000_0201, ESP, 77) }, { config, outputs: 3 }),
    example('finds other ways', [to(0xac10_0001), to(0xc000_0201)], { 2: [to(0xac10_0001), to(0xc000_0201)] }, { config, outputs: 3 }),
    example('drops what it has no keys for', [to(0xc000_0201, ESP, 78), to(0x0a09_0001), to(0x0b00_0001)], { drop: ['no_association', 'no_association', 'no_route'] }, { config, outputs: 3 }),
  ],
});
