/** The devices of a router: what its FromDevice and ToDevice elements are connected to. */
import type { CheckedGraph } from '../../graph/graph.js';
import { BATCH_PACKETS_MAX, FRAME_BYTES_MAX } from '../../kit/limits.js';
import { openRealPort } from '../node/real-ports.js';
import type { RealPort } from '../node/real-port.js';
import { readPorts } from '../port-spec.js';
import type { Machine } from './machine.js';

/** What a device is connected to, and since when, in microseconds since 1970. */
interface Connection {
  readonly port: RealPort;
  readonly since: number;
}

export class Devices {
  /** By name. Those that are missing come from the devices of the configuration before. */
  private readonly connections = new Map<string, Connection>();
  private machine: Machine | undefined;
  /** Devices that are connected to nothing. */
  readonly unconnected: readonly string[];

  /**
   * `specs` are NAME=SPEC, as `wirelet run --port` takes them, `start` is the begin in microseconds since 1970. What `before` has open stays with it until `takeOver`.
   * Throws diagnostics.
   */
  constructor(
    private readonly graph: CheckedGraph,
    specs: readonly string[],
    private readonly start: number,
    before?: Devices,
  ) {
    const wanted = readPorts(specs, graph.interfaces);
    const named = new Set(specs.map((spec) => spec.slice(0, spec.indexOf('='))));
    this.unconnected = graph.interfaces.map(({ name }) => name).filter((name) => !named.has(name));
    try {
      for (const port of graph.interfaces) {
        const spec = wanted.get(port.name)!;
        // What is generated begins anew, for what the element there is now.
        if (spec.kind === 'gen' || before?.connections.has(port.name) !== true) this.connections.set(port.name, { port: openRealPort(spec, port), since: start });
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Goes on with what `before`, which is closed next, has open. */
  takeOver(before: Devices): void {
    for (const { name } of this.graph.interfaces) {
      const connection = before.connections.get(name);
      if (connection === undefined || this.connections.has(name)) continue;
      this.connections.set(name, connection);
      before.connections.delete(name);
    }
  }

  attach(machine: Machine): void {
    this.machine = machine;
  }

  /** Whether there may be frames at any time, of which nobody tells. */
  get polled(): boolean {
    return [...this.connections.values()].some(({ port: { spent, due } }) => !spent && due === undefined);
  }

  transmit(index: number, frame: Uint8Array): void {
    if (frame.length <= FRAME_BYTES_MAX) this.connections.get(this.graph.interfaces[index]!.name)?.port.send(frame, BigInt(this.machine?.microseconds ?? this.start) * 1000n);
  }

  /** Hands over the frames that are due; whether there were any. */
  feed(now: number): boolean {
    const timestamp = { seconds: Math.floor(now / 1e6), nanoseconds: (now % 1e6) * 1000 };
    let any = false;
    this.graph.interfaces.forEach(({ name, receives }, index) => {
      const { port, since } = this.connections.get(name)!;
      const elapsed = BigInt(Math.max(0, now - since)) * 1000n;
      for (let count = 0; count < BATCH_PACKETS_MAX / Math.max(1, this.graph.interfaces.length); count += 1) {
        const frame = port.receive(elapsed);
        if (frame === undefined) return;
        any = true;
        if (frame.length > 0 && frame.length <= FRAME_BYTES_MAX && receives) this.machine!.receive(index, frame, timestamp);
      }
    });
    return any;
  }

  /** When the next frame is due, in microseconds since 1970, as far as that is known. */
  get next(): number | undefined {
    const due = [...this.connections.values()].flatMap(({ port, since }) => (port.spent || port.due === undefined ? [] : [since + Number(port.due / 1000n)]));
    return due.length === 0 ? undefined : Math.min(...due);
  }

  close(): void {
    for (const { port } of this.connections.values()) port.close();
  }
}
