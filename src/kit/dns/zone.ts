/** A zone: its records by owner and type, and where authority ends (RFC 1034, 4.2). */
import { keyOf, wireOf, type Name } from './name.js';
import { TYPE, type RecordData } from './record-data.js';
import type { ZoneRecord } from './zone-reader.js';

/** All records of one owner and type; they live equally long (RFC 2181, 5.2). */
export interface RecordSet {
  readonly owner: Name;
  readonly type: number;
  readonly ttl: number;
  readonly records: readonly ZoneRecord[];
}

/** A name that exists: it has records, or names below it have some (RFC 4592, 2.2.2). */
export interface ZoneNode {
  readonly name: Name;
  readonly sets: ReadonlyMap<number, RecordSet>;
}

export class Zone {
  private readonly nodes = new Map<string, { name: Name; sets: Map<number, RecordSet> }>();

  constructor(readonly origin: Name) {
    this.nodes.set(keyOf(origin), { name: origin, sets: new Map() });
  }

  /** All names of the zone, in the order of the file. */
  get all(): readonly ZoneNode[] {
    return [...this.nodes.values()];
  }

  find(name: Name): ZoneNode | undefined {
    return this.nodes.get(keyOf(name));
  }

  get apex(): ZoneNode {
    return this.find(this.origin)!;
  }

  /** Puts a set at its name; what lies between it and the origin exists from now on. */
  put(set: RecordSet): void {
    for (let above = set.owner.slice(1); above.length > this.origin.length && !this.nodes.has(keyOf(above)); above = above.slice(1)) {
      this.nodes.set(keyOf(above), { name: above, sets: new Map() });
    }
    const key = keyOf(set.owner);
    let node = this.nodes.get(key);
    if (node === undefined) this.nodes.set(key, (node = { name: set.owner, sets: new Map() }));
    node.sets.set(set.type, set);
  }

  /** The highest name at or above `name` that is given to other servers, below the origin; undefined: the zone has authority. */
  cutAbove(name: Name): ZoneNode | undefined {
    for (let length = this.origin.length + 1; length <= name.length; length += 1) {
      const node = this.find(name.slice(name.length - length));
      if (node === undefined) return undefined;
      if (node.sets.has(TYPE.NS)) return node;
    }
    return undefined;
  }
}

/** Bytes of a record's data, without compression. */
export function dataBytes(data: RecordData): Uint8Array {
  return Buffer.concat(data.map((part) => (part instanceof Uint8Array ? part : wireOf(part.name))));
}
