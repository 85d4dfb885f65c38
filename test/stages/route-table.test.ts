import t from 'tap';
import { prefix } from '#src/kit/address.js';
import { buildRouteTable, findRoute, type Route } from '#src/kit/route-table.js';

/** The route with the longest prefix that holds an address, by looking at all of them. */
function longest(routes: readonly Route[], address: number): Route | undefined {
  let best: Route | undefined;
  for (const route of routes) {
    const { address: network, mask, length } = route.prefix;
    if (((address ^ network) & mask) === 0 && (best === undefined || length > best.prefix.length)) best = route;
  }
  return best;
}

const route = (address: number, length: number, output: number): Route => ({ prefix: prefix(address >>> 0, length), gateway: 0, output });
/** A route in each of so many networks of 16 bits, and some longer and shorter ones. */
const routesIn = (networks: number) => [
  route(0, 1, 1),
  ...Array.from({ length: networks }, (_, index) => route((index * 0x1_0000) | ((index % 251) << 8), 24, 2 + (index % 5))),
  route(0x0001_0180, 25, 7),
  route(0x0001_01ff, 32, 8),
];

for (const [form, networks] of [['four levels', 3], ['three levels', 200], ['one level for 24 bits', 33_000]] as const) {
  t.test(`routes in ${networks} networks, a table with ${form}, say what the longest prefix says`, async (t) => {
    const routes = routesIn(networks);
    const table = buildRouteTable(routes);
    t.equal(table.root.length, { 'four levels': 256, 'three levels': 65_536, 'one level for 24 bits': 0 }[form]);
    const addresses = [0, 0xffff_ffff, 0x8000_0000, 0x0001_0100, 0x0001_017f, 0x0001_0180, 0x0001_01fe, 0x0001_01ff, 0x0001_0200];
    for (let index = 0; index < networks; index += Math.ceil(networks / 97)) {
      const begin = (index * 0x1_0000 + ((index % 251) << 8)) >>> 0;
      addresses.push(begin, begin + 255, begin === 0 ? 0 : begin - 1, begin + 256);
    }
    for (const address of addresses) {
      const best = longest(routes, address);
      const hop = findRoute(table, address);
      t.equal(hop === 0 ? undefined : table.outputs[hop], best?.output, `address ${address}`);
    }
  });
}
