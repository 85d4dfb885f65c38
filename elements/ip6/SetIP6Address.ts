/** Sets the destination annotation of IPv6 packets, by which LookupIP6Route goes, to an address. */
import { defineElement, example, formatAddress6, ipv6Address } from 'wirelet';
import { setDestination } from './address-annotation.js';

export default defineElement({
  name: 'SetIP6Address',
  config: { ipaddr: ipv6Address({ doc: 'The address.' }) },
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'The same packets, with the annotation.' } },
  process(packet, { config, outputs }) {
    const { ipaddr } = config;
    setDestination(packet, ipaddr[0], ipaddr[1], ipaddr[2], ipaddr[3]);
    return outputs.out;
  },
  handlers: { addr: { doc: 'The address.', read: ({ config }) => formatAddress6(config.ipaddr), write: ({ reconfigure }, value) => reconfigure('ipaddr', value) } },
  reconfigurable: true,
  examples: [
    example('sets the annotation', Uint8Array.from([9]), { out: Uint8Array.from([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 9]) }, { config: '2001:db8::1.2.3.4', after: 'ExampleAnnotations(0, 16)' }),
    example('leaves the bytes alone', Uint8Array.from([9]), { out: Uint8Array.from([9]) }, { config: '::1' }),
  ],
});
