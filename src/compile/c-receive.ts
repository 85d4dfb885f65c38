/** What a unit does with frames that were received: the way of a batch into the graph, and what is learnt from frames that other copies take. */
import type { Instance, PortEnd } from '../graph/graph.js';
import type { Ahead, Aheads } from './c-ahead.js';
import type { Deliveries } from './c-delivery.js';
import { isGate } from './c-gates.js';
import { learnName, type PacketNames } from './c-names.js';
import type { UnitParts } from './c-unit.js';
import { PACKET_TYPE_WORD } from './graph-uses.js';
import { INTERFACE } from './hot-path.js';
import type { Mark } from './ir.js';
import { leastFrame } from './least-frame.js';

export class Reception {
  /** By the name of the function of an input behind interfaces: how long frames are that go there; shorter ones to a copy of it. */
  readonly leastFrames: ReadonlyMap<string, number>;

  constructor(
    private readonly unit: UnitParts,
    private readonly marks: readonly Mark[],
    private readonly deliveries: Deliveries,
    private readonly aheads: Aheads,
  ) {
    this.leastFrames = new Map(this.receivers().flatMap((group) => this.measured(group[0]!)));
  }

  /** How long the frames of an interface have to be, if it pays to ask once. */
  private measured({ outputs }: Instance): [string, number][] {
    const { graph, routines, options } = this.unit;
    const target = outputs[0]!.to[0];
    const name = target === undefined || isGate(graph.instances[target.instance]!) ? undefined : this.deliveries.functionOf(target);
    if (name === undefined || options.driven || routines[target!.instance]!.large || !this.deliveries.hotPath.isFirst(name)) return [];
    const bytes = leastFrame(graph, routines, target!);
    return bytes === undefined ? [] : [[name, bytes]];
  }

  /** The functions that look ahead, by receiving instance: before all others, which use what they found. */
  writeAheads(): Map<Instance, Ahead | undefined> {
    const receiving = this.unit.graph.instances.filter((instance) => instance.class.definition.device === 'receive');
    const aheads = new Map(receiving.map((instance) => [instance, this.aheads.of(instance.outputs[0]!.to[0], 0)]));
    if (this.aheads.any) this.unit.head.add('static uint32_t wl_batch_index;');
    return aheads;
  }

  writeReceive(aheads: ReadonlyMap<Instance, Ahead | undefined>): void {
    const { body } = this.unit;
    body.block('static void wl_graph_receive(uint32_t interface, const struct wl_frame *frames, uint32_t count)', () => {
      body.block('switch (interface)', () => {
        for (const group of this.receivers()) {
          for (const { interface: number } of group.slice(1)) body.add(`case ${number}:`);
          body.block(`case ${group[0]!.interface}:`, () => this.writeBatch(group, aheads.get(group[0]!)));
        }
        body.block('default:', () => {
          body.add('for (uint32_t index = 0; index < count; index += 1) wl_release(frames[index].packet);');
          body.add('return;');
        });
      });
    });
  }

  private writeBatch(group: readonly Instance[], ahead: Ahead | undefined): void {
    const { body, graph, counters, constants, uses } = this.unit;
    const [instance] = group as [Instance];
    const main = this.unit.namesOf({ id: 0, main: true });
    // Where a received frame begins follows from its packet: nothing is loaded for it, and there is headroom.
    // What goes on as it came does so in one copy of its three words.
    const target = instance.outputs[0]!.to[0];
    const sent = target !== undefined && this.sends(target);
    const received = sent ? 'frames[index].data' : `wl_slot_data(${main.p})`;
    const least = target === undefined ? undefined : this.leastFrames.get(this.deliveries.functionOf(target) ?? '');
    const namesTo = (end: string): PacketNames => ({ p: main.p, d: received, e: end, marks: this.marks.map((mark) => (mark === 'mac' ? received : 'NULL')), words: uses.words.map((word) => (word === PACKET_TYPE_WORD ? `wl_packet_type(${received}, ${end})` : '0')) });
    const names = namesTo(least === undefined ? 'frames[index].end' : 'end');
    if (ahead !== undefined) this.aheads.receive(ahead, namesTo('frames[index].end'));
    body.block('for (uint32_t index = 0; index < count; index += 1)', () => {
      body.add(`struct wl_packet *const ${main.p} = frames[index].packet;`);
      if (ahead !== undefined && this.aheads.any) body.add('wl_batch_index = index;');
      if (least !== undefined) this.writeLength(main.p, received);
      if (!sent) body.add(`wl_packet_received(${main.p}, ${names.e});`);
      if (least !== undefined) body.block(`if (WL_UNLIKELY(length < ${least}))`, () => body.add(`${this.deliveries.functionOf(target!)}_short(${[names.p, names.d, names.e, ...names.marks, ...names.words].join(', ')});`));
      if (least !== undefined) body.add('else');
      this.receiveOne(target, names);
    });
    const numbers = graph.interfaces.map(({ index }) => String(counters.output((group.find((member) => member.interface === index) ?? instance).index, 0)));
    body.add(`wl_count(${group.length === 1 ? numbers[instance.interface!] : `${constants.named('uint32_t', numbers)}[interface]`}, count);`);
    body.add('return;');
  }

