/**
 * Lets multicasts pass to a network only while hosts there want their group: it listens to IGMP reports and leaves (versions 1 to 3: RFC 2236, RFC 3376) at
 * its second input. Multicasts of the link itself, 224.0.0.0/24, always pass (RFC 4541, 2.1.2), and packets to one host, too. What nobody wants leaves by
 * `unwanted`, or ends there.
 *
 * A membership ends TIMEOUT after the last report; a leave ends it after LEAVE_TIME, unless another host reports. Put an IGMPQuerier beside it.
 */
import { checksum, consumed, defineElement, drop, duration, example, formatIpv4, integer, ipv4, optional, push, table, TIME_RANGE, type Packet } from 'wirelet';
import { igmpMessage, LEAVE, QUERY, REPORT_1, REPORT_2, REPORT_3 } from './igmp.js';

const IGMP = 2;
/** Group records of one report that are looked at, at most. */
const RECORDS_MAX = 256;
const GROUP = 0xe101_0203;
const to = (destination: number) => ipv4.make({ protocol: 17, destination }, new Uint8Array(8));
const told = (message: Uint8Array) => ({ ...ipv4.make({ protocol: 2, ttl: 1, destination: GROUP }, message), input: 'reports' });
const LEAVE_MODE = 3;

/** An IGMPv3 report about one group. */
function report3(mode: number, sources: number): Uint8Array {
  const bytes = Uint8Array.from([REPORT_3, 0, 0, 0, 0, 0, 0, 1, mode, 0, 0, sources, GROUP >>> 24, (GROUP >>> 16) & 255, (GROUP >>> 8) & 255, GROUP & 255, ...new Array<number>(sources * 4).fill(1)]);
  let total = 0;
  for (let at = 0; at < bytes.length; at += 2) total += bytes[at]! * 256 + bytes[at + 1]!;
  const sum = 0xffff - (((total & 0xffff) + (total >>> 16)) & 0xffff);
  bytes[2] = sum >>> 8;
  bytes[3] = sum & 255;
  return bytes;
}

/** The group of record `index` of a report, or -1; records have sources and other data of any length behind them. */
function readAt(packet: Packet, at: number): number {
  return at + 8 <= packet.length ? packet.loadU32(at + 4) : -1;
}

export default defineElement({
  name: 'IGMPMembership',
  config: {
    timeout: duration({ default: 260e6, keyword: true, doc: 'Time after which a group that nobody reports ends.' }),
    leave_time: duration({ default: 2e6, keyword: true, doc: 'Time after which a group ends that a host has left.' }),
    capacity: integer({ default: 1024, min: 1, max: 65_536, keyword: true, doc: 'Groups remembered at once.' }),
  },
  ports: {
    inputs: { in: push('IPv4 packets for the network, headers marked.'), reports: push('IPv4 packets from its hosts, headers marked; they end here.') },
    outputs: { out: push('Packets that somebody wants.'), unwanted: optional(push('Multicasts that nobody wants.')) },
  },
  counters: { reports: 'Reports taken.', leaves: 'Leaves taken.' },
  drops: { no_igmp: 'A packet at the second input is no right IGMP message.', table_full: 'No room for another group.' },
  state: ({ config }) => ({ groups: table({ key: { group: 'u32' }, fields: { ends_us: TIME_RANGE }, capacity: config.capacity, evict: 'ends_us' }) }),
  process(packet, { config, state, counters, outputs, port, clock }) {
    const { groups } = state;
    const now = clock.microseconds;
    const header = ipv4.at(packet);
    if (port === 0) {
      const group = header.destination;
      if (!ipv4.isMulticast(group) || group >>> 8 === 0xe0_0000) return outputs.out;
      const slot = groups.find(group);
      return slot >= 0 && groups.ends_us[slot] > now ? outputs.out : outputs.unwanted;
    }
    const at = packet.transportHeaderOffset;
    const length = packet.transportLength;
    if (header.protocol !== IGMP || at < 0 || length < 8 || checksum.sum(packet, at, length) !== 0xffff) return drop('no_igmp');
    const type = packet.loadU8(at);
    if (type === REPORT_1 || type === REPORT_2) {
      const slot = groups.insert(packet.loadU32(at + 4));
      if (slot < 0) return drop('table_full');
      groups.ends_us[slot] = Math.min(now + config.timeout, TIME_RANGE.high);
      counters.reports.add(1);
    } else if (type === LEAVE) {
      const slot = groups.find(packet.loadU32(at + 4));
      counters.leaves.add(1);
      if (slot >= 0) groups.ends_us[slot] = Math.min(groups.ends_us[slot], now + config.leave_time);
    } else if (type === REPORT_3) {
      const records = Math.min(packet.loadU16(at + 6), RECORDS_MAX);
      let place = at + 8;
      for (let index = 0; index < RECORDS_MAX; index += 1) {
        if (index >= records) break;
        const group = readAt(packet, place);
        if (group < 0) break;
        const mode = packet.loadU8(place);
        const sources = packet.loadU16(place + 2);
        // To include no source at all is to leave (RFC 3376, 4.2.12).
        if (sources === 0 && (mode === 1 || mode === LEAVE_MODE)) {
          const slot = groups.find(group);
          counters.leaves.add(1);
          if (slot >= 0) groups.ends_us[slot] = Math.min(groups.ends_us[slot], now + config.leave_time);
        } else if (mode !== 6) {
          const slot = groups.insert(group);
          if (slot < 0) return drop('table_full');
          groups.ends_us[slot] = Math.min(now + config.timeout, TIME_RANGE.high);
          counters.reports.add(1);
        }
        // Beyond any packet it ends.
        place = Math.min(place + 8 + sources * 4 + packet.loadU8(place + 1) * 4, 0xffff);
      }
    } else if (type !== QUERY) {
      return drop('no_igmp');
    }
    return consumed;
  },
  handlers: {
    groups: {
      doc: 'Groups that somebody wants, a line each, with the seconds that are left.',
      read({ state, microseconds }) {
        const groups = state.groups as any;
        let text = '';
        for (let slot = 0; slot < groups.slots; slot += 1) if (groups.occupied(slot) && groups.ends_us[slot] > microseconds) text += `${formatIpv4(groups.group[slot])} ${((groups.ends_us[slot] - microseconds) / 1e6).toFixed(3)}\n`;
        return text;
      },
    },
  },
  examples: [
    example('lets a group pass that somebody wants', [to(GROUP), told(igmpMessage(REPORT_2, 0, GROUP)), to(GROUP)], { out: to(GROUP), unwanted: to(GROUP) }, { counters: { reports: 1 } }),
    example('understands version 3', [told(report3(4, 0)), to(GROUP)], { out: to(GROUP) }, { counters: { reports: 1 } }),
    example('lets a group go when it was left', [told(igmpMessage(REPORT_2, 0, GROUP)), told(igmpMessage(LEAVE, 0, GROUP)), to(GROUP), { ...to(GROUP), at: 3_000_000 }], { out: to(GROUP), unwanted: to(GROUP) }, { counters: { leaves: 1 } }),
    example('lets a group go that version 3 left', [told(report3(4, 0)), told(report3(3, 0)), { ...to(GROUP), at: 3_000_000 }], { unwanted: to(GROUP) }, { counters: { leaves: 1 } }),
    example('always passes what is not for groups beyond the link', [to(0x0a00_0002), to(0xe000_0005)], { out: [to(0x0a00_0002), to(0xe000_0005)] }),
    example('does not believe wrong checksums', told(Uint8Array.from([REPORT_2, 1, 2, 3, 4, 5, 6, 7])), { drop: 'no_igmp' }),
  ],
});
