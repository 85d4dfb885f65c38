/** Consistent hashing of source addresses: servers own points on a circle, and an address belongs to the next point (Karger et al., 1997). */
import { type u32 } from 'wirelet';
import type { Specification } from './specification.js';

export interface Server {
  readonly specification: Specification;
  readonly id: number;
}

/** Points that each server has, and what decides where they lie. */
export interface Circle {
  readonly nodes: number;
  readonly seed: number;
}

export interface Hashing {
  readonly circle: Circle;
  readonly servers: readonly Server[];
}

/** A bijective mix of 32 bits, for points and addresses alike. */
export function hashOf(value: u32): u32 {
  const once = Math.imul(value ^ (value >>> 16), 0x7feb_352d);
  const twice = Math.imul(once ^ (once >>> 15), 0x846c_a68b);
  return (twice ^ (twice >>> 16)) >>> 0;
}

/** Halvings that reach any of as many points as there may be. */
const STEPS = 20;
export const POINTS_MAX = 2 ** 16;

/** The first point at or behind `place`, of points in ascending order; the first of all behind the last. */
export function pointOf(points: readonly number[], place: u32): number {
  let low = 0;
  let high = points.length;
  for (let step = 0; step < STEPS; step += 1) {
    if (low >= high) break;
    const middle = (low + high) >>> 1;
    if (middle < points.length && points[middle]! < place) low = middle + 1;
    else high = middle;
  }
  return low < points.length ? low : 0;
}

/** The points of the servers on the circle, ascending, and the server behind each. */
export function ringOf({ circle, servers }: Hashing): { points: number[]; owners: number[] } {
  const all = servers.flatMap(({ id }, owner) => Array.from({ length: circle.nodes }, (_, node) => ({ point: hashOf((circle.seed ^ hashOf(id * 65_536 + node)) >>> 0), owner })));
  all.sort((a, b) => a.point - b.point || a.owner - b.owner);
  return { points: all.map(({ point }) => point), owners: all.map(({ owner }) => owner) };
}
