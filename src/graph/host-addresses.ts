/** What the names of the host's network devices stand for in a configuration that runs on it: their addresses, and the way to everything else. */
import { execFileSync } from 'node:child_process';
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
  const up = addresses.find(({ family }) => family === 'IPv4')?.cidr ?? undefined;
  const down = up === undefined && exists(device) ? askedOfHost(device) : undefined;
  const link = addresses[0]?.mac ?? down?.mac ?? textOf(path.join('/sys/class/net', device, 'address'));
  if (link === undefined) return undefined;
  const mac = parseMac(link.trim());
  const cidr = up ?? down?.cidr;
  const ipv4 = cidr === undefined ? undefined : parseIpv4(cidr.split('/')[0]!);
  const net = cidr === undefined ? undefined : parsePrefix(cidr);
  const gateway = gatewayOf(device);
  return { ...(mac !== undefined && { mac }), ...(ipv4 !== undefined && { ipv4 }), ...(net !== undefined && { prefix: net }), ...(gateway !== undefined && { gateway }) };
}

const exists = (device: string): boolean => (textOf('/proc/net/dev') ?? '').split('\n').some((line) => line.trim().startsWith(`${device}:`));

interface AddressesShown {
  readonly address?: string;
  readonly addr_info?: readonly { readonly family: string; readonly local: string; readonly prefixlen: number }[];
}

/** Longest wait for what the command `ip` says, in milliseconds. */
const ASKING_MS = 2000;

/** The addresses of a device that is down, of which Node tells nothing; undefined: there is no command that does. */
function askedOfHost(device: string): { mac?: string; cidr?: string } | undefined {
  try {
    const shown = execFileSync('ip', ['-j', 'address', 'show', 'dev', device], { encoding: 'utf8', timeout: ASKING_MS, stdio: ['ignore', 'pipe', 'ignore'] });
    const found = (JSON.parse(shown) as readonly AddressesShown[]).find(({ addr_info: infos }) => infos !== undefined);
    const first = found?.addr_info?.find(({ family }) => family === 'inet');
    return { ...(found?.address !== undefined && { mac: found.address }), ...(first && { cidr: `${first.local}/${first.prefixlen}` }) };
  } catch {
    return undefined;
  }
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
