/** Where packets go in C: calls of what is behind outputs, what is counted on the way, and what becomes of packets that go nowhere. */
import type { Span } from '../diagnostics.js';
import type { Instance, PortEnd } from '../graph/graph.js';
import { expressionText } from './c-expression.js';
import { currentCall, enterAnew, isGate, mayTurnStale } from './c-gates.js';
import { Lanes } from './c-lanes.js';
import type { Lines } from './c-lines.js';
import { pushName, type PacketNames } from './c-names.js';
import type { UnitParts } from './c-unit.js';
import { contains, methodsOf, walk } from './graph-uses.js';
import { HotPath } from './hot-path.js';
import type { Block, Destination, PacketLocal } from './ir.js';

/** Places of an element that send packets without a call, at most. */
const EMITS_IN_PLACE_MAX = 2;

export class Deliveries {
  readonly hotPath: HotPath;
  readonly lanes: Lanes;
  /** Whether what is called may be out of date by then. */
  readonly turnsStale: boolean;

  constructor(private readonly unit: UnitParts) {
    const { graph, routines, options } = unit;
    this.turnsStale = options.driven && mayTurnStale(graph);
    this.lanes = new Lanes(unit);
    this.hotPath = new HotPath(graph, (target) => (isGate(graph.instances[target.instance]!) ? undefined : this.functionOf(target)), (instance) => this.chooses(instance), ({ instance, port }) => statementsIn(routines[instance]!.process[port]?.body ?? []), (instance) => routines[instance]!.large);
  }

  deliver(lines: Lines, instance: Instance, names: PacketNames, to: Destination, at: Span | undefined): void {
    const { counters } = this.unit;
    switch (to.kind) {
      case 'drop':
        lines.add(`wl_count(${counters.drop(instance.index, to.reason)}, 1);`, at);
        return lines.add(`wl_release(${names.p});`, at);
      case 'consumed':
        if (!this.unit.isPlain(instance) || instance.outputs.length > 0) {
          lines.add(`wl_count(${counters.consumed(instance.index)}, 1);`, at);
        }
        return lines.add(`wl_release(${names.p});`, at);
      case 'output':
        return this.deliverTo(lines, instance, names, to.index, at);
      case 'any-output':
        if (!this.turnsStale && this.lanes.deliver(lines, instance, names, to.index, at)) return;
        lines.block(`switch (${expressionText(to.index, this.unit.constants)})`, () => {
          const { low, high } = to.index.range;
          for (let port = low; port <= high; port += 1) {
            lines.block(port === high ? 'default:' : `case ${port}:`, () => {
              this.deliverTo(lines, instance, names, port, undefined);
              lines.add('break;');
            });
          }
        }, at);
    }
  }

  deliverTo(lines: Lines, instance: Instance, names: PacketNames, port: number, at: Span | undefined): void {
    const output = instance.outputs[port]!;
    const target = output.to[0];
    if (target === undefined) {
      const reason = output.name === String(port) ? 'unconnected_output' : output.name;
      return this.deliver(lines, instance, names, { kind: 'drop', reason }, at);
    }
    this.countOutput(lines, instance, port);
    lines.add(`${this.pushCall(target, names, [instance.index])};`, at);
  }

  deliverCopy(lines: Lines, instance: Instance, packet: PacketLocal, to: Destination, at: Span): void {
    const { p, d, e, marks, words } = this.unit.namesOf(packet);
    lines.block('', () => {
      lines.add(`struct wl_packet *const copy = wl_packet_clone(${p}, ${d}, ${e});`, at);
      lines.block('if (WL_UNLIKELY(copy == NULL))', () => lines.add(`wl_count(${this.unit.counters.drop(instance.index, 'no_buffer')}, 1);`));
      lines.block('else', () => {
        lines.add(`const ptrdiff_t by = (uint8_t *)copy - (uint8_t *)${p};`);
        const names = { p: 'copy', d: `${d} + by`, e: `${e} + by`, marks: marks.map((mark) => `wl_moved(${mark}, by)`), words };
        this.deliver(lines, instance, names, to, at);
      });
    }, at);
  }

  /** Where packets of an instance may end in ways that only a counter can tell, all of them are counted. */
  countOutput(lines: Lines, instance: Instance, port: number): void {
    if (port === 0 && this.derivesFirst(instance)) return;
    lines.add(`wl_count(${this.unit.counters.output(instance.index, port)}, 1);`);
  }

  /** A call that hands a packet to an input. */
  pushCall(target: PortEnd, names: PacketNames, from: readonly number[]): string {
    const { p, d, e, marks, words } = names;
    const name = this.functionOf(target);
    if (name === undefined) return `${from.some((index) => this.sendsMany(index)) ? 'wl_transmit_apart' : 'wl_transmit'}(${this.unit.graph.instances[target.instance]!.interface}, ${p}, ${d}, ${e})`;
    const callee = this.hotPath.callee(name, from);
    this.unit.fusion.calls(callee);
    const call = `${callee}(${[p, d, e, ...marks, ...words].join(', ')})`;
    return this.turnsStale ? currentCall(call, enterAnew(target, names)) : call;
  }

  /** The name of the function for an input; none where packets are sent. */
  functionOf(target: PortEnd): string | undefined {
    const instance = this.unit.graph.instances[target.instance]!;
    if (instance.class.definition.device === 'send') return undefined;
    return pushName(instance, target.port, this.unit.routines[instance.index]!.process[target.port]);
  }

  /**
   * Whether what leaves by the first output is not counted, but follows from all else. Where the output is computed all
   * are counted: to leave one out would take a comparison for each packet.
   */
  private derivesFirst(instance: Instance): boolean {
    return this.unit.isPlain(instance) && !this.chooses(instance);
  }

  /** Whether what a packet has decides by which output of an instance it leaves. */
  private chooses({ index }: Instance): boolean {
    return this.unit.routines[index]!.process.some(({ body }) => contains(body, (statement) => statement.op === 'finish' && statement.to?.kind === 'any-output'));
  }

  /** Whether an instance hands on packets in many places besides the one it was given: sending is a call there, not code in place. */
  private sendsMany(instance: number): boolean {
    const routines = this.unit.routines[instance];
    let places = 0;
    for (const { body } of routines === undefined ? [] : methodsOf(routines)) walk(body, ({ op }) => (places += op === 'emit' ? 1 : 0));
    return places > EMITS_IN_PLACE_MAX;
  }
}

function statementsIn(block: Block): number {
  let count = 0;
  walk(block, () => (count += 1));
  return count;
}
