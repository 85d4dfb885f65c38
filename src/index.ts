/** The library: what elements are written with, and what builds and runs appliances. */
export * from './kit/index.js';
