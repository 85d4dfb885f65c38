/** Handlers of elements that remember which MAC address an IPv4 address has, in their table `hosts`. */
import { ETHERNET_BROADCAST, formatIpv4, formatMacDashed, HandlerError, parseIpv4, parseMac, table, TIME_RANGE, type Handler, type HandlerContext } from 'wirelet';

/** Addresses that are remembered where ENTRY_CAPACITY is no limit. */
const ENTRIES_DEFAULT = 1024;
export const entryCapacity = (given: number): number => (given === 0 ? ENTRIES_DEFAULT : given);

/** MAC addresses by IPv4 address, the one that was heard of longest ago giving way. */
export function hostTable(capacity: number) {
  return table({ key: { address: 'u32' }, fields: { mac: 'u48', known: 'u8', queries: 'u8', seen_us: TIME_RANGE, asked_us: TIME_RANGE }, capacity, evict: 'seen_us' });
}

type Knowing = HandlerContext<any, any, any>;

/** Seconds with six digits behind the point. */
const ageText = (microseconds: number) => (Math.max(0, microseconds) / 1e6).toFixed(6);

const hostsOf = ({ state }: Knowing) => (state as any).hosts;

function lines(element: Knowing): string {
  const { config, microseconds } = element;
  const hosts = hostsOf(element);
  const { timeout } = config as { timeout: number };
  let text = '';
  const known = Array.from({ length: hosts.slots }, (_, slot) => slot).filter((slot) => hosts.occupied(slot));
  // What was heard of longest ago comes first.
  for (const slot of known.sort((a, b) => hosts.seen_us[a] - hosts.seen_us[b])) {
    const age = microseconds - hosts.seen_us[slot];
    const valid = hosts.known[slot] === 1 && (timeout === 0 || age <= timeout);
    text += `${formatIpv4(hosts.address[slot])} ${valid ? 1 : 0} ${formatMacDashed(hosts.mac[slot])} ${ageText(age)}\n`;
  }
  return text;
}

/** Whatever was known or asked before: from now on it is asked for as for the first time. */
function remember(element: Knowing, address: number, told: { readonly mac: number; readonly known: 0 | 1 }): void {
  const hosts = hostsOf(element);
  const slot = hosts.insert(address);
  if (slot < 0) throw new HandlerError('no room for another address');
  for (const [field, value] of Object.entries({ ...told, queries: 0, asked_us: 0, seen_us: element.microseconds })) Object.assign(hosts[field], { [slot]: value });
}

export const hostHandlers: Readonly<Record<string, Handler<any, any, any>>> = {
  table: { doc: 'The addresses, a line each: whether the MAC address is known, which it is, and its age in seconds.', read: lines },
  count: { doc: 'Addresses remembered.', read: (element) => String(hostsOf(element).length) },
  insert: {
    doc: 'Remembers a MAC address: ADDRESS MAC.',
    write(element, value) {
      const [first = '', second = '', ...more] = value.trim().split(/\s+/);
      const address = parseIpv4(first);
      const mac = parseMac(second);
      if (address === undefined || mac === undefined || more.length > 0) throw new HandlerError('expected IP ETH');
      remember(element, address, { mac, known: 1 });
    },
  },
  delete: {
    doc: 'Forgets the MAC address of an address.',
    write(element, value) {
      const address = parseIpv4(value.trim());
      if (address === undefined) throw new HandlerError('expected IP address');
      // As in Click the address stays, as one that nobody answered for.
      remember(element, address, { mac: ETHERNET_BROADCAST, known: 0 });
    },
  },
  clear: {
    doc: 'Forgets all addresses.',
    write(element) {
      const hosts = hostsOf(element);
      for (let slot = 0; slot < hosts.slots; slot += 1) if (hosts.occupied(slot)) hosts.remove(slot);
    },
  },
};
