/** Elements that put bytes back at the front of packets. */
import { defineElement, example, integer } from 'wirelet';

/** The element, with the name of a class. */
export function unstripping(name: string) {
  return defineElement({
    name,
    config: { length: integer({ max: 9216, doc: 'Bytes to put back.' }) },
    ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets with these bytes in front.' } },
    process(packet, { config, outputs }) {
      packet.unstrip(config.length);
      return outputs.out;
    },
    examples: [
      example('adds zeros where nothing was stripped', Uint8Array.from([1, 2]), { out: Uint8Array.from([0, 0, 0, 1, 2]) }, { config: '3' }),
      example('needs room in front', new Uint8Array(10), { drop: 'no_headroom' }, { config: '4000' }),
    ],
  });
}
