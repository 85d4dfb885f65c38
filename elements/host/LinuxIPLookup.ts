/**
 * Finds the way of IPv4 packets by their destination annotation in the route table of the host, as it is when the run begins: `LinuxIPLookup(eth0, eth1)`. A packet
 * leaves by the output of the number that the route's device has among the arguments; the route's gateway, if there is one, becomes its destination annotation.
 * Packets without a route to one of these devices leave by one output more or, where nothing is connected there, are dropped.
 */
import { readFileSync } from 'node:fs';
import { defineElement, hexadecimalBackwards, many, push, rest, text, type ControlHost, type ControlPart } from 'wirelet';
import { readHostRoutes, routeTo, type HostRoute } from './linux-routes.js';

const ROUTES = '/proc/net/route';

function lookUp(host: ControlHost<{ readonly devices: readonly string[] }>): ControlPart {
  const { devices } = host.config;
  let routes: readonly HostRoute[] = [];
  return {
    begin() {
      try {
        routes = readHostRoutes(readFileSync(ROUTES, 'utf8'));
      } catch {
        return `cannot open ${ROUTES}`;
      }
      for (const { device } of routes) if (!devices.includes(device)) host.message(`LinuxIPLookup: no output for dev ${device}`);
      routes = routes.filter(({ device }) => devices.includes(device));
      return undefined;
    },
    process(packet) {
      const found = routeTo(routes, packet.destinationAddress);
      const shown = hexadecimalBackwards(packet.destinationAddress);
      if (found === undefined) {
        host.message(`LinuxIPLookup: no gw for ${shown}`);
        return host.verdict(devices.length, packet);
      }
      host.message(`routed ${shown} to ${hexadecimalBackwards(found.gateway)} ${devices.indexOf(found.device)}`);
      if (found.gateway !== 0) packet.destinationAddress = found.gateway;
      return host.verdict(devices.indexOf(found.device), packet);
    },
  };
}

export default defineElement({
  name: 'LinuxIPLookup',
  config: { devices: rest(text({ doc: 'The device of each output.' }), { min: 1, max: 1023 }) },
  ports: { inputs: { in: push('IPv4 packets with a destination annotation.') }, outputs: push(many('Packets that go by the device of that number; by one more, those that have no way.', { min: 1 })) },
  build({ config, outputs, fail }) {
    const count = config.devices.length;
    if (outputs.length < count || outputs.length > count + 1) return fail(`need ${count} or ${count + 1} output ports`);
    return {};
  },
  control: { reason: "asks the host's own route table", start: lookUp },
});
