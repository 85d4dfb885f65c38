/** Whoever follows packets through a run in Node. The packet is the run's: look, do not touch. */
import type { Instance } from '../../graph/graph.js';
import type { Packet } from '../../kit/packet.js';
import type { AnyVerdict } from '../../kit/verdict.js';

export interface PacketWatcher {
  /** The packet is at an input of the instance, which has not seen it yet. */
  enters(instance: Instance, input: number, packet: Packet): void;
  /** What becomes of it there. A packet that was emitted leaves by its output, and is `kept` afterwards. */
  leaves(instance: Instance, verdict: AnyVerdict, packet: Packet): void;
  /** It goes out of the instance's interface. */
  sends(instance: Instance, packet: Packet): void;
}
