/**
 * Names of addresses and ports that arguments may use in place of numbers: those of interfaces, of
 * AddressInfo and PortInfo, and the well-known ports. Names declared in a compound hold in it and in what
 * it contains.
 */
import { maskOfLength, prefix, type Prefix } from '../kit/address.js';
import type { ArgumentScope, NamedIpv6 } from '../kit/argument-scope.js';
import { wellKnownPort } from './well-known-ports.js';

/** What one name stands for. */
export interface NamedAddress {
  readonly mac?: number;
  readonly ipv4?: number;
  /** With the host bits of the address. */
  readonly prefix?: Prefix;
  readonly ipv6?: NamedIpv6;
  /** The next hop of everything else. */
  readonly gateway?: number;
}

/** Where an annotation lies; 0 bytes: of any size. */
export interface NamedAnnotation {
  readonly offset: number;
  readonly size: number;
}

/** `name:ip6` and its like. */
const SUFFIX_6 = /:ip6(?:net)?$/i;

type Kind = 'mac' | 'ipv4' | 'network' | 'broadcast' | 'gateway';

/** `name:eth` and its like: what kind of address is meant, whatever the argument expects. */
const SUFFIXES: Readonly<Record<string, Kind>> = {
  eth: 'mac',
  ether: 'mac',
  mac: 'mac',
  ip: 'ipv4',
  ip4: 'ipv4',
  net: 'network',
  ipnet: 'network',
  ip4net: 'network',
  bcast: 'broadcast',
  gw: 'gateway',
  ethernet: 'mac',
};

export class NameScope implements ArgumentScope {
  private readonly addresses = new Map<string, NamedAddress>();
  private readonly ports = new Map<string, { tcp?: number; udp?: number }>();

  private readonly annotations = new Map<string, NamedAnnotation>();
  private readonly locks = new Set<string>();

  /** `host`: what names stand for that nobody declared. */
  constructor(
    private readonly outer?: NameScope,
    private readonly host?: (name: string) => NamedAddress | undefined,
  ) {}

  addAddress(name: string, address: NamedAddress): void {
    this.addresses.set(name, { ...this.addresses.get(name), ...address });
  }

  addAnnotation(name: string, place: NamedAnnotation): void {
    this.annotations.set(name, place);
  }

  annotation(name: string): NamedAnnotation | undefined {
    return this.annotations.get(name) ?? this.outer?.annotation(name);
  }

  addLock(name: string): void {
    this.locks.add(name);
  }

  lock(name: string): boolean {
    return this.locks.has(name) || this.outer?.lock(name) === true;
  }

  addPort(name: string, port: number, protocol: 'tcp' | 'udp' | undefined): void {
    const entry = this.ports.get(name) ?? {};
    if (protocol !== 'udp') entry.tcp = port;
    if (protocol !== 'tcp') entry.udp = port;
    this.ports.set(name, entry);
  }

  address(name: string, family: 'mac' | 'ipv4' | 'prefix'): number | Prefix | undefined {
    const colon = name.lastIndexOf(':');
    const kind = colon < 0 ? undefined : SUFFIXES[name.slice(colon + 1).toLowerCase()];
    const found = this.find(kind === undefined ? name : name.slice(0, colon));
    if (found === undefined) return undefined;
    return kind === undefined ? byFamily(found, family) : bySuffix(found, kind, family);
  }

  address6(name: string): NamedIpv6 | undefined {
    return this.find(name.replace(SUFFIX_6, ''))?.ipv6;
  }

  port(name: string, protocol: 'tcp' | 'udp' | undefined): number | undefined {
    const own = this.ports.get(name);
    if (own !== undefined) return protocol === undefined ? (own.tcp ?? own.udp) : own[protocol];
    return this.outer === undefined ? wellKnownPort(name, protocol) : this.outer.port(name, protocol);
  }

  private find(name: string): NamedAddress | undefined {
    const own = this.addresses.get(name);
    const outer = this.outer === undefined ? this.host?.(name) : this.outer.find(name);
    if (own === undefined) return outer;
    // A network that was declared has its own way out.
    return { ...outer, ...(own.prefix !== undefined && { gateway: undefined }), ...own };
  }
}

function byFamily({ mac, ipv4, prefix: net }: NamedAddress, family: 'mac' | 'ipv4' | 'prefix') {
  if (family === 'mac') return mac;
  return family === 'ipv4' ? ipv4 : net;
}

function bySuffix(found: NamedAddress, kind: Kind, family: string) {
  const { mac, prefix: net } = found;
  switch (kind) {
    case 'mac':
      return family === 'mac' ? mac : undefined;
    case 'ipv4':
      return family === 'mac' ? undefined : found.ipv4;
    case 'network':
      return family === 'prefix' && net !== undefined ? network(net) : undefined;
    case 'gateway':
      return family === 'mac' ? undefined : (found.gateway ?? (net && ((net.address & net.mask) | 1) >>> 0));
    case 'broadcast':
      return family === 'mac' || net === undefined ? undefined : broadcast(net);
  }
}

/** The prefix without host bits. */
function network({ address, mask, length }: Prefix): Prefix {
  return prefix((address & mask) >>> 0, length);
}

function broadcast({ address, length }: Prefix): number {
  return (address | ~maskOfLength(length)) >>> 0;
}

