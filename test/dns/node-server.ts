/** The appliance dns-server, run frame by frame by the reference engine. */
import path from 'node:path';
import { loadGraph } from '#src/graph/load.js';
import type { CheckedGraph } from '#src/graph/graph.js';
import { packageRoot } from '#src/package-root.js';
import { Engine } from '#src/run/node/engine.js';
import { internetChecksum } from '../configs/frame.js';

export const SERVER = { mac: 0x02_00_00_00_fe_01, address: 0xc0000235 };
export const ASKER = { mac: 0x02_00_00_00_00_01, address: 0xc0000264, port: 40_000 };
const START_US = 1_000_000_000_000_000;

export async function serverGraph(set: Readonly<Record<string, string>> = {}): Promise<CheckedGraph> {
  return (await loadGraph(path.join(packageRoot, 'configs/dns-server.yaml'), { set: { rate: '0', ...set } })).checked;
}

/** A frame that brings a request by UDP, as a host sends it. */
export function requestFrame(message: Uint8Array, from: { address?: number; port?: number } = {}): Buffer {
  const { address, port } = { ...ASKER, ...from };
  const frame = Buffer.alloc(42 + message.length);
  frame.writeUIntBE(SERVER.mac, 0, 6);
  frame.writeUIntBE(ASKER.mac, 6, 6);
  frame.writeUInt16BE(0x0800, 12);
  frame.writeUInt16BE(0x4500, 14);
  frame.writeUInt16BE(28 + message.length, 16);
  frame.writeUInt16BE(0x4242, 18);
  frame.writeUInt8(63, 22);
  frame.writeUInt8(17, 23);
  frame.writeUInt32BE(address, 26);
  frame.writeUInt32BE(SERVER.address, 30);
  frame.writeUInt16BE(internetChecksum(frame.subarray(14, 34)), 24);
  frame.writeUInt16BE(port, 34);
  frame.writeUInt16BE(53, 36);
  frame.writeUInt16BE(8 + message.length, 38);
  frame.set(message, 42);
  frame.writeUInt16BE(udpChecksum(frame), 40);
  return frame;
}

/** The checksum that a frame's UDP datagram should have, whatever it has. */
export function udpChecksum(frame: Buffer): number {
  const datagram = Buffer.from(frame.subarray(34, 34 + frame.readUInt16BE(38)));
  datagram.writeUInt16BE(0, 6);
  const pseudo = Buffer.concat([frame.subarray(26, 34), Buffer.from([0, 17, datagram.length >>> 8, datagram.length & 0xff]), datagram, Buffer.alloc(datagram.length % 2)]);
  return internetChecksum(pseudo) || 0xffff;
}

/** What is wrong with the headers of a response; undefined: nothing. */
export function wrongHeaders(frame: Buffer, request: Buffer): string | undefined {
  const swapped = (at: number, other: number, size: number) => frame.subarray(at, at + size).equals(request.subarray(other, other + size));
  if (!swapped(0, 6, 6) || !swapped(6, 0, 6)) return 'the MAC addresses are not swapped';
  if (!swapped(26, 30, 4) || !swapped(30, 26, 4)) return 'the IP addresses are not swapped';
  if (!swapped(34, 36, 2) || !swapped(36, 34, 2)) return 'the ports are not swapped';
  if (frame.readUInt16BE(16) !== frame.length - 14) return 'the length of the IP packet is wrong';
  if (frame.readUInt16BE(38) !== frame.length - 34) return 'the length of the datagram is wrong';
  if (internetChecksum(frame.subarray(14, 34)) !== 0) return 'the checksum of the IP header is wrong';
  if (frame.readUInt16BE(40) !== udpChecksum(frame)) return 'the checksum of the datagram is wrong';
  return undefined;
}

export class NodeServer {
  private readonly left: Buffer[] = [];
  private readonly engine: Engine;
  private now = START_US;

  constructor(readonly graph: CheckedGraph) {
    this.engine = new Engine(graph, {
      seed: 1, microseconds: START_US, log: () => undefined,
      transmit: (_port, frame) => this.left.push(Buffer.from(frame)),
    });
  }

  static async start(set: Readonly<Record<string, string>> = {}): Promise<NodeServer> {
    return new NodeServer(await serverGraph(set));
  }

  /** The frame that answers a frame; undefined: none. Time goes on by `microseconds`. */
  send(frame: Uint8Array, microseconds = 10): Buffer | undefined {
    this.left.length = 0;
    this.now += microseconds;
    this.engine.receive(0, frame, { seconds: Math.floor(this.now / 1e6), nanoseconds: (this.now % 1e6) * 1000 });
    this.engine.step(this.now);
    if (this.left.length > 1) throw new Error(`${this.left.length} frames answer one`);
    return this.left[0];
  }

  /** The response to a request by UDP, its headers checked; undefined: none. */
  ask(message: Uint8Array, from: { address?: number; port?: number } = {}, microseconds = 10): Buffer | undefined {
    const request = requestFrame(message, from);
    const frame = this.send(request, microseconds);
    if (frame === undefined) return undefined;
    const wrong = wrongHeaders(frame, request);
    if (wrong !== undefined) throw new Error(`${wrong}: ${frame.toString('hex')}`);
    return frame.subarray(42);
  }

  /** Counters and drops of the server so far. */
  counts(): Record<string, number> {
    const index = this.graph.instances.findIndex(({ class: type }) => type.name === 'DNSServer');
    const { counters, drops } = this.engine.counts()[index]!;
    return { ...counters, ...drops };
  }
}
