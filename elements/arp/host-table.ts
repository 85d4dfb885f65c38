/** What elements remember that know which MAC address an IPv4 address has, and their handlers. */
import { array, below, ETHERNET_BROADCAST, formatIpv4, formatMacDashed, HandlerError, parseMac, readIpv4, register, table, tableSlots, TIME_RANGE, type ArgumentScope, type Handler, type HandlerContext, type StateValues, type u53 } from 'wirelet';

/** Addresses that are remembered where ENTRY_CAPACITY is no limit. */
const ENTRIES_DEFAULT = 1024;
export const entryCapacity = (given: number): number => (given === 0 ? ENTRIES_DEFAULT : given);

/** MAC addresses by IPv4 address, the one that was heard of longest ago giving way. */
export function hostState(capacity: number) {
  const slots = tableSlots(capacity);
  // Most of the list is what has been heard of again since: it is tidied when it is full, after as many turns as there are slots, or more.
  const turnsKept = 2 * slots;
  return {
    hosts: table({
      /** `turn` is the order in which addresses were heard of: several may be at one time. */
      key: { address: 'u32' }, fields: { mac: 'u48', known: 'u8', queries: 'u8', turn: 'u32', seen_us: TIME_RANGE, asked_us: TIME_RANGE }, capacity, evict: 'turn',
    }),
    turns: register('u32'),
    /** The slots in order of their turns, and each one's turn: one that has had another since counts no more. */
    order: array(below(slots), turnsKept),
    order_turns: array('u32', turnsKept),
    order_first: register({ low: 0, high: turnsKept }),
    order_end: register({ low: 0, high: turnsKept }),
  };
}

export type HostState = StateValues<ReturnType<typeof hostState>>;
type Hosts = HostState['hosts'];

/** Leaves out of the order what counts no more. */
function tidyOrder(known: HostState): void {
  const { hosts, order, order_turns } = known;
  let kept = 0;
  for (let at = 0; at < order.length; at += 1) {
    const slot = order[at]!;
    const turn = order_turns[at]!;
    if (hosts.occupied(slot) && hosts.turn[slot] === turn && kept < order.length) {
      order[kept] = slot;
      order_turns[kept] = turn;
      kept += 1;
    }
  }
  known.order_first = 0;
  known.order_end = Math.min(kept, order.length);
}

/** Notes that an address was heard of, or asked for first, just now. */
export function takeTurn(known: HostState, slot: number): void {
  known.turns = (known.turns + 1) >>> 0;
  known.hosts.turn[slot] = known.turns;
  if (known.order_end >= known.order.length) tidyOrder(known);
  const end = known.order_end;
  if (end >= known.order.length) return;
  known.order[end] = slot;
  known.order_turns[end] = known.turns;
  known.order_end = end + 1;
}

/** The address that was heard of longest ago, or -1. */
export function oldestHost(known: HostState): number {
  const { hosts, order, order_turns } = known;
  for (let at = known.order_first; at < order.length; at += 1) {
    if (at >= known.order_end) break;
    const slot = order[at]!;
    if (hosts.occupied(slot) && hosts.turn[slot] === order_turns[at]!) {
      known.order_first = at;
      return slot;
    }
  }
  return -1;
}

/** Forgets the addresses that nothing was heard of for longer than `timeout`, in microseconds; 0: none. */
export function forgetOld(hosts: Hosts, timeout: u53, now: u53): void {
  if (timeout === 0) return;
  for (let slot = 0; slot < hosts.slots; slot += 1) {
    if (hosts.occupied(slot) && now - hosts.seen_us[slot]! > timeout) hosts.remove(slot);
  }
}

/** TIMEOUT as Click takes it: a time of more milliseconds than 32 bits hold is none. */
export const timeoutOf = (timeout: number): number => (timeout >= 4_294_967e6 ? 0 : timeout);

/** Like Click a table is first searched for old addresses after so many whole seconds, and then always a second later. */
export const firstSearch = (timeout: number): number => Math.trunc(timeout / 1e6) * 1e6;
export const nextSearch = (timeout: number): number => firstSearch(timeout) + 1e6;

type Knowing = HandlerContext<any, any, any>;

/** Seconds, of whole milliseconds, with six digits behind the point. */
const ageText = (since: number, now: number) => (Math.max(0, Math.trunc(now / 1000) - Math.trunc(since / 1000)) / 1e3).toFixed(6);

