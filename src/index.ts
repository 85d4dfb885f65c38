/** The package `wirelet`: what elements are written with, and what builds and runs appliances. */
export * from './kit/index.js';
export { buildAppliance, runAppliance, type BuildApplianceOptions, type GraphOptions, type RunApplianceOptions } from './library.js';
