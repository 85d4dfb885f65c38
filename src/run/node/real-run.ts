/** A run in Node by the clock: for taps, generators and captures at a given speed. Slow, and easy to look into. */
import type { CheckedGraph } from '../../graph/graph.js';
import { BATCH_PACKETS_MAX, FRAME_BYTES_MAX } from '../../kit/limits.js';
import type { Ending, PortFigures } from '../outcome.js';
import type { PortSpec } from '../port-spec.js';
import { Engines } from './engines.js';
import { GeneratorPort } from './generator-port.js';
import { openRealPort } from './real-ports.js';
import type { NodeRunResult, RunHooks } from './virtual-run.js';

/** A round without work lets the processor rest that long, in milliseconds. */
const REST_MS = 1;
/** Between looks whether ports lead somewhere, in nanoseconds. */
const LINKS_NS = 200_000_000n;

export async function realRun(graph: CheckedGraph, specs: readonly PortSpec[], hooks: RunHooks): Promise<NodeRunResult> {
  const figures = specs.map((): PortFigures => ({ rx_packets: 0, rx_bytes: 0, tx_packets: 0, tx_bytes: 0, drops: 0 }));
  const ports = specs.map((spec, index) => openRealPort(spec, graph.interfaces[index]!));
  const wall = BigInt(Date.now()) * 1_000_000n;
  const begin = process.hrtime.bigint();
  const elapsed = () => process.hrtime.bigint() - begin;
  let clock = wall;
  /** Frames that have left by any port, and when a port last dealt with one. */
  let out = 0;
  let lastFrame = 0n;
  const returned = ports.some((port) => port instanceof GeneratorPort && port.wantsReturned);
  const engines = new Engines(graph, {
    seed: hooks.seed,
    microseconds: Number(clock / 1000n),
    log: hooks.log,
    transmit(index, frame) {
      const port = figures[index]!;
      if (frame.length > FRAME_BYTES_MAX) {
        port.drops += 1;
        return;
      }
      if (!returned || ports[index] instanceof GeneratorPort) out += 1;
      lastFrame = elapsed();
      port.tx_packets += 1;
      port.tx_bytes += frame.length;
      ports[index]!.send(frame, clock);
    },
  }, hooks.steering);
  hooks.started?.(() => ({ ports: figures, counts: engines.counts() }), engines.all);
  try {
    const ended = await drive();
    const streams = ports.map((port) => (port instanceof GeneratorPort ? port.stream(out, lastFrame) : undefined));
    return { ended, ports: figures, counts: engines.counts(), damage: undefined, streams };
  } finally {
    for (const port of ports) port.close();
  }

  async function drive(): Promise<Ending> {
    let told = -LINKS_NS;
    for (;;) {
      const now = elapsed();
      clock = wall + now;
      if (now - told >= LINKS_NS) {
        told = now;
        ports.forEach((port, index) => engines.setLink(index, port.isUp?.() ?? true));
      }
      const received = receiveAll(now);
      const busy = engines.step(Number(clock / 1000n)) || received > 0;
      if (!busy && engines.nextTimer(true) === undefined) resumeRested();
      if (hooks.stopped()) return 'signal';
      if (hooks.duration !== undefined && now > hooks.duration) return 'time';
      if (!busy && hooks.untilIdle && ports.every(({ spent }) => spent) && engines.nextTimer(true) === undefined) return 'idle';
      await new Promise((resolve) => (busy ? setImmediate(resolve) : setTimeout(resolve, REST_MS)));
    }
  }

  /** What warmed up has left the appliance: frames that count begin. */
  function resumeRested(): void {
    for (const port of ports) if (port instanceof GeneratorPort && port.resting) port.resume(out);
  }

  function receiveAll(now: bigint): number {
    let received = 0;
    ports.forEach((port, index) => {
      for (let count = 0; count < BATCH_PACKETS_MAX; count += 1) {
        const bytes = port.receive(now);
        if (bytes === undefined) return;
        received += 1;
        lastFrame = now;
        const counted = figures[index]!;
        if (bytes.length === 0 || bytes.length > FRAME_BYTES_MAX || !graph.interfaces[index]!.receives) {
          counted.drops += 1;
          continue;
        }
        counted.rx_packets += 1;
        counted.rx_bytes += bytes.length;
        engines.receive(index, bytes, { seconds: Number(clock / 1_000_000_000n), nanoseconds: Number(clock % 1_000_000_000n) });
      }
    });
    return received;
  }
}
