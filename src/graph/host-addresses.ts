/** What the names of the host's network devices stand for in a configuration that runs on it: their addresses, and the way to everything else. */
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { parseIpv4, parseMac, parsePrefix } from '../kit/address.js';
import type { NamedAddress } from './name-scope.js';

/** The addresses of this host that a configuration asks for. What it becomes depends on them. */
export class HostAddresses {
  private readonly asked = new Map<string, NamedAddress | undefined>();

  /** Undefined: the host has no such device. */
  readonly find = (device: string): NamedAddress | undefined => {
    if (!this.asked.has(device)) this.asked.set(device, hostAddress(device));
    return this.asked.get(device);
  };

  /** What was found, in whatever order it was asked for. */
  get texts(): readonly string[] {
    return [...this.asked].filter(([, found]) => found !== undefined).map(([device, found]) => `${device} ${JSON.stringify(found)}`).sort();
  }
}

function hostAddress(device: string): NamedAddress | undefined {
  if (!/^[\w.@-]{1,15}$/.test(device) || /^\.+$/.test(device)) return undefined;
  const addresses = networkInterfaces()[device] ?? [];
  // Devices that are down have no addresses there, but one of their own.
  const link = addresses[0]?.mac ?? textOf(path.join('/sys/class/net', device, 'address'));
  if (link === undefined) return undefined;
  const mac = parseMac(link.trim());
  const first = addresses.find(({ family }) => family === 'IPv4');
  const ipv4 = first && parseIpv4(first.address);
  const net = first?.cidr == null ? undefined : parsePrefix(first.cidr);
  const gateway = gatewayOf(device);
  return { ...(mac !== undefined && { mac }), ...(ipv4 !== undefined && { ipv4 }), ...(net !== undefined && { prefix: net }), ...(gateway !== undefined && { gateway }) };
}

/** Of the default route through a device; undefined: there is none. */
function gatewayOf(device: string): number | undefined {
  const routes = (textOf('/proc/net/route') ?? '').split('\n').slice(1).map((line) => line.split('\t'));
  const found = routes.find(([name, destination, , , , , , mask]) => name === device && destination === '00000000' && mask === '00000000')?.[2];
  // The kernel writes the bytes as they lie in memory.
  return found === undefined || /^0+$/.test(found) ? undefined : Buffer.from(found, 'hex').readUInt32LE();
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
