/** What an engine is told about its run. */
import type { PacketWatcher } from './packet-watcher.js';

export interface EngineOptions {
  /** For hash keys and random numbers. */
  seed: number;
  /** Time at the start, in microseconds since 1970. */
  microseconds: number;
  /** Takes a frame that leaves on an interface. */
  transmit(interfaceIndex: number, frame: Uint8Array): void;
  /** Takes a line that an element such as Print wrote, without its newline. */
  log(line: string): void;
  /** Which flows are its own, of several copies: see Copies. */
  ours?(a: number, b: number): boolean;
  /** Follows all packets. */
  watch?: PacketWatcher | undefined;
}
