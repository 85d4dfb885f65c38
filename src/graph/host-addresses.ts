/** What the names of the host's network devices stand for in a configuration that runs on it: their addresses, and the way to everything else. */
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { parseIpv4, parseMac, parsePrefix } from '../kit/address.js';
import type { NamedAddress } from './name-scope.js';

/** Undefined: the host has no such device. */
export function hostAddress(device: string): NamedAddress | undefined {
  if (!/^[\w.@-]{1,15}$/.test(device) || /^\.+$/.test(device)) return undefined;
  const link = textOf(path.join('/sys/class/net', device, 'address'));
  if (link === undefined) return undefined;
  const mac = parseMac(link.trim());
  const [first] = (networkInterfaces()[device] ?? []).filter(({ family }) => family === 'IPv4');
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
