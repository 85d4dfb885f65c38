/** Writes other addresses into Ethernet frames. */
import { defineElement, ethernet, example, givenHandler, macAddress } from 'wirelet';

const frame = ethernet.make({ source: 5, destination: 6 }, new Uint8Array(3));

export default defineElement({
  name: 'EtherRewrite',
  config: { src: macAddress({ doc: 'The source address.' }), dst: macAddress({ doc: 'The destination address.' }) },
  ports: { inputs: { in: 'Ethernet frames.' }, outputs: { out: 'The same frames with other addresses.' } },
  process(packet, { config, outputs }) {
    const header = ethernet.at(packet);
    header.destination = config.dst;
    header.source = config.src;
    return outputs.out;
  },
  handlers: {
    src: givenHandler('src', 'The source address.', 'Ethernet address'),
    dst: givenHandler('dst', 'The destination address.', 'Ethernet address'),
  },
  reconfigurable: true,
  examples: [
    example('writes both addresses', frame, { out: ethernet.make({ source: 0x0200_0000_0007, destination: 0x0200_0000_0008 }, new Uint8Array(3)) }, { config: '02:00:00:00:00:07, 02:00:00:00:00:08' }),
    example('drops what is no frame', new Uint8Array(11), { drop: 'short_packet' }, { config: '02:00:00:00:00:07, 02:00:00:00:00:08' }),
  ],
});
