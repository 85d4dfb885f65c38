/** Arguments that IP has numbers for, and people names: protocols, ports, and addresses of IPv6. */
import { formatIpv6, parseIpv6, type Ipv6Address } from './address6.js';
import { PROTOCOLS } from './classify/filter-names.js';
import type { ArgumentScope } from './argument-scope.js';
import { parsed, parseInteger, type Kind } from './config.js';

const PORT_MAX = 65_535;

interface Options {
  doc: string;
  default?: number;
  required?: boolean;
  keyword?: boolean;
}

/** The number of an IP protocol: by name, as IPClassifier has them, or 0 to 255. */
export function ipProtocol(options: Options): Kind<number> {
  return parsed<number>(
    'IP protocol',
    options,
    (text) => {
      const value = PROTOCOLS.get(text.toLowerCase()) ?? parseInteger(text);
      return value !== undefined && value >= 0 && value <= 255 ? { value } : { error: `expected an IP protocol such as udp, or a number from 0 to 255, got "${text}"`, ...(value === undefined ? { click: 'parse error' } : { click: 'bad IP protocol', ofElement: true }) };
    },
    String,
  );
}

/** The port that `text` names in a protocol, by number, PortInfo or the well-known names; undefined: none. */
export function readPort(text: string, scope: ArgumentScope, protocol: 'tcp' | 'udp' | undefined): number | undefined {
  const value = parseInteger(text) ?? scope.port(text, protocol);
  return value !== undefined && value >= 0 && value <= PORT_MAX ? value : undefined;
}

/** What Click says of a text that is no port. */
export function portComplaint(text: string): string {
  const value = parseInteger(text);
  return value !== undefined && value > PORT_MAX ? `overflow, range 0-${PORT_MAX}` : 'parse error';
}

/** A port of TCP or UDP, by number or name; without a protocol, a name of either. */
export function transportPort(protocol: 'tcp' | 'udp' | undefined, options: Options): Kind<number> {
  return parsed<number>(
    'port',
    options,
    (text, scope) => {
      const value = readPort(text, scope, protocol);
      return value === undefined ? { error: `expected a port from 0 to 65535 or its name, got "${text}"`, click: portComplaint(text) } : { value };
    },
    String,
  );
}

/** The IPv6 address that `text` is, or has as a name; undefined: it is none. */
export function readIpv6(text: string, scope: ArgumentScope): Ipv6Address | undefined {
  return parseIpv6(text) ?? scope.address6?.(text)?.address;
}

/** An IPv6 address. */
export function ipv6Address(options: { doc: string }): Kind<Ipv6Address> {
  return parsed<Ipv6Address>(
    'IPv6 address',
    { ...options, schema: { type: 'string' } },
    (text, scope) => {
      const value = readIpv6(text, scope);
      return value === undefined ? { error: `expected an IPv6 address such as 2001:db8::1, got "${text}"` } : { value };
    },
    formatIpv6,
  );
}
