/**
 * One network that a router or gateway is attached to, modelled from RFC 826 and RFC 1122: it answers ARP
 * requests for its own address, asks for others', and keeps packets until the answer is there.
 */
import { address, ARP_TYPE, ethernetFrame, IP_TYPE, mac } from './frame.js';
import type { Departure } from './traffic.js';

const BROADCAST = Buffer.alloc(6, 0xff);
const REQUEST = 1;
const REPLY = 2;

/** An ARP question is asked again after this time (RFC 1122, 2.3.2.1: no more than once a second). */
const PATIENCE_NS = 1_000_000_000n;
/** Nobody is there who has not answered so many questions. */
const QUESTIONS_MAX = 3;

/** An IPv4 packet on its way out. */
export interface Outgoing {
  readonly packet: Buffer;
  /** Bytes of the packet that nothing prescribes. */
  readonly free?: readonly (readonly [number, number])[];
}

interface Neighbor {
  mac?: Buffer;
  askedAt: bigint;
  questions: number;
  readonly waiting: Outgoing[];
}

export class ArpSide {
  readonly mac: Buffer;
  readonly address: number;
  readonly out: Departure[] = [];
  private readonly neighbors = new Map<number, Neighbor>();

  constructor(
    macText: string,
    readonly addressText: string,
    readonly network: string,
  ) {
    this.mac = mac(macText);
    this.address = address(addressText);
  }

  /** Whether a frame is for this station or for all. */
  accepts(frame: Buffer): boolean {
    return frame.length >= 14 && (frame.subarray(0, 6).equals(this.mac) || (frame[0]! & 1) === 1);
  }

  /** Takes an ARP frame: answers it, or learns from it. */
  receiveArp(frame: Buffer): void {
    if (frame.length < 42 || frame.readUInt16BE(12) !== ARP_TYPE) return;
    const arp = frame.subarray(14, 42);
    const fixed = arp.readUInt16BE(0) === 1 && arp.readUInt16BE(2) === IP_TYPE && arp[4] === 6 && arp[5] === 4;
    if (!fixed) return;
    const senderMac = Buffer.from(arp.subarray(8, 14));
    const sender = arp.readUInt32BE(14);
    if (arp.readUInt16BE(6) === REQUEST && arp.readUInt32BE(24) === this.address) {
      this.out.push({ bytes: this.arp(senderMac, REPLY, senderMac, sender) });
    } else if (arp.readUInt16BE(6) === REPLY) {
      this.learn(sender, senderMac);
    }
  }

  /** Sends a packet to a neighbour, now or as soon as its MAC address is known. */
  send(outgoing: Outgoing, nextHop: number, now: bigint): void {
    const neighbor = this.neighborOf(nextHop);
    if (neighbor.mac !== undefined) return this.transmit(outgoing, neighbor.mac);
    neighbor.waiting.push(outgoing);
    if (neighbor.questions === 0) this.ask(neighbor, nextHop, now);
  }

  /** Asks again for those who have not answered by `now`; without it, to the end. */
  advance(now?: bigint): void {
    const isDue = ({ waiting, askedAt }: Neighbor) => waiting.length > 0 && (now === undefined || askedAt + PATIENCE_NS <= now);
    for (const [nextHop, neighbor] of this.neighbors) {
      while (isDue(neighbor)) {
        if (neighbor.questions < QUESTIONS_MAX) this.ask(neighbor, nextHop, neighbor.askedAt + PATIENCE_NS);
        else {
          neighbor.waiting.length = 0;
          neighbor.questions = 0;
        }
      }
    }
  }

  private ask(neighbor: Neighbor, nextHop: number, now: bigint): void {
    neighbor.askedAt = now;
    neighbor.questions += 1;
    this.out.push({ bytes: this.arp(BROADCAST, REQUEST, Buffer.alloc(6), nextHop) });
  }

  private learn(sender: number, senderMac: Buffer): void {
    const neighbor = this.neighborOf(sender);
    neighbor.mac = senderMac;
    neighbor.questions = 0;
    for (const outgoing of neighbor.waiting.splice(0)) this.transmit(outgoing, senderMac);
  }

  private neighborOf(nextHop: number): Neighbor {
    const known = this.neighbors.get(nextHop) ?? { askedAt: 0n, questions: 0, waiting: [] };
    this.neighbors.set(nextHop, known);
    return known;
  }

  private transmit({ packet, free }: Outgoing, to: Buffer): void {
    const bytes = ethernetFrame(to, this.mac, IP_TYPE, packet);
    this.out.push({ bytes, free: free?.map(([from, until]) => [from + 14, until + 14] as const) });
  }

  private arp(to: Buffer, operation: number, targetMac: Buffer, target: number): Buffer {
    const arp = Buffer.alloc(28);
    arp.writeUInt16BE(1, 0);
    arp.writeUInt16BE(IP_TYPE, 2);
    arp[4] = 6;
    arp[5] = 4;
    arp.writeUInt16BE(operation, 6);
    this.mac.copy(arp, 8);
    arp.writeUInt32BE(this.address, 14);
    targetMac.copy(arp, 18);
    arp.writeUInt32BE(target, 24);
    return ethernetFrame(to, this.mac, ARP_TYPE, arp);
  }
}
