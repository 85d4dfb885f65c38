/** Packets held by an element: queues and lists of fixed capacity. Twin: native/runtime/wl_packet_store.h. */
import type { u32 } from './integers.js';
import type { Packet } from './packet.js';
import { PacketTrap } from './trap.js';

export class PacketQueue {
  private readonly packets: Packet[] = [];

  constructor(public capacity: number) {}

  /** Gives it room for `capacity` packets; those that have none then are gone, the last ones first. Not part of the subset. */
  resize(capacity: number): void {
    this.capacity = capacity;
    this.packets.splice(capacity);
  }

  get length(): u32 {
    return this.packets.length;
  }

  /** Whether `enqueue` would refuse. */
  get full(): boolean {
    return this.packets.length >= this.capacity;
  }

  /** Stores the packet at the tail. Traps when it is full: ask `full` first. */
  enqueue(packet: Packet): void {
    if (this.full) throw new PacketTrap('store_full');
    this.packets.push(packet);
  }

  /** Stores the packet at the head: it is the next to leave. Traps when it is full. */
  enqueueFirst(packet: Packet): void {
    if (this.full) throw new PacketTrap('store_full');
    this.packets.unshift(packet);
  }

  /** The packet at the head, or null when the queue is empty. */
  dequeue(): Packet | null {
    return this.packets.shift() ?? null;
  }

  /** The packet at the tail, or null when the queue is empty. */
  dequeueLast(): Packet | null {
    return this.packets.pop() ?? null;
  }
}

export class PacketLists {
  private readonly members: Packet[][];
  private held = 0;

  constructor(
    readonly lists: number,
    readonly capacity: number,
  ) {
    this.members = Array.from({ length: lists }, () => []);
  }

  /** Packets in all lists together. */
  get length(): u32 {
    return this.held;
  }

  get full(): boolean {
    return this.held >= this.capacity;
  }

  /** Packets in one list. */
  count(list: number): u32 {
    return this.members[list]!.length;
  }

  /** Stores the packet at the end of `list`. Traps when they are full: ask `full` first. */
  append(list: number, packet: Packet): void {
    if (this.full) throw new PacketTrap('store_full');
    this.members[list]!.push(packet);
    this.held += 1;
  }

  /** The first packet of `list`, or null when it is empty. */
  take(list: number): Packet | null {
    const packet = this.members[list]!.shift();
    if (packet === undefined) return null;
    this.held -= 1;
    return packet;
  }
}
