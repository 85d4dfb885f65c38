/** The state of an appliance as bytes, for a file or another process: a JSON header and the pieces, compressed. */
import { gunzipSync, gzipSync } from 'node:zlib';
import { failure } from '../../diagnostics.js';
import type { ApplianceState } from './element-state.js';

const FORMAT = 'wirelet-state';
const VERSION = 1;
/** More than an appliance's memory can be. */
const STATE_BYTES_MAX = 2 ** 30;
const LENGTH_BYTES = 4;

export function packState(state: ApplianceState): Buffer {
  const elements = state.elements.map(({ pieces, ...element }) => ({ ...element, pieces: pieces.map(({ length }) => length) }));
  const others = state.others?.map((other) => packState(other).toString('base64'));
  const header = Buffer.from(JSON.stringify({ format: FORMAT, version: VERSION, ...state, elements, counters: state.counters.length, others }));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(header.length);
  // Tables are mostly zeros: the fastest level leaves nothing of these.
  return gzipSync(Buffer.concat([length, header, ...state.elements.flatMap(({ pieces }) => pieces), state.counters]), { level: 1 });
}

/** Fails with WL4147 when it is no state of an appliance; `file` is what messages call it. */
export function unpackState(packed: Uint8Array, file: string): ApplianceState {
  const refuse = (why: string) => failure('WL4147', `${file} is not a snapshot of an appliance: ${why}`, 'Make one: wirelet snapshot VM FILE');
  let bytes: Buffer;
  let header: any;
  try {
    bytes = gunzipSync(packed, { maxOutputLength: STATE_BYTES_MAX });
    header = JSON.parse(bytes.toString('utf8', LENGTH_BYTES, LENGTH_BYTES + bytes.readUInt32LE(0)));
  } catch {
    throw refuse('it is damaged, or something else');
  }
  if (header.format !== FORMAT) throw refuse('it is something else');
  if (header.version !== VERSION) throw refuse(`it is of version ${header.version} of the format, this is version ${VERSION}`);
  let at = LENGTH_BYTES + bytes.readUInt32LE(0);
  const take = (length: number) => {
    if (!Number.isSafeInteger(length) || length < 0 || at + length > bytes.length) throw refuse('it is cut off');
    return new Uint8Array(bytes.subarray(at, (at += length)));
  };
  const elements = (header.elements as any[]).map((element) => ({ ...element, pieces: (element.pieces as number[]).map(take) }));
  const state = { name: header.name, graph_sha256: header.graph_sha256, counting: header.counting, elements, counters: take(header.counters) };
  if (!Array.isArray(header.others)) return state;
  return { ...state, others: (header.others as string[]).map((other) => unpackState(Buffer.from(other, 'base64'), file)) };
}
