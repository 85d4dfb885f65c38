/** A run of the TypeScript itself, in this process: the reference, and the one for the debugger. */
import { failure } from '../../diagnostics.js';
import { refuseControl } from '../../graph/control-elements.js';
import { nodeAppliance } from '../control/node-appliance.js';
import type { RunOutcome } from '../outcome.js';
import { elementFigures, namesOf } from '../outcome.js';
import type { RunRequest } from '../run-request.js';
import { realRun } from './real-run.js';
import { virtualRun, type RunHooks } from './virtual-run.js';

export async function runInNode(request: RunRequest): Promise<RunOutcome> {
  const { subject, choice, signal } = request;
  if (subject.kind !== 'graph') throw new Error('only a graph can run in Node');
  const { graph } = subject.plan;
  if (request.state !== undefined) throw failure('WL4148', 'a snapshot is of compiled code, which --vmm node does not run', 'Leave --vmm away, or give another.');
  refuseControl(graph, 'a run of `wirelet run`');
  const specs = graph.interfaces.map(({ name }) => request.ports.get(name) ?? { kind: 'null' as const });
  const begin = performance.now();
  const memory = { guest_bytes: null, vmm_private_bytes: null };
  const boot = { vmm_us: null, guest_us: null, first_frame_us: null };
  const named = <T>(values: readonly T[]) => Object.fromEntries(graph.interfaces.map(({ name, index }) => [name, values[index]!]));
  const hooks: RunHooks = {
    seed: request.seed,
    steering: request.steering,
    untilIdle: request.untilIdle,
    duration: request.seconds === undefined ? undefined : BigInt(Math.round(request.seconds * 1e9)),
    stopped: () => signal?.aborted === true,
    log: (line) => request.onLog?.(line),
    started(figures, engines) {
      const running = {
        choice,
        snapshot: () => {
          const { ports, counts } = figures();
          return { ports: named(ports), elements: elementFigures(namesOf(graph), counts), boot, memory };
        },
      };
      const appliance = request.control === true ? nodeAppliance(graph, engines, request, running) : undefined;
      request.onStart?.({ ...running, ...(appliance === undefined ? {} : { appliance }) });
    },
  };
  const result = await (request.virtualTime ? virtualRun : realRun)(graph, specs, hooks);
  if (result.damage !== undefined) request.onWarning?.(`${result.damage.file}: ${result.damage.error.message}`);
  return {
    vmm: 'node',
    vmm_reason: choice.reason,
    virtual_time: request.virtualTime,
    ended: result.ended,
    seconds: (performance.now() - begin) / 1000,
    boot,
    memory,
    ports: named(result.ports),
    elements: elementFigures(namesOf(graph), result.counts),
    ...(result.streams?.some((stream) => stream !== undefined) === true ? { streams: named(result.streams.map((stream) => stream ?? null)) } : {}),
  };
}
