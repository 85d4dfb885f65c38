/**
 * Passes well-formed ARP packets and marks their header as network header; all others leave by the second output or, where
 * nothing is connected, are dropped.
 */
import { arp, bool, counterHandler, defineElement, ethernet, example, integer, optional, push } from 'wirelet';

const request = arp.make({ sender_mac: 1, sender_address: 0x0a000001, target_address: 0x0a000002 });
const ETHERNET_HARDWARE = 1;

export default defineElement({
  name: 'CheckARPHeader',
  config: {
    offset: integer({ default: 0, max: 9216, doc: 'Where the header begins, in bytes from the start.' }),
    verbose: bool({ default: false, keyword: true, doc: 'Accepted for compatibility: the counters tell what is wrong.' }),
    details: bool({ default: false, keyword: true, doc: 'Accepted for compatibility: each reason is counted anyway.' }),
  },
  ports: { inputs: { in: 'ARP packets.' }, outputs: { out: 'Well-formed ones.', bad: optional(push('All others.')) } },
  counters: {
    drops: 'Packets that were not well formed.',
    tiny: 'Packets too short for the fixed part of a header.',
    bad_length: 'Packets too short for the addresses they should hold.',
    bad_hardware: 'Packets about Ethernet with hardware addresses of another length.',
    bad_protocol: 'Packets about IPv4 with protocol addresses of another length.',
  },
  process(packet, { config, counters, outputs }) {
    const length = packet.length - config.offset;
    let good = false;
    if (length < 8) {
      counters.tiny.add(1);
    } else {
      const header = arp.atOffset(packet, config.offset);
      if (length < 8 + 2 * header.hardware_length + 2 * header.protocol_length) counters.bad_length.add(1);
      else if (header.hardware_type === ETHERNET_HARDWARE && header.hardware_length !== 6) counters.bad_hardware.add(1);
      else if (header.protocol_type === 0x0800 && header.protocol_length !== 4) counters.bad_protocol.add(1);
      else good = true;
    }
    if (!good) {
      counters.drops.add(1);
      return outputs.bad;
    }
    packet.markNetworkHeader(config.offset);
    return outputs.out;
  },
  handlers: {
    drops: counterHandler('drops', 'Packets that were not well formed.'),
    drop_details: {
      doc: 'The same by reason.',
      read: ({ counters }) => (['tiny', 'bad_length', 'bad_hardware', 'bad_protocol'] as const).map((reason) => `${counters[reason].value}\t${reason}\n`).join(''),
    },
  },
  examples: [
    example('passes an ARP packet', request, { out: request }, { counters: { drops: 0 } }),
    example('passes one in a frame', ethernet.make({ type: 0x0806 }, request), { out: ethernet.make({ type: 0x0806 }, request) }, { config: '14' }),
    example('sorts out what is no header', new Uint8Array(7), { bad: new Uint8Array(7) }, { counters: { tiny: 1 } }),
    example('sorts out what is cut short', request.bytes.subarray(0, 27), { bad: request.bytes.subarray(0, 27) }, { counters: { bad_length: 1 } }),
    example('drops that when nothing takes it', request.bytes.subarray(0, 27), { drop: 'bad' }, { outputs: 1 }),
    example('sorts out addresses of a wrong length', [arp.make({ hardware_length: 5 }), arp.make({ protocol_length: 3 })], { bad: [arp.make({ hardware_length: 5 }), arp.make({ protocol_length: 3 })] }, { counters: { bad_hardware: 1, bad_protocol: 1 } }),
  ],
});
