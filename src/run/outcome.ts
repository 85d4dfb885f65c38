/** What a run comes to, the same for all ways of running; `--json` prints it. */
import type { CheckedGraph } from '../graph/graph.js';

export type Vmm = 'kvm' | 'qemu' | 'process' | 'native' | 'node';

export interface PortFigures {
  /** Frames the appliance received from the port, and sent to it. */
  rx_packets: number;
  rx_bytes: number;
  tx_packets: number;
  tx_bytes: number;
  /** Frames that one side had no room for, or that no interface takes (empty, too long). */
  drops: number;
}

export interface ElementFigures {
  class: string;
  /** `packets`, then the element's own. */
  counters: Record<string, number>;
  /** Packets that left by each output, by the output's name. */
  outputs: Record<string, number>;
  drops: Record<string, number>;
}

export interface BootFigures {
  /** Microseconds from the execve of the VMM to the guest's first instruction. */
  vmm_us: number | null;
  /** From there to the first frame out. */
  guest_us: number | null;
  /** Both together. Null when no frame left. */
  first_frame_us: number | null;
}

export interface MemoryFigures {
  /** All memory of the guest, packets and shared part included. */
  guest_bytes: number | null;
  /** Private memory of the VMM itself. */
  vmm_private_bytes: number | null;
}

/** What a generator port measured. */
export interface GeneratorRate {
  /** Frames sent into the appliance, and taken from it. */
  sent: number;
  received: number;
  /** From the first frame sent to the last taken. */
  elapsed_ns: number;
  cycles: number;
}

/** What became of a generator's frames. */
export interface StreamFigures {
  readonly offered: number;
  readonly sent: number;
  readonly unsent: number;
  readonly received: number;
  readonly reordered: number;
  readonly duplicated: number;
  readonly corrupted: number;
  readonly latency?: { readonly count: number; readonly min_ns: number; readonly max_ns: number; readonly sum_ns: number; readonly buckets: readonly (readonly [number, number])[] };
}

/** Why a run ended: inputs spent and queues drained, its time over, or a signal. */
export type Ending = 'idle' | 'time' | 'signal';

export interface RunOutcome {
  vmm: Vmm;
  /** Why this way of running was chosen. */
  vmm_reason: string;
  /** Whether time was that of the captures. */
  virtual_time: boolean;
  ended: Ending;
  seconds: number;
  boot: BootFigures;
  memory: MemoryFigures;
  ports: Record<string, PortFigures>;
  elements: Record<string, ElementFigures>;
  /** Of generator ports. */
  rates?: Record<string, GeneratorRate | null>;
  /** Of ports whose generator watches its frames. */
  streams?: Record<string, StreamFigures | null>;
}

interface Counts {
  readonly packets: number;
  readonly outputs: readonly number[];
  readonly counters: Readonly<Record<string, number>>;
  readonly drops: Readonly<Record<string, number>>;
}

/** Figures of the elements by name, from counts in graph order. */
export function elementFigures(
  graph: { readonly instances: readonly { name: string; class: string; outputs: readonly string[] }[] },
  counts: readonly Counts[],
): Record<string, ElementFigures> {
  return Object.fromEntries(
    graph.instances.map(({ name, class: type, outputs }, index) => {
      const { packets, counters, drops, outputs: left } = counts[index]!;
      const named = Object.fromEntries(outputs.map((output, port) => [output, left[port] ?? 0]));
      return [name, { class: type, counters: { packets, ...counters }, outputs: named, drops: { ...drops } }];
    }),
  );
}

/** The names of a checked graph that `elementFigures` wants. */
export function namesOf(graph: CheckedGraph) {
  const instances = graph.instances.map((instance) => ({
    name: instance.name,
    class: instance.class.name,
    outputs: instance.outputs.map(({ name }) => name),
  }));
  return { instances };
}
