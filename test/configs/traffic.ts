/** What arrives at an appliance, and what must leave it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCapture } from '#src/capture/read.js';
import { packageRoot } from '#src/package-root.js';

export interface Arrival {
  readonly port: string;
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  readonly bytes: Buffer;
}

/** A frame that must leave. */
export interface Departure {
  readonly bytes: Buffer;
  /** Bytes that nothing prescribes, such as the identification of a packet the appliance makes: [from, to). */
  readonly free?: readonly (readonly [number, number])[];
}

/** Frames in their order, for each port. */
export type Departures = Record<string, Departure[]>;

/** The ports of each appliance in configs/, in the order in which it lists them. */
export const PORTS = {
  wire: ['lan', 'wan'],
  bridge: ['port0', 'port1', 'port2', 'port3'],
  firewall: ['lan', 'wan'],
  router: ['lan', 'dmz', 'wan'],
  nat: ['inside', 'outside'],
  'dns-server': ['lan'],
} as const;

export type ConfigName = keyof typeof PORTS;
export const CONFIGS = Object.keys(PORTS) as ConfigName[];

/** Those that pass on what comes: there are oracles for them. */
export type ForwarderName = Exclude<ConfigName, 'dns-server'>;
export const FORWARDERS = CONFIGS.filter((config): config is ForwarderName => config !== 'dns-server');

export function configFile(config: ConfigName): string {
  return join(packageRoot, 'configs', `${config}.yaml`);
}

/** The capture that is shipped for a port. */
export function shippedCapture(config: ConfigName, port: string): string {
  return join(packageRoot, 'configs', 'traffic', config, `${port}-in.pcap`);
}

/** What the kernel sent to a port while it stood in for the appliance. */
export function kernelCapture(config: 'router' | 'nat', port: string): string {
  return join(packageRoot, 'configs', 'traffic', config, `${port}-kernel.pcap`);
}

/** Everything in the shipped captures, in the order in which a run takes it: by time, then by port. */
export function shippedArrivals(config: ConfigName): Arrival[] {
  const all = PORTS[config].flatMap((port) =>
    [...readCapture(shippedCapture(config, port))].map(({ timestamp, bytes }) => ({ port, time: timestamp, bytes: Buffer.from(bytes) })));
  return inOrder(all);
}

/** By time; what is simultaneous keeps its order. */
export function inOrder(arrivals: readonly Arrival[]): Arrival[] {
  return [...arrivals].sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

/** The results kept in configs/expected, as text. */
export function keptResult(config: ConfigName): string | undefined {
  const file = keptResultFile(config);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

export function keptResultFile(config: ConfigName): string {
  return join(packageRoot, 'configs', 'expected', `${config}.json`);
}
