/**
 * Passes well-formed ARP packets and marks their header as network header; all others leave by the second output or, where
 * nothing is connected, are dropped.
 */
import { arp, bool, complain, defineElement, dropHandlers, ethernet, ETHERTYPE, example, integer, optional, push, register } from 'wirelet';

const request = arp.make({ sender_mac: 1, sender_address: 0x0a000001, target_address: 0x0a000002 });
const ETHERNET_HARDWARE = 1;

export default defineElement({
  name: 'CheckARPHeader',
  config: {
    offset: integer({ default: 0, max: 9216, doc: 'Where the header begins, in bytes from the start.' }),
    verbose: bool({ default: false, keyword: true, doc: "Under Click's driver, a line for each wrong packet, not only for the first." }),
    details: bool({ default: false, keyword: true, doc: 'Show the reasons in the handler drop_details; counters tell them anyway.' }),
  },
  ports: { inputs: { in: 'ARP packets.' }, outputs: { out: 'Well-formed ones.', bad: optional(push('All others.')) } },
  counters: {
    tiny: 'Packets too short for the fixed part of a header.',
    bad_length: 'Packets too short for the addresses they should hold.',
    bad_hardware: 'Packets about Ethernet with hardware addresses of another length.',
    bad_protocol: 'Packets about IPv4 or IPv6 with protocol addresses of another length.',
  },
  split: 'each',
  state: { complaints: register('u8') },
  build: ({ chatter }) => ({ chatter }),
  process(packet, { config, built, state, counters, outputs, log }) {
    const length = packet.length - config.offset;
    if (length < 8) {
      counters.tiny.add(1);
      if (built.chatter.length > 0) complain(log, state, '', config.verbose, 'ARP header', 'tiny packet');
      return outputs.bad;
    }
    const header = arp.atOffset(packet, config.offset);
    if (length < 8 + 2 * header.hardware_length + 2 * header.protocol_length) {
      counters.bad_length.add(1);
      if (built.chatter.length > 0) complain(log, state, '', config.verbose, 'ARP header', 'too small for addresses');
      return outputs.bad;
    }
    if (header.hardware_type === ETHERNET_HARDWARE && header.hardware_length !== 6) {
      counters.bad_hardware.add(1);
      if (built.chatter.length > 0) complain(log, state, '', config.verbose, 'ARP header', 'bad hardware type/length');
      return outputs.bad;
    }
    if ((header.protocol_type === ETHERTYPE.ipv4 && header.protocol_length !== 4) || (header.protocol_type === ETHERTYPE.ipv6 && header.protocol_length !== 16)) {
      counters.bad_protocol.add(1);
      if (built.chatter.length > 0) complain(log, state, '', config.verbose, 'ARP header', 'bad protocol type/length');
      return outputs.bad;
    }
    packet.markNetworkHeader(config.offset);
    return outputs.out;
  },
  ...dropHandlers({ tiny: 'tiny packet', bad_length: 'too small for addresses', bad_hardware: 'bad hardware type/length', bad_protocol: 'bad protocol type/length' }),
  examples: [
    example('passes an ARP packet', request, { out: request }, { counters: { tiny: 0 } }),
    example('passes one in a frame', ethernet.make({ type: 0x0806 }, request), { out: ethernet.make({ type: 0x0806 }, request) }, { config: '14' }),
    example('sorts out what is no header', new Uint8Array(7), { bad: new Uint8Array(7) }, { counters: { tiny: 1 } }),
    example('sorts out what is cut short', request.bytes.subarray(0, 27), { bad: request.bytes.subarray(0, 27) }, { counters: { bad_length: 1 } }),
    example('drops that when nothing takes it', request.bytes.subarray(0, 27), { drop: 'bad' }, { outputs: 1 }),
    example('sorts out addresses of a wrong length', [arp.make({ hardware_length: 5 }), arp.make({ protocol_length: 3 })], { bad: [arp.make({ hardware_length: 5 }), arp.make({ protocol_length: 3 })] }, { counters: { bad_hardware: 1, bad_protocol: 1 } }),
  ],
});
