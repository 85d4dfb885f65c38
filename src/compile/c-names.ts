/** Names in C: of instances, of the functions for their ports, of the variables that hold a packet. */
import type { Instance, Interface } from '../graph/graph.js';
import type { LoweredMethod } from './lower-method.js';

/** Variables that hold a packet in C, as text. */
export interface PacketNames {
  readonly p: string;
  readonly d: string;
  readonly e: string;
  readonly marks: readonly string[];
  readonly words: readonly string[];
}

/** What the C names of an instance begin with. */
export function prefixOf(instance: Instance): string {
  return `e${instance.index}_${instance.name.replace(/[^A-Za-z0-9_]/g, '_')}`;
}

export function pushName(instance: Instance, port: number, method: LoweredMethod | undefined): string {
  return `${prefixOf(instance)}_push${method?.usesPort === true || instance.class.definition.device === 'gate' ? port : ''}`;
}

export function learnName(instance: Instance, port: number): string {
  return `${prefixOf(instance)}_learn${port}`;
}

export function pullName(instance: Instance, port: number): string {
  return `${prefixOf(instance)}_pull${port}`;
}

export function parameterList({ p, d, e, marks, words }: PacketNames): string {
  return [`struct wl_packet *${p}`, ...[d, e, ...marks].map((name) => `uint8_t *${name}`), ...words.map((name) => `uint32_t ${name}`)].join(', ');
}

/** An interface, as X(number, name, receives, six bytes of its address). */
export function interfaceEntry({ index, name, receives, mac }: Interface): string {
  const bytes = [40, 32, 24, 16, 8, 0].map((shift) => `0x${(Math.floor(mac / 2 ** shift) % 256).toString(16)}`);
  return `X(${index}, "${name}", ${Number(receives)}, ${bytes.join(', ')})`;
}
