/** How a mapper spreads flows by a hash. */
import type { Specification } from './specification.js';

/** One of those that a mapper spreads flows over. */
export interface Server {
  readonly specification: Specification;
  readonly id: number;
}

/** Points that each server has, and what decides where they lie. */
export interface Circle {
  readonly nodes: number;
  readonly seed: number;
}

/** What a mapper spreads flows by. */
export interface Hashing {
  readonly circle: Circle;
  readonly servers: readonly Server[];
}