const hostsOf = ({ state }: Knowing) => (state as HostState).hosts;

function lines(element: Knowing): string {
  const { microseconds } = element;
  const hosts = hostsOf(element);
  const { timeout } = element.built as { timeout: number };
  let text = '';
  const known = Array.from({ length: hosts.slots }, (_, slot) => slot).filter((slot) => hosts.occupied(slot));
  // What was heard of longest ago comes first.
  for (const slot of known.sort((a, b) => hosts.turn[a]! - hosts.turn[b]!)) {
    const valid = hosts.known[slot] === 1 && (timeout === 0 || microseconds - hosts.seen_us[slot]! <= timeout);
    text += `${formatIpv4(hosts.address[slot]!)} ${valid ? 1 : 0} ${formatMacDashed(hosts.mac[slot]!)} ${ageText(hosts.seen_us[slot]!, microseconds)}\n`;
  }
  return text;
}

/** Whatever was known or asked before: from now on it is asked for as for the first time. */
function remember(element: Knowing, address: number, mac: number): void {
  const hosts = hostsOf(element);
  const state = element.state as HostState;
  if (hosts.find(address) < 0 && hosts.length >= hosts.capacity) {
    const oldest = oldestHost(state);
    if (oldest >= 0) hosts.remove(oldest);
  }
  const slot = hosts.insert(address);
  if (slot < 0) throw new HandlerError('no room for another address');
  takeTurn(state, slot);
  for (const [field, value] of Object.entries({ mac, known: mac === ETHERNET_BROADCAST ? 0 : 1, queries: 0, asked_us: 0, seen_us: element.microseconds })) Object.assign(hosts[field as 'mac'], { [slot]: value });
}

/** The words of a value, one for each name; throws HandlerError in Click's words where there are more or fewer. */
function wordsOf(value: string, ...names: string[]): string[] {
  const words = value.trim().split(/\s+/).filter((word) => word !== '');
  if (words.length > names.length) throw new HandlerError('too many arguments');
  const missing = names.slice(words.length).map((name) => `${name}: required argument missing`);
  if (missing.length > 0) throw new HandlerError(missing.join('\n'));
  return words;
}

function addressOf(text: string, scope: ArgumentScope): number {
  const address = readIpv4(text, scope);
  if (typeof address !== 'number') throw new HandlerError('IP: parse error');
  return address;
}

/** Takes the addresses of the element before, of too many those that were heard of last; `moved` is told in which slot each one was, and is. */
export function takeHosts({ state }: Knowing, before: Knowing, moved: (old: number, slot: number) => void = () => {}): void {
  const [known, old] = [state as HostState, (before.state as HostState).hosts];
  const slots = Array.from({ length: old.slots }, (_, slot) => slot).filter((slot) => old.occupied(slot)).sort((a, b) => old.turn[a]! - old.turn[b]!);
  for (const from of slots.slice(Math.max(0, slots.length - known.hosts.capacity))) {
    const slot = known.hosts.insert(old.address[from]!);
    if (slot < 0) continue;
    takeTurn(known, slot);
    for (const field of ['mac', 'known', 'queries', 'seen_us', 'asked_us'] as const) known.hosts[field][slot] = old[field][from]!;
    moved(from, slot);
  }
}

/** The table as text, and how it is changed; `built` has its `timeout`. */
export const hostHandlers: Readonly<Record<string, Handler<any, any, any>>> = {
  table: { doc: 'The addresses, a line each: whether the MAC address is known, which it is, and its age in seconds.', read: lines },
  count: { doc: 'Addresses remembered.', read: (element) => String(hostsOf(element).length) },
  insert: {
    doc: 'Remembers a MAC address: ADDRESS MAC.',
    write(element, value) {
      const [first, second] = wordsOf(value, 'IP', 'ETH');
      const address = addressOf(first!, element.scope);
      const mac = parseMac(second!) ?? element.scope.address(second!, 'mac');
      if (typeof mac !== 'number') throw new HandlerError('ETH: parse error');
      remember(element, address, mac);
    },
  },
  delete: {
    doc: 'Forgets the MAC address of an address.',
    write(element, value) {
      // As in Click the address stays, as one that nobody answered for.
      remember(element, addressOf(wordsOf(value, 'IP')[0]!, element.scope), ETHERNET_BROADCAST);
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
