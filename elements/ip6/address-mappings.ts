/** The arguments of AddressTranslator, which depend on those before them. */
import { bool, EMPTY_SCOPE, parseInteger, parseIpv6, type Ipv6Address } from 'wirelet';

const PORT_MAX = 65_535;
const truth = bool({ doc: '' });

function parseBoolean(text: string): boolean | undefined {
  const parsed = truth.parse(text, EMPTY_SCOPE);
  return 'value' in parsed ? parsed.value : undefined;
}

/** An address, and a port where ports are translated, inside and outside. */
export interface StaticMapping {
  readonly inner: Ipv6Address;
  readonly innerPort: number;
  readonly mapped: Ipv6Address;
  readonly mappedPort: number;
}

export interface AddressMappings {
  readonly statics: readonly StaticMapping[];
  /** Static mappings are of ports, too. */
  readonly staticPorts: boolean;
  /** How others than those are translated. */
  readonly dynamic: 'none' | 'addresses' | 'ports';
  /** Packets that come in are given an inner address, rather than those that go out an outer one. */
  readonly inward: boolean;
  /** Addresses that are given away; for ports just one. */
  readonly pool: readonly Ipv6Address[];
  readonly lowPort: number;
  readonly highPort: number;
}

/** What is wrong with them, in Click's words. */
export interface MappingMistake {
  readonly mistake: string;
}

const NOTHING = { dynamic: 'none', inward: false, pool: [], lowPort: 0, highPort: 0 } as const;

export function readMappings(given: readonly string[]): AddressMappings | MappingMistake {
  const count = parseInteger(given[0] ?? '');
  if (count === undefined || count < 0) return { mistake: 'argument 0 should be : integer' };
  const staticPorts = count === 0 ? false : parseBoolean(given[1] ?? '');
  // Click counts this one, and those to give away, in ways of its own.
  if (staticPorts === undefined) return { mistake: 'argument 2 should be : bool' };
  const first = count === 0 ? 1 : 2;
  const statics: StaticMapping[] = [];
  for (let at = first; at < first + count; at += 1) {
    const mapping = readStatic(given[at] ?? '', staticPorts);
    if (mapping === undefined) return { mistake: `argument ${at} should be : ${staticPorts ? '<IP6Address> <port> <IP6Address> <port>' : '<IP6Address> <IP6Address>'}` };
    statics.push(mapping);
  }
  const at = first + count;
  const wantsDynamic = parseBoolean(given[at] ?? '');
  if (wantsDynamic === undefined) return { mistake: `argument ${at} should be : bool` };
  if (!wantsDynamic) return { ...NOTHING, statics, staticPorts };
  const [ports, inward] = [parseBoolean(given[at + 1] ?? ''), parseBoolean(given[at + 2] ?? '')];
  if (ports === undefined || inward === undefined) return { mistake: `argument ${at + (ports === undefined ? 1 : 2)} should be : bool` };
  if (!ports) {
    const pool: Ipv6Address[] = [];
    for (const [index, text] of given.slice(at + 3).entries()) {
      const address = parseIpv6(text);
      if (address === undefined) return { mistake: `argument ${3 + index} should be : <IP6Address>` };
      pool.push(address);
    }
    return { ...NOTHING, statics, staticPorts, dynamic: 'addresses', inward, pool };
  }
  const [name = '', low = '', high = '', ...more] = (given[at + 3] ?? '').trim().split(/\s+/);
  const [address, lowPort, highPort] = [parseIpv6(name), parsePort(low), parsePort(high)];
  if (address === undefined || lowPort === undefined || highPort === undefined || lowPort > highPort || more.length > 0) return { mistake: 'argument 3 should be : <IP6Address> <unsigned char> <unsigned char>' };
  return { statics, staticPorts, dynamic: 'ports', inward, pool: [address], lowPort, highPort };
}

function parsePort(text: string): number | undefined {
  const port = parseInteger(text);
  return port === undefined || port < 1 || port > PORT_MAX ? undefined : port;
}

function readStatic(text: string, ports: boolean): StaticMapping | undefined {
  const words = text.trim().split(/\s+/);
  const [inner, innerPort, mapped, mappedPort] = ports ? words : [words[0], '1', words[1], '1'];
  if (words.length !== (ports ? 4 : 2)) return undefined;
  const [from, to] = [parseIpv6(inner!), parseIpv6(mapped!)];
  const [fromPort, toPort] = [parsePort(innerPort!), parsePort(mappedPort!)];
  if (from === undefined || to === undefined || fromPort === undefined || toPort === undefined) return undefined;
  return { inner: from, innerPort: fromPort, mapped: to, mappedPort: toPort };
}
