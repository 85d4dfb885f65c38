/**
 * What must come out of an appliance in configs/, worked out from what goes in without any of the code under
 * test. Every way of running an appliance is held to it.
 */
import { createHash } from 'node:crypto';
import { bridge } from './bridge-oracle.js';
import { firewall } from './firewall-oracle.js';
import { internetChecksum } from './frame.js';
import { nat } from './nat-oracle.js';
import { router } from './router-oracle.js';
import { PORTS, shippedArrivals, type Arrival, type ForwarderName, type Departure, type Departures } from './traffic.js';
import { wire } from './wire-oracle.js';

const ORACLES: Record<ForwarderName, (arrivals: readonly Arrival[]) => Departures> = { wire, bridge, firewall, router, nat };

/** The frames that must leave on each port, in order; for the shipped captures when no others are given. */
export function expectedOutput(config: ForwarderName, arrivals: readonly Arrival[] = shippedArrivals(config)): Departures {
  return ORACLES[config](arrivals);
}

/** What is wrong with the frames that left, in sentences; empty: nothing. */
export function differences(expected: Departures, actual: Readonly<Record<string, readonly Uint8Array[]>>): string[] {
  const found: string[] = [];
  for (const [port, wanted] of Object.entries(expected)) {
    const got = (actual[port] ?? []).map((frame) => Buffer.from(frame));
    const first = wanted.findIndex((departure, index) => got[index] === undefined || !isSame(departure, got[index]));
    if (first >= 0 || got.length !== wanted.length) {
      const at = first < 0 ? wanted.length : first;
      found.push(`port ${port}: ${got.length} frames left, ${wanted.length} should; the first that differs is number ${at}:`
        + `\n  should be ${hex(wanted[at]?.bytes)}\n  but is    ${hex(got[at])}`);
    }
    // Where bytes are free, the checksum over them is too, but it must be right.
    const broken = got.findIndex((frame, index) => wanted[index]?.free !== undefined && !hasRightChecksum(frame));
    if (broken >= 0 && first < 0) found.push(`port ${port}: frame ${broken} has a wrong IP header checksum`);
  }
  return found;
}

/** A short account of what must come out, to be kept beside the configuration. */
export function resultText(config: ForwarderName): string {
  const arrivals = shippedArrivals(config);
  const expected = expectedOutput(config, arrivals);
  const ports = Object.fromEntries(PORTS[config].map((port) => {
    const departures = expected[port]!;
    const hash = createHash('sha256');
    for (const departure of departures) hash.update(blanked(departure, departure.bytes));
    return [port, {
      rx_packets: arrivals.filter((arrival) => arrival.port === port).length,
      tx_packets: departures.length,
      tx_bytes: departures.reduce((sum, { bytes }) => sum + bytes.length, 0),
      tx_sha256: hash.digest('hex'),
    }];
  }));
  return `${JSON.stringify({ config, ports }, undefined, 2)}\n`;
}

function isSame(departure: Departure, got: Buffer): boolean {
  return blanked(departure, got).equals(blanked(departure, departure.bytes));
}

/** The frame with zeros where nothing is prescribed. */
function blanked({ free }: Departure, frame: Buffer): Buffer {
  const copy = Buffer.from(frame);
  for (const [from, to] of free ?? []) copy.fill(0, from, to);
  return copy;
}

function hasRightChecksum(frame: Buffer): boolean {
  return internetChecksum(frame.subarray(14, 14 + (frame[14]! & 15) * 4)) === 0;
}

function hex(frame: Buffer | undefined): string {
  return frame === undefined ? 'nothing' : `${frame.length} bytes: ${frame.toString('hex', 0, 96)}`;
}
