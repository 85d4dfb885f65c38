/** Outputs behind which the same is done, but for constants, as one code path (merge-lanes.ts). */
import type { Span } from '../diagnostics.js';
import type { Instance, PortEnd } from '../graph/graph.js';
import { expressionText } from './c-expression.js';
import type { Lines } from './c-lines.js';
import { parameterList, prefixOf, type PacketNames } from './c-names.js';
import { routineText } from './c-routine.js';
import type { Surroundings } from './c-surroundings.js';
import type { UnitParts } from './c-unit.js';
import { contains } from './graph-uses.js';
import type { Destination, Expression, Routine } from './ir.js';
import type { LoweredMethod } from './lower-method.js';
import { LANE, mergeRoutines } from './merge-lanes.js';

export class Lanes {
  /** Functions that are called but not yet written. */
  private readonly pending: (() => void)[] = [];
  private readonly functions = new Map<string, string | undefined>();
  /** How often each function is called: what is called once is inlined, also where its caller is copied. */
  private readonly calls = new Map<string, number>();
  /** Instances that are one code path, by number. */
  readonly groups: (readonly number[])[] = [];

  constructor(private readonly unit: UnitParts) {}

  /** Writes the functions that were called; they may call others. */
  write(): void {
    for (let write = this.pending.pop(); write !== undefined; write = this.pending.pop()) write();
  }

  /** Hands a packet to one of several outputs without a branch, if what is behind them is alike; false if not. */
  deliver(lines: Lines, instance: Instance, names: PacketNames, index: Expression, at: Span | undefined): boolean {
    const { low, high } = index.range;
    if (high === low || high >= instance.outputs.length) return false;
    const ports = Array.from({ length: high - low + 1 }, (_, lane) => low + lane);
    const call = this.call(ports.map((port) => instance.outputs[port]!.to[0]));
    if (call === undefined) return false;
    lines.block('', () => {
      lines.add(`const uint32_t ${LANE} = (uint32_t)(${expressionText(index, this.unit.constants)})${low === 0 ? '' : ` - ${low}u`};`, at);
      lines.add(`wl_count(${this.number(ports.map((port) => this.unit.counters.output(instance.index, port)))}, 1);`);
      lines.add(`${call(names)};`);
    }, at);
    return true;
  }

  /** A number that the lane decides, in C. */
  private number(values: readonly number[]): string {
    const [first, second] = values as readonly [number, number?];
    if (second === undefined || values.every((value) => value === first)) return String(first);
    const step = second - first;
    if (step > 0 && values.every((value, lane) => value === first + lane * step)) return `(${first}u + ${LANE}${step === 1 ? '' : ` * ${step}u`})`;
    return `${this.unit.constants.named('uint32_t', values.map(String))}[${LANE}]`;
  }

  /** A call that hands a packet to the target of its lane; undefined if the targets are not alike. */
  private call(targets: readonly (PortEnd | undefined)[]): ((names: PacketNames) => string) | undefined {
    if (targets.some((target) => target === undefined)) return undefined;
    const ends = targets as readonly PortEnd[];
    const instances = ends.map(({ instance }) => this.unit.graph.instances[instance]!);
    if (instances.every((instance) => instance.class.definition.device === 'send')) {
      const interfaces = this.number(instances.map((instance) => instance.interface!));
      return ({ p, d, e }) => `wl_transmit(${interfaces}, ${p}, ${d}, ${e})`;
    }
    const key = ends.map(({ instance, port }) => `${instance}.${port}`).join(' ');
    if (!this.functions.has(key)) this.functions.set(key, this.function(instances, ends));
    const name = this.functions.get(key);
    if (name === undefined) return undefined;
    this.calls.set(name, (this.calls.get(name) ?? 0) + 1);
    return ({ p, d, e, marks, words }) => {
      this.unit.fusion.calls(name);
      return `${name}(${[p, d, e, ...marks, ...words, LANE].join(', ')})`;
    };
  }

