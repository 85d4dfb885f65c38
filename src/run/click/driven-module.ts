/** Compiled elements, loaded: the functions and the memory of native/addon/wl_driven.h, and what goes from one such unit to the next. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { statePieces } from '../../compile/c-state.js';
import type { Instance } from '../../graph/graph.js';
import type { DrivenFacts } from '../../image/driven.js';
import type { Packet } from '../../kit/packet.js';
import { imageOfPacket, packetOfImage } from './slot-image.js';

/**
 * What comes to an element of the control side: a packet, at an input; somebody who pulls, at an output; its turn among the tasks. And to any element whose
 * code is not up to date: a packet, and somebody who pulls.
 */
export const [PUSHED, PULLED, RUN, ENTERED, TAKEN] = [0, 1, 2, 3, 4];

/** What a unit calls. */
type Callbacks = [
  transmit: (index: number, frame: Buffer) => void,
  log: (text: string) => void,
  /** For who pulls, the packet, or whether there may be more behind one that went astray; for a turn, whether there was work. */
  gate: (kind: number, instance: number, port: number, packet: Buffer | undefined) => Buffer | boolean | undefined,
];

export interface Driven {
  /** Memory of the pieces of element state, then of the counters. */
  readonly places: readonly ArrayBuffer[];
  /** Where elements keep their random numbers. */
  readonly randoms: readonly ArrayBuffer[];
  /** DrivenFacts, as JSON. */
  readonly facts: string;
  begin(seed: number, microseconds: number, ...callbacks: Callbacks): void;
  resume(seed: number, microseconds: number, ...callbacks: Callbacks): void;
  setTime(microseconds: number): void;
  receive(index: number, frame: Buffer): boolean;
  fire(): boolean;
  round(task: number): boolean | number;
  leave(): void;
  nextTimer(work: boolean): number | undefined;
  hasTask(instance: number): void;
  emit(instance: number, output: number, packet: Buffer): void;
  enter(instance: number, input: number, packet: Buffer): void;
  pull(instance: number, input: number): Buffer | undefined;
  answer(instance: number, output: number, packet: Buffer | undefined): Buffer | undefined;
  take(place: ArrayBuffer, list: number, last: boolean): Buffer | undefined;
  put(place: ArrayBuffer, list: number, packet: Buffer): boolean;
}

/** The number of the list, where a store is a queue. */
const QUEUE = -1;

const loaded = new Set<string>();

export class DrivenModule {
  readonly driven: Driven;
  readonly facts: DrivenFacts;

  /** `version`: of the arguments that it was made of. */
  constructor(file: string, readonly version: number) {
    this.driven = load(file);
    this.facts = JSON.parse(this.driven.facts) as DrivenFacts;
  }

  get counters(): ArrayBuffer {
    const { places } = this.driven;
    return places[places.length - 1]!;
  }

  /** Ends a packet of a queue; whether there was one. */
  drop(place: number, last: boolean): boolean {
    const { driven } = this;
    return driven.take(driven.places[place]!, QUEUE, last) !== undefined;
  }

  /** Takes the first packet out of a queue, or out of a list of lists. */
  take(place: number, list = QUEUE): Packet | null {
    const { driven } = this;
    const image = driven.take(driven.places[place]!, list, false);
    return image === undefined ? null : packetOfImage(image);
  }

  /** Puts a packet behind the others. */
  put(place: number, packet: Packet, list = QUEUE): void {
    const { driven } = this;
    driven.put(driven.places[place]!, list, imageOfPacket(packet));
  }

  /** The random numbers of the instances that have some. */
  randoms(): Map<number, number> {
    return new Map(this.facts.randoms.map((instance, index) => [instance, new Uint32Array(this.driven.randoms[index]!)[0]!]));
  }

  setRandoms(known: ReadonlyMap<number, number>): void {
    this.facts.randoms.forEach((instance, index) => {
      const value = known.get(instance);
      if (value !== undefined) new Uint32Array(this.driven.randoms[index]!)[0] = value;
    });
  }

  /** Gives another unit, which begins or waits for this one, what the instances know, and the packets that they hold; their state has the same shapes there. */
  handOver(next: DrivenModule, instances: readonly Instance[]): void {
    const [from, to] = [this.driven, next.driven];
    let place = 0;
    for (const instance of instances) {
      for (const { kind, name } of statePieces(instance)) {
        const [old, now] = [from.places[place]!, to.places[place]!];
        const entry = kind === 'entry' ? instance.state[name]! : undefined;
        if (entry?.kind === 'queue') movePackets(from, old, to, now, QUEUE);
        else if (entry?.kind === 'lists') for (let list = 0; list < entry.lists; list += 1) movePackets(from, old, to, now, list);
        else new Uint8Array(now).set(new Uint8Array(old));
        place += 1;
      }
    }
  }
}

function movePackets(from: Driven, old: ArrayBuffer, to: Driven, now: ArrayBuffer, list: number): void {
  // What elements make at the start was made before.
  while (to.take(now, list, false) !== undefined);
  for (let packet = from.take(old, list, false); packet !== undefined; packet = from.take(old, list, false)) to.put(now, list, packet);
}

/** A process loads a file once: who needs the same code again, with memory of its own, loads a copy. */
function load(file: string): Driven {
  const module = { exports: {} as Driven };
  if (!loaded.has(file)) {
    loaded.add(file);
    process.dlopen(module, file);
    return module.exports;
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-driven-'));
  try {
    const copy = path.join(folder, path.basename(file));
    copyFileSync(file, copy);
    process.dlopen(module, copy);
    return module.exports;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
