/** What an image says about itself, to people and programs: everything after the build reads this, not the graph. */
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import type { CountedGraph, InstanceCounters, TrapSite } from '../compile/counter-table.js';
import type { Split } from '../graph/split.js';
import type { LineTable } from './line-table.js';
import type { StateTable } from './state-table.js';

export const MANIFEST_SECTION = '.wirelet.manifest';
/** A manifest longer than this is not one. */
const MANIFEST_BYTES_MAX = 64 * 2 ** 20;

export type Target = 'vm' | 'native';

export interface ManifestInterface {
  readonly name: string;
  readonly mac: string;
  /** IPv4 address with its prefix length, where the graph gives one. */
  readonly address: string | null;
  /** Whether the graph takes frames from it. */
  readonly receives: boolean;
}

/** Most of what there can be at one time; units in the names. */
export interface ManifestLimits {
  readonly ring_descriptors: number;
  readonly packets: number;
  readonly jumbo_packets: number;
  /** Packets that elements can hold, of the above. */
  readonly held_packets: number;
  readonly frame_bytes: number;
  readonly batch_packets: number;
  readonly state_bytes: number;
  readonly log_bytes: number;
}

export interface Manifest {
  readonly name: string;
  readonly version: string;
  /** Wirelet's version that built it. */
  readonly wirelet: string;
  readonly target: Target;
  /** Hash of all that decides the appliance: graph, parameters, elements. */
  readonly graph_sha256: string;
  /** The graph in Click's notation, compounds expanded and parameters replaced. */
  readonly configuration: string;
  readonly elements: readonly { readonly name: string; readonly class: string; readonly config: string }[];
  readonly interfaces: readonly ManifestInterface[];
  /** All memory of the guest; for a native image, of the appliance within its process. */
  readonly memory_bytes: number;
  /** Processors that it is to run on, and how it can be split over them; absent in images of earlier versions: one. */
  readonly processors?: Split & { readonly count: number };
  /** What of a processor the code was made for, by the names of /proc/cpuinfo; absent: any x86-64 will do. */
  readonly processor_features?: readonly string[];
  readonly limits: ManifestLimits;
  /** CycloneDX 1.5: what the image is made of. */
  readonly sbom: object;
  /** How counters become figures, traps and addresses become places. */
  readonly internals: {
    readonly graph: CountedGraph['instances'];
    readonly outputs: readonly (readonly string[])[];
    readonly counters: readonly InstanceCounters[];
    readonly sites: readonly TrapSite[];
    readonly lines: LineTable;
    readonly state: StateTable;
  };
}

export function packManifest(manifest: Manifest): Buffer {
  const text = Buffer.from(JSON.stringify(manifest));
  return brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT, [constants.BROTLI_PARAM_SIZE_HINT]: text.length } });
}

/** Throws if the bytes are not a manifest. */
export function unpackManifest(bytes: Uint8Array): Manifest {
  const text = brotliDecompressSync(bytes, { maxOutputLength: MANIFEST_BYTES_MAX }).toString('utf8');
  const manifest = JSON.parse(text) as Manifest;
  if (typeof manifest.name !== 'string' || !Array.isArray(manifest.interfaces) || !Array.isArray(manifest.elements)) throw new Error('fields are missing');
  return manifest;
}
