/** The devices of a router: what its FromDevice and ToDevice elements are connected to. */
import type { CheckedGraph } from '../../graph/graph.js';
import { BATCH_PACKETS_MAX, FRAME_BYTES_MAX } from '../../kit/limits.js';
import { openRealPort } from '../node/real-ports.js';
import type { RealPort } from '../node/real-port.js';
import { readPorts } from '../port-spec.js';
import type { Machine } from './machine.js';

export class Devices {
  private readonly ports: readonly RealPort[];
  private machine: Machine | undefined;
  /** Devices that are connected to nothing. */
  readonly unconnected: readonly string[];

  /** `specs` are NAME=SPEC, as `wirelet run --port` takes them. Throws diagnostics. */
  constructor(
    private readonly graph: CheckedGraph,
    specs: readonly string[],
    /** Microseconds since 1970 at the begin. */
    private readonly start: number,
  ) {
    const wanted = readPorts(specs, graph.interfaces);
    const named = new Set(specs.map((spec) => spec.slice(0, spec.indexOf('='))));
    this.unconnected = graph.interfaces.map(({ name }) => name).filter((name) => !named.has(name));
    this.ports = graph.interfaces.map((port) => openRealPort(wanted.get(port.name)!, port));
  }

  attach(machine: Machine): void {
    this.machine = machine;
  }

  /** Whether there may be frames at any time, of which nobody tells. */
  get polled(): boolean {
    return this.ports.some(({ spent, due }) => !spent && due === undefined);
  }

  transmit(index: number, frame: Uint8Array): void {
    if (frame.length <= FRAME_BYTES_MAX) this.ports[index]!.send(frame, BigInt(this.machine?.microseconds ?? this.start) * 1000n);
  }

  /** Hands over the frames that are due; whether there were any. */
  feed(now: number): boolean {
    const elapsed = BigInt(Math.max(0, now - this.start)) * 1000n;
    const timestamp = { seconds: Math.floor(now / 1e6), nanoseconds: (now % 1e6) * 1000 };
    let any = false;
    this.ports.forEach((port, index) => {
      for (let count = 0; count < BATCH_PACKETS_MAX / Math.max(1, this.ports.length); count += 1) {
        const frame = port.receive(elapsed);
        if (frame === undefined) return;
        any = true;
        if (frame.length > 0 && frame.length <= FRAME_BYTES_MAX && this.graph.interfaces[index]!.receives) this.machine!.receive(index, frame, timestamp);
      }
    });
    return any;
  }

  /** When the next frame is due, in microseconds since 1970, as far as that is known. */
  get next(): number | undefined {
    const due = this.ports.flatMap((port) => (port.spent || port.due === undefined ? [] : [port.due]));
    return due.length === 0 ? undefined : this.start + Number(due.reduce((a, b) => (a < b ? a : b)) / 1000n);
  }

  close(): void {
    for (const port of this.ports) port.close();
  }
}
