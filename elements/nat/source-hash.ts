/**
 * Consistent hashing of source addresses: servers own points on a circle, and an address belongs to the next point (Karger et al., 1997). The
 * circle is that of Click's SourceIPHashMapper, so that a host goes to the server that it had there.
 */
import { byteSwapped, type u32 } from 'wirelet';
import type { Hashing } from './hashing.js';

/** Where an address lies on the circle, as Click on a PC puts it: the order of bytes is its. */
export function hashOf(address: u32): u32 {
  const first = address >>> 24;
  return (Math.imul(byteSwapped(address), ((first << 24) | 1) >>> 0) >>> 0) % 0x7fff_ffff;
}

export const POINTS_MAX = 2 ** 16;
/** Points of the tree on the way down. */
const STEPS = 20;

/** The first point at or behind `place`, of a tree of points in an array; the root behind the last. */
export function pointOf(points: readonly number[], place: u32): number {
  let found = 0;
  let at = 0;
  for (let step = 0; step < STEPS; step += 1) {
    if (at >= points.length) break;
    const point = points[at]!;
    if (point === place) {
      found = at;
      break;
    }
    if (place > point) {
      at = 2 * at + 2;
    } else {
      found = at;
      at = 2 * at + 1;
    }
  }
  return found < points.length ? found : 0;
}

/** The numbers that the C library's random() gives after srandom(seed): an additive feedback generator. */
function* randomNumbers(seed: number): Generator<number, never> {
  const words = [seed === 0 ? 1 : seed | 0];
  for (let index = 1; index < 31; index += 1) {
    const word = Number((16_807n * BigInt(words[index - 1]!)) % 2_147_483_647n);
    words.push(word < 0 ? word + 2_147_483_647 : word);
  }
  for (let index = 31; index < 34; index += 1) words.push(words[index - 31]!);
  for (let index = 34; ; index += 1) {
    words.push((words[index - 31]! + words[index - 3]!) >>> 0);
    if (index >= 344) yield words[index]! >>> 1;
  }
}

/** Points in ascending order as a tree: those behind the one at i are 2i + 1 and 2i + 2. */
function treeOf<T>(ascending: readonly T[]): T[] {
  const size = ascending.length;
  const whole = 2 ** (Math.floor(Math.log2(size)) + 1);
  // The lowest row is not full: from here on places skip what is not there.
  const odd = 2 * Math.trunc((size + 1) / 2) - 2 * Math.trunc((whole - 1 - size) / 2) + 1;
  const tree: T[] = [];
  for (let step = whole; step > 1; step /= 2) {
    for (let place = step / 2; place < whole && tree.length < size; place += step) tree.push(ascending[(place < odd ? place : Math.trunc((place + odd - 1) / 2)) - 1]!);
  }
  return tree;
}

/** The points of the servers on the circle, as a tree, and the server behind each, by its place among the patterns. */
export function ringOf({ circle, servers }: Hashing): { points: number[]; owners: number[] } {
  const ids = servers.map(({ id }) => id).sort((a, b) => a - b);
  const numbers = randomNumbers(circle.seed);
  const all: { point: number; owner: number }[] = [];
  for (let id = 0; id <= ids.at(-1)!; id += 1) {
    const owner = ids.indexOf(id);
    for (let node = 0; node < circle.nodes; node += 1) {
      const point = numbers.next().value;
      if (owner >= 0) all.push({ point, owner });
    }
  }
  const tree = treeOf(all.sort((a, b) => a.point - b.point));
  return { points: tree.map(({ point }) => point), owners: tree.map(({ owner }) => owner) };
}
