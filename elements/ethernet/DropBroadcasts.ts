/**
 * Drops packets that arrived as link-level broadcasts or multicasts: a router must not forward them (RFC 1812,
 * 5.3.4). The interface tells by the frame's destination, so this works after the Ethernet header is gone;
 * packets that the appliance itself made pass.
 *
 * With its second output connected they leave there instead.
 */
import { ANNOTATIONS, counterHandler, defineElement, ethernet, ETHERNET_BROADCAST, example, flag, optional, PACKET_TYPE, push } from 'wirelet';

const unicast = ethernet.make({ destination: 0x0200_0000_0002 }, new Uint8Array(46));
const broadcast = ethernet.make({ destination: ETHERNET_BROADCAST }, new Uint8Array(46));
const multicast = ethernet.make({ destination: 0x0100_5e00_0001 }, new Uint8Array(46));

export default defineElement({
  name: 'DropBroadcasts',
  ports: { inputs: { in: 'Packets.' }, outputs: { out: 'Packets that were sent to one host.', group: optional(push('Packets that were sent to many.')) } },
  counters: { packets_group: 'Packets that were sent to many.' },
  split: 'each',
  state: { told: flag() },
  build: ({ chatter }) => ({ tells: chatter !== '' }),
  process(packet, { built, state, counters, outputs, log }) {
    const type = packet.annotationU8(ANNOTATIONS.packet_type.offset);
    if (type !== PACKET_TYPE.group && type !== PACKET_TYPE.multicast) return outputs.out;
    if (built.tells && !state.told) {
      log.text('DropBroadcasts: dropped a packet');
      log.end();
      state.told = true;
    }
    counters.packets_group.add(1);
    return outputs.group;
  },
  handlers: { drops: counterHandler('packets_group', 'Packets that were sent to many.') },
  examples: [
    example('lets unicasts pass', unicast, { out: unicast }),
    example('sorts out broadcasts', broadcast, { group: broadcast }, { counters: { packets_group: 1 } }),
    example('sorts out multicasts', multicast, { group: multicast }, { counters: { packets_group: 1 } }),
    example('sorts out what is no more than a byte', Uint8Array.from([1]), { group: Uint8Array.from([1]) }),
  ],
});
