/** Tells a host, a second after the start and then every ten seconds, by ARP that an address is at a certain place in the network. */
import { arp, ARP_REPLY, background, defineElement, ethernet, ETHERTYPE, example, ipv4Address, macAddress, push } from 'wirelet';

const FIRST_US = 1_000_000;
const INTERVAL_US = 10_000_000;

const told = arp.make({ operation: ARP_REPLY, sender_mac: 7, sender_address: 0x0a00_0002, target_mac: 8, target_address: 0x0a00_0001 });

export default defineElement({
  name: 'ARPFaker',
  config: {
    dstip: ipv4Address({ doc: 'The host that is told.' }),
    dsteth: macAddress({ doc: 'Its Ethernet address.' }),
    srcip: ipv4Address({ doc: 'The address it is told about.' }),
    srceth: macAddress({ doc: 'Where it is said to be.' }),
  },
  ports: { outputs: { out: push('ARP replies in Ethernet frames.') } },
  counters: { count: 'Replies sent.' },
  build({ config: { dstip, dsteth, srcip, srceth } }) {
    const reply = arp.make({ operation: ARP_REPLY, sender_mac: srceth, sender_address: srcip, target_mac: dsteth, target_address: dstip });
    return { bytes: ethernet.make({ source: srceth, destination: dsteth, type: ETHERTYPE.arp }, reply).bytes };
  },
  initialize({ timers }) {
    timers.next.after(FIRST_US);
  },
  timers: {
    // A run that ends when it is idle does not wait for more of these.
    next: background(({ built, counters, outputs, packets, timers, emit }) => {
      timers.next.after(INTERVAL_US);
      const packet = packets.copyOf(built.bytes);
      if (packet === null) return;
      packet.markMacHeader(0);
      counters.count.add(1);
      emit(outputs.out, packet);
    }),
  },
  examples: [
    example('sends its reply after a second', [], { out: ethernet.make({ source: 7, destination: 8, type: ETHERTYPE.arp }, told) }, { config: '10.0.0.1, 00:00:00:00:00:08, 10.0.0.2, 00:00:00:00:00:07', beside: 'TimedSource(1.5s, LIMIT 1) -> Discard' }),
  ],
});
