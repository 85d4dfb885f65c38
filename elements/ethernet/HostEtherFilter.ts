/**
 * Passes frames that are meant for a host: those for its address, and group addresses, broadcasts included.
 * The others leave by `other`, or end there.
 */
import { argumentHandler, bool, defineElement, drop, ethernet, example, integer, macAddress, optional } from 'wirelet';

const config = '02:00:00:00:00:01';

export default defineElement({
  name: 'HostEtherFilter',
  config: {
    ether: macAddress({ doc: "The host's address." }),
    drop_own: bool({ default: false, doc: 'Also drop frames that come from that address.' }),
    drop_other: bool({ default: true, doc: 'Drop frames for other hosts; false lets them pass.' }),
    offset: integer({ default: 0, max: 1024, keyword: true, doc: 'Where the Ethernet header begins.' }),
  },
  ports: { inputs: { in: 'Ethernet frames.' }, outputs: { out: 'Frames for the host.', other: optional('Frames for other hosts.') } },
  drops: { own: "The frame came from the host's own address." },
  process(packet, { config, outputs }) {
    const destination = packet.loadU48(config.offset);
    if (config.drop_own && packet.loadU48(config.offset + 6) === config.ether) return drop('own');
    if (config.drop_other && destination !== config.ether && !ethernet.isGroup(destination)) return outputs.other;
    return outputs.out;
  },
  handlers: { ether: argumentHandler('ether', "The host's address.") },
  reconfigurable: true,
  examples: [
    example('passes frames for the host', ethernet.make({ destination: 0x0200_0000_0001 }), { out: ethernet.make({ destination: 0x0200_0000_0001 }) }, { config }),
    example('passes broadcasts', ethernet.make({ destination: 0xffff_ffff_ffff }), { out: ethernet.make({ destination: 0xffff_ffff_ffff }) }, { config }),
    example('sorts out frames for others', ethernet.make({ destination: 0x0200_0000_0009 }), { other: ethernet.make({ destination: 0x0200_0000_0009 }) }, { config }),
    example('drops its own frames when told to', ethernet.make({ source: 0x0200_0000_0001 }), { drop: 'own' }, { config: `${config}, true` }),
  ],
});
