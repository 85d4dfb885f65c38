/**
 * The plan of an appliance: how much of everything there will be, decided before a line of C is printed.
 * Nothing is allocated afterwards.
 */
import { DiagnosticError, type Diagnostic } from '../diagnostics.js';
import type { CheckedGraph, Instance } from '../graph/graph.js';
import { SLOT_HEADER_BYTES, HEADROOM_BYTES, JUMBO_DATA_BYTES, SMALL_DATA_BYTES } from '../kit/limits.js';
import { packetsHeld, rangeOf, type StateEntry } from '../kit/state.js';
import { tableSlots } from '../kit/table.js';
import { storageBytes, storageType } from './storage.js';
import { tableRow } from './table-row.js';

export interface Plan {
  readonly graph: CheckedGraph;
  /** Descriptors of each virtqueue. */
  readonly ringSize: number;
  readonly smallSlots: number;
  readonly jumboSlots: number;
  /** Packets that the elements can hold at once. */
  readonly packetsHeld: number;
  /** Bytes of element state, before alignment. */
  readonly stateBytes: number;
  /** Bytes of packet memory. */
  readonly poolBytes: number;
}

/** Descriptors of a virtqueue: enough for the host to be away for some microseconds at full rate. */
export const RING_SIZE_DEFAULT = 256;
/** Packets in the hands of the graph itself: a batch, and copies on their way. */
const PACKETS_AT_WORK = 64;
/** Jumbo frames held at once; see wl_packet.h. */
const JUMBO_SLOTS_DEFAULT = 8;
/** WL_MEMORY_BYTES_MAX: one gigabyte of guest memory. */
export const MEMORY_BYTES_MAX = 2 ** 30;

export interface PlanOptions {
  ringSize?: number;
}

/** Sizes everything; refuses a graph that does not fit. */
export function plan(graph: CheckedGraph, options: PlanOptions = {}): Plan {
  const ringSize = options.ringSize ?? RING_SIZE_DEFAULT;
  const held = graph.instances.reduce((sum, instance) => sum + sumState(instance, packetsHeld), 0);
  const receiving = graph.interfaces.filter(({ receives }) => receives).length;
  // A receive ring is kept full of empty slots; one ring's worth more may wait to be sent.
  const smallSlots = receiving * ringSize + ringSize + held + PACKETS_AT_WORK;
  const jumboSlots = JUMBO_SLOTS_DEFAULT + (held > 0 ? JUMBO_SLOTS_DEFAULT : 0);
  const slotBytes = SLOT_HEADER_BYTES + HEADROOM_BYTES;
  const poolBytes = smallSlots * (slotBytes + SMALL_DATA_BYTES) + jumboSlots * (slotBytes + JUMBO_DATA_BYTES);
  const stateBytes = graph.instances.reduce((sum, instance) => sum + sumState(instance, entryBytes), 0);
  if (stateBytes + poolBytes > MEMORY_BYTES_MAX) throw new DiagnosticError([tooLarge(graph, stateBytes, poolBytes)]);
  return { graph, ringSize, smallSlots, jumboSlots, packetsHeld: held, stateBytes, poolBytes };
}

function sumState(instance: Instance, measure: (entry: StateEntry) => number): number {
  return Object.values(instance.state).reduce((sum, entry) => sum + measure(entry), 0);
}

/** Bytes that C needs for a state entry, as src/compile/c-state.ts declares it. */
export function entryBytes(entry: StateEntry): number {
  switch (entry.kind) {
    case 'register':
      return storageBytes(storageType(rangeOf(entry.type)));
    case 'flag':
      return 1;
    case 'array':
      return entry.length * storageBytes(storageType(rangeOf(entry.type)));
    case 'queue':
      return 4 * entry.capacity;
    case 'lists':
      return 12 * entry.lists;
    case 'table':
      return tableSlots(entry.capacity) * (1 + tableRow(entry).bytes);
  }
}

function tooLarge(graph: CheckedGraph, stateBytes: number, poolBytes: number): Diagnostic {
  const largest = [...graph.instances].sort((a, b) => sumState(b, entryBytes) - sumState(a, entryBytes))[0];
  const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  return {
    code: 'WL3001',
    severity: 'error',
    message: `the graph needs ${mib(stateBytes)} of element state and ${mib(poolBytes)} of packets, more than ${mib(MEMORY_BYTES_MAX)}`,
    hint: largest && `The largest is ${largest.name} with ${mib(sumState(largest, entryBytes))}: lower its capacity.`,
    span: largest?.span,
  };
}
