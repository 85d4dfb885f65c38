/** What an image says about itself, to people and programs: everything after the build reads this, not the graph. */
import { brotliCompressSync, brotliDecompressSync, constants, inflateRawSync } from 'node:zlib';
import type { CountedGraph, InstanceCounters, TrapSite } from '../compile/counter-table.js';
import type { Split } from '../graph/split.js';
import type { LineTable } from './line-table.js';
import type { StateTable } from './state-table.js';

export const MANIFEST_SECTION = '.wirelet.manifest';
/** Counts the forms that manifests have had; those before this field was there are of form 1. */
export const MANIFEST_FORM = 2;
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
  /** MANIFEST_FORM of who wrote it. */
  readonly form: number;
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
  /** Of VM images: eight bytes in hexadecimal by which a running appliance says of which image it is; absent in images of earlier versions. */
  readonly identity?: string;
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

/** A manifest that another version of Wirelet wrote in another form. */
export class OtherVersion extends Error {}

/** Throws OtherVersion, or something else if the bytes are not a manifest. */
export function unpackManifest(bytes: Uint8Array): Manifest {
  let text: string;
  try {
    text = brotliDecompressSync(bytes, { maxOutputLength: MANIFEST_BYTES_MAX }).toString('utf8');
  } catch (error) {
    if (isOfOldForm(bytes)) throw new OtherVersion('an older version of Wirelet made it');
    throw error;
  }
  const manifest: unknown = JSON.parse(text);
  const { form = 1, wirelet } = (manifest ?? {}) as { form?: unknown; wirelet?: unknown };
  if (typeof wirelet === 'string' && typeof form === 'number' && form !== MANIFEST_FORM) throw new OtherVersion(`${form < MANIFEST_FORM ? 'an older' : 'a newer'} version of Wirelet made it`);
  if (!isManifest(manifest)) throw new SyntaxError('fields are missing');
  return manifest;
}

/** Whether it is a manifest as images had it that were compressed otherwise (deflate). */
function isOfOldForm(bytes: Uint8Array): boolean {
  try {
    const manifest = JSON.parse(inflateRawSync(bytes, { maxOutputLength: MANIFEST_BYTES_MAX }).toString('utf8')) as { wirelet?: unknown };
    return typeof manifest.wirelet === 'string';
  } catch {
    return false;
  }
}

/** Whether all is there that is read without a further look: whoever changed a file may have changed anything. */
function isManifest(value: unknown): value is Manifest {
  const isObject = (each: unknown): each is Record<string, unknown> => typeof each === 'object' && each !== null && !Array.isArray(each);
  const hasTexts = (each: unknown, ...names: readonly string[]) => isObject(each) && names.every((name) => typeof each[name] === 'string');
  if (!hasTexts(value, 'name', 'version', 'wirelet', 'target', 'graph_sha256', 'configuration')) return false;
  const { elements, interfaces, memory_bytes, limits, sbom, internals } = value as Record<string, unknown>;
  return Array.isArray(elements) && elements.every((each) => hasTexts(each, 'name', 'class', 'config'))
    && Array.isArray(interfaces) && interfaces.every((each) => hasTexts(each, 'name', 'mac'))
    && typeof memory_bytes === 'number' && isObject(limits) && Object.values(limits).every((each) => typeof each === 'number')
    && isObject(sbom) && isObject(internals);
}