  /** A frame's length, and its end by that: how far that is from other places of the packet, C compilers then know without looking at it. */
  private writeLength(packet: string, data: string): void {
    this.unit.body.add(`const uint64_t length = (uint64_t)(frames[index].end - ${data});`);
    this.unit.body.add(`uint8_t *const end = (uint8_t *)${packet} + (length + WL_DATA_OFFSET);`);
  }

  /** The frames of a batch are counted together, so the edge itself is not. */
  private receiveOne(target: PortEnd | undefined, names: PacketNames): void {
    if (target === undefined) this.unit.body.add(`wl_release(${names.p});`);
    else this.unit.body.add(`${this.deliveries.pushCall(target, names, [INTERFACE])};`);
  }

  /** Whether packets leave there. */
  private sends(target: PortEnd): boolean {
    return this.unit.graph.instances[target.instance]!.class.definition.device === 'send';
  }

  /** Receiving instances with nothing between them and a sending one: by which interface frames come and leave, and the counter of the edge. */
  wires(): { readonly from: number; readonly to: number; readonly counter: number }[] {
    const { graph, counters } = this.unit;
    return this.receivers().flat().flatMap(({ index, interface: from, outputs }) => {
      const target = outputs[0]!.to[0];
      return target !== undefined && this.sends(target) ? [{ from: from!, to: graph.instances[target.instance]!.interface!, counter: counters.output(index, 0) }] : [];
    });
  }

  /** Instances that receive, those together whose packets go to the same input: they share the code behind. */
  private receivers(): Instance[][] {
    const groups = new Map<string, Instance[]>();
    for (const instance of this.unit.graph.instances) {
      if (instance.class.definition.device !== 'receive') continue;
      const target = instance.outputs[0]!.to[0];
      const key = target === undefined ? 'none' : `${target.instance}.${target.port}`;
      groups.set(key, [...(groups.get(key) ?? []), instance]);
    }
    return [...groups.values()];
  }

  /** Inputs that learn, and have frames straight from interfaces. */
  taught({ index, inputs }: Instance): number[] {
    const { learn } = this.unit.routines[index]!;
    return inputs.flatMap(({ from }, port) => (learn[port] !== undefined && from.some(({ instance }) => this.unit.graph.instances[instance]!.class.definition.device === 'receive') ? [port] : []));
  }

  /** What elements learn from frames that other copies take. */
  writeLearn(): void {
    const { body, graph } = this.unit;
    const { p, d, e, words } = this.unit.namesOf({ id: 0, main: true });
    const begins = this.marks.map((mark) => (mark === 'mac' ? d : 'NULL'));
    body.block(`static void wl_graph_learn(uint32_t interface, struct wl_packet *${p}, uint8_t *${e})`, () => {
      body.add(`uint8_t *const ${d} = wl_slot_data(${p});`);
      body.block('switch (interface)', () => {
        for (const receiver of graph.instances) {
          const target = receiver.class.definition.device === 'receive' ? receiver.outputs[0]!.to[0] : undefined;
          if (target === undefined || !this.taught(graph.instances[target.instance]!).includes(target.port)) continue;
          body.add(`case ${receiver.interface}: return ${learnName(graph.instances[target.instance]!, target.port)}(${[p, d, e, ...begins, ...words.map(() => '0')].join(', ')});`);
        }
        body.add(`default: return wl_release(${p});`);
      });
    });
  }
}