  /** Declares a function for elements that are alike, to be written later; undefined if they are not. */
  private function(instances: readonly Instance[], ends: readonly PortEnd[]): string | undefined {
    const [first] = instances as [Instance];
    const methods = instances.map((instance, lane) => this.unit.routines[instance.index]!.process[ends[lane]!.port]);
    if (new Set(instances).size !== instances.length || methods.some((method) => method === undefined || method.usesPort)) return undefined;
    const alike = (instance: Instance) => instance.class === first.class && instance.outputs.length === first.outputs.length && Object.keys(instance.state).length === 0 && this.unit.isPlain(instance) && !this.unit.usesRandom(instance);
    if (!instances.every(alike)) return undefined;
    const routine = mergeRoutines(methods as LoweredMethod[]);
    if (routine === undefined || contains(routine.body, (statement) => statement.op === 'invoke' || (statement.op === 'finish' && statement.to?.kind === 'any-output'))) return undefined;
    const calls = first.outputs.map((_, port) => this.target(instances.map(({ outputs }) => outputs[port]!.to[0]), instances.map(({ index }) => index)));
    if (calls.includes(undefined)) return undefined;
    const name = `${prefixOf(first)}_lanes${this.functions.size}`;
    const main = routine.packets.find((packet) => packet.main) ?? { id: 0, main: true };
    const signature = `void ${name}(${parameterList(this.unit.namesOf(main))}, uint32_t ${LANE})`;
    this.unit.fusion.declare(name, signature, () => (this.calls.get(name) === 1 ? 'inlined' : 'free'));
    this.groups.push(instances.map(({ index }) => index));
    this.pending.push(() =>
      this.unit.fusion.write(name, this.unit.body, signature, () => routineText(this.unit.body, withoutLane(routine), this.around(instances, calls as LaneTarget[]), new Set([main]))),
    );
    return name;
  }

  /** What becomes of packets that leave by the same output in all lanes; undefined if that differs. */
  private target(targets: readonly (PortEnd | undefined)[], from: readonly number[]): LaneTarget | undefined {
    const [first] = targets;
    if (targets.every((target) => target === undefined)) return 'none';
    if (first !== undefined && targets.every((target) => target?.instance === first.instance && target.port === first.port)) return (names) => this.unit.pushCall(first, names, from);
    return this.call(targets);
  }

  private around(instances: readonly Instance[], targets: readonly LaneTarget[]): Surroundings {
    const [first] = instances as [Instance];
    const count = (lines: Lines, of: (instance: Instance) => number) => lines.add(`wl_count(${this.number(instances.map(of))}, 1);`);
    const deliver = (lines: Lines, names: PacketNames, to: Destination): void => {
      if (to.kind === 'output') {
        const { name } = first.outputs[to.index]!;
        const target = targets[to.index]!;
        if (target === 'none') return deliver(lines, names, { kind: 'drop', reason: name === String(to.index) ? 'unconnected_output' : name });
        if (to.index > 0) count(lines, ({ index }) => this.unit.counters.output(index, to.index));
        return lines.add(`${target(names)};`);
      }
      if (to.kind === 'drop') count(lines, ({ index }) => this.unit.counters.drop(index, to.reason));
      else if (first.outputs.length > 0) count(lines, ({ index }) => this.unit.counters.consumed(index));
      lines.add(`wl_release(${names.p});`);
    };
    return {
      ...this.unit.surroundings(first, 'push', 0),
      counter: (name) => this.number(instances.map(({ index }) => this.unit.counters.instances[index]!.counters[name]!)),
      trap: (reason, at) => ({
        counter: this.number(instances.map(({ index }) => this.unit.counters.drop(index, reason))),
        site: this.number(instances.map(({ index }) => this.unit.counters.site(index, reason, at))),
      }),
      deliver: (lines, packet, to) => deliver(lines, this.unit.namesOf(packet), to),
    };
  }
}

/** What becomes of a packet: nobody takes it, or a call. */
type LaneTarget = 'none' | ((names: PacketNames) => string);

/** The lane is a parameter, not a variable. */
function withoutLane(routine: Routine): Routine {
  return { ...routine, locals: routine.locals.filter(({ name }) => name !== 'lane') };
}
