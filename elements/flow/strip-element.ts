/** Elements that take bytes off the front of packets. */
import { defineElement, ethernet, example, integer, ipv4 } from 'wirelet';

/** The element, with the name of a class. */
export function stripping(name: string) {
  return defineElement({
    name,
    config: { length: integer({ doc: 'Bytes to take off.' }) },
    ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets without their first bytes.' } },
    build: ({ chatter }) => ({ tells: chatter !== '' }),
    process(packet, { config, built, outputs, log }) {
      if (packet.length < config.length) {
        if (built.tells) {
          log.text('Packet::pull ');
          log.decimal(config.length);
          log.text(' > length ');
          log.decimal(packet.length);
          log.end();
        }
        packet.strip(packet.length);
      } else {
        packet.strip(config.length);
      }
      return outputs.out;
    },
    examples: [
      example('takes an Ethernet header off', ethernet.make({}, ipv4.make({}).bytes), { out: ipv4.make({}).bytes }, { config: '14' }),
      example('leaves nothing of a packet of that length', new Uint8Array(14), { out: new Uint8Array(0) }, { config: '14' }),
      example('leaves nothing of what is shorter', new Uint8Array(13), { out: new Uint8Array(0) }, { config: '14' }),
    ],
  });
}
