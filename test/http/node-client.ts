/** A client of HTTPServer in the reference engine: a connection without losses, one after the other. */
import type { CheckedGraph } from '#src/graph/graph.js';
import { Engine } from '#src/run/node/engine.js';
import { internetChecksum } from '../configs/frame.js';
import { clickGraph } from '../elements/click-graph.js';
import type { Outcome } from './cases.js';

const START_US = 1_000_000_000_000_000;
const OWN = 0x0a00_0002;
const SERVER = 0x0a00_0001;
const SEGMENT_BYTES = 1400;
/** Later than acknowledgements are delayed; sooner than anything is given up. */
const PATIENCE_US = 500_000;
const FLAG = { fin: 1, syn: 2, rst: 4, ack: 16 };

export class NodeClient {
  private readonly engine: Engine;
  private readonly left: Buffer[] = [];
  private now = START_US;
  private port = 20_000;
  private sequence = 0;
  private next = 0;
  private received: Buffer[] = [];
  private closed = false;

  private constructor(graph: CheckedGraph) {
    this.engine = new Engine(graph, { seed: 1, microseconds: START_US, log: () => undefined, transmit: (_port, frame) => this.left.push(Buffer.from(frame)) });
  }

  /** A server of a folder, with further arguments of HTTPServer. */
  static async of(root: string, more = ''): Promise<NodeClient> {
    return new NodeClient(await clickGraph(`FromDevice(lan) -> CheckIPHeader -> CheckTCPHeader -> web :: HTTPServer(${root}, CONNECTIONS 8${more}) -> ToDevice(lan);`));
  }

  /** Sends the pieces on a connection of their own; what came back. Then the connection is reset. */
  exchange(pieces: readonly Uint8Array[], windowBytes = 65_535): Outcome {
    this.port += 1;
    this.sequence = 1000;
    this.next = 0;
    this.received = [];
    this.closed = false;
    this.segment(FLAG.syn, Buffer.alloc(0), windowBytes);
    this.sequence += 1;
    for (const piece of pieces) {
      for (let at = 0; at < piece.length; at += SEGMENT_BYTES) {
        const data = Buffer.from(piece.subarray(at, at + SEGMENT_BYTES));
        this.segment(FLAG.ack, data, windowBytes);
        this.sequence += data.length;
      }
    }
    this.advance(windowBytes);
    const outcome = { bytes: Buffer.concat(this.received), closed: this.closed };
    this.segment(FLAG.rst | FLAG.ack, Buffer.alloc(0), windowBytes);
    return outcome;
  }

  /** Takes what the server sends, until it sends nothing more. */
  private advance(windowBytes: number): void {
    const end = this.now + PATIENCE_US;
    for (;;) {
      const due = this.engine.nextTimer(false);
      if (due === undefined || due > end) break;
      this.now = Math.max(this.now, due);
      this.engine.step(this.now);
      this.take(windowBytes);
    }
    this.now = end;
  }

  private take(windowBytes: number): void {
    while (this.left.length > 0) {
      let isNew = false;
      for (const packet of this.left.splice(0)) {
        const tcp = packet.subarray(20, packet.readUInt16BE(2));
        if (tcp.readUInt16BE(2) !== this.port) continue;
        const data = tcp.subarray((tcp[12]! >> 4) * 4);
        const flags = tcp[13]!;
        if ((flags & FLAG.rst) !== 0) this.closed = true;
        if ((flags & FLAG.syn) !== 0) this.next = (tcp.readUInt32BE(4) + 1) >>> 0;
        if ((flags & FLAG.syn) !== 0) isNew = true;
        else if (tcp.readUInt32BE(4) === this.next && (data.length > 0 || (flags & FLAG.fin) !== 0)) {
          isNew = true;
          this.received.push(Buffer.from(data));
          if ((flags & FLAG.fin) !== 0) this.closed = true;
          this.next = (this.next + data.length + (flags & FLAG.fin)) >>> 0;
        }
      }
      if (isNew) this.segment(FLAG.ack, Buffer.alloc(0), windowBytes);
    }
  }

  private segment(flags: number, data: Buffer, windowBytes: number): void {
    const tcp = Buffer.alloc(20);
    tcp.writeUInt16BE(this.port, 0);
    tcp.writeUInt16BE(80, 2);
    tcp.writeUInt32BE(this.sequence, 4);
    tcp.writeUInt32BE((flags & FLAG.ack) === 0 ? 0 : this.next, 8);
    tcp[12] = 5 << 4;
    tcp[13] = flags;
    tcp.writeUInt16BE(windowBytes, 14);
    const segment = Buffer.concat([tcp, data]);
    const ip = Buffer.from('450000000000400040060000', 'hex');
    const header = Buffer.concat([ip, Buffer.alloc(8)]);
    header.writeUInt16BE(20 + segment.length, 2);
    header.writeUInt32BE(OWN, 12);
    header.writeUInt32BE(SERVER, 16);
    header.writeUInt16BE(internetChecksum(header), 10);
    const pseudo = Buffer.concat([header.subarray(12, 20), Buffer.from([0, 6, segment.length >> 8, segment.length & 255]), segment, Buffer.alloc(segment.length % 2)]);
    segment.writeUInt16BE(internetChecksum(pseudo), 16);
    this.now += 100;
    this.engine.receive(0, Buffer.concat([header, segment]), { seconds: Math.floor(this.now / 1e6), nanoseconds: (this.now % 1e6) * 1000 });
    this.engine.step(this.now);
    this.take(windowBytes);
  }
}
