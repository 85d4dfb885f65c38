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

/**
 * Where the time of a start went, in microseconds, one after the other: from the execve to the VMM's first line; image and
 * memory; ports; the machine; up to the appliance's first instruction; its devices and state.
 */
export interface StartParts {
  readonly exec_us?: number;
  readonly image_us?: number;
  readonly ports_us?: number;
  readonly machine_us?: number;
  readonly enter_us?: number;
  readonly setup_us?: number;
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

/** Times from sending to receiving: counts in buckets at most 1/128 as wide as the least value in them. */
export interface LatencyFigures {
  readonly count: number;
  readonly min_ns: number;
  readonly max_ns: number;
  readonly sum_ns: number;
  /** Greatest value of a bucket (100 s and more are in the last one), and how many fell into it; ascending, none empty. */
  readonly buckets: readonly (readonly [upper_ns: number, count: number])[];
}

/** How exactly a generator kept its rate. */
export interface PacingFigures {
  /** Time from the first frame's turn to the last's against what it was to be, in parts per million; positive: too slow. */
  readonly error_ppm: number;
  /** Longest time from when a frame was due to when its turn came. */
  readonly max_late_ns: number;
}

/** What became of a generator's frames, without those that warmed up. */
export interface StreamFigures {
  /** Frames that were due: sent and unsent. */
  readonly offered: number;
  readonly sent: number;
  /** Frames for which the appliance had no buffer, or that were due when the run ended. Lost. */
  readonly unsent: number;
  /**
   * Frames out of all the appliance's ports that belong to the stream: with `verify` those that carry its trailer, else
   * all that left, whoever sent them.
   */
  readonly received: number;
  /**
   * Of numbered frames (all with `verify`, the timed ones with `latency`): that came after one sent later (RFC 4737,
   * copies not counted), that came again, whose content or number had changed, that never came. Null without numbers.
   */
  readonly reordered: number | null;
  readonly duplicated: number | null;
  readonly corrupted: number | null;
  readonly lost_sequences: number | null;
  /** From the first frame's turn to the last frame sent or received. */
  readonly elapsed_ns: number;
  /** Where there was a rate. */
  readonly pacing?: PacingFigures;
  /** After a surge: from the end of it to the last loss that was noticed; 0 if there was none. */
  readonly recovery_ns?: number;
  readonly latency?: LatencyFigures;
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
  /** Of generator ports. Absent in Node with `latency` or `verify`: there is nothing that times or checks frames. */
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
