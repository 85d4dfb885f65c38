/** Code that looks ahead: a batch asks for the memory that it will want before its packets are taken (look-ahead.ts). */
import type { Instance, PortEnd } from '../graph/graph.js';
import { entryBytes } from '../plan/plan.js';
import type { Lines } from './c-lines.js';
import { parameterList, pushName, type PacketNames } from './c-names.js';
import { classifyAheadText } from './c-classify.js';
import { routineText } from './c-routine.js';
import { pointersOf, type UnitParts } from './c-unit.js';
import { WALK_BYTES_MIN } from './c-walk-ahead.js';
import { Walks } from './c-walks.js';
import { contains, walk } from './graph-uses.js';
import type { ConstantArray, Destination, KeyCall, PacketLocal } from './ir.js';
import { LOOK_AHEAD_BYTES, lookAhead, outputsOf, POINTERS_MAX, requests } from './look-ahead.js';
import type { LoweredMethod } from './lower-method.js';

/** A function that looks ahead, and what its requests for entries of tables left behind. */
export interface Ahead {
  readonly name: string;
  readonly requests: readonly { readonly array: string; readonly table: string }[];
  /** Walks through decision programs that the packets of a batch make together. */
  readonly walks: ReadonlySet<string>;
}

/** Elements that are looked through: reads of all of them together stay within a slot. */
const AHEAD_DEPTH_MAX = 12;

export class Aheads {
  /** By instance and input; undefined where there is nothing to see. */
  private readonly aheads = new Map<string, Ahead | undefined>();
  /** Arrays of guesses, by instance and call. */
  private readonly hints = new Map<number, Map<KeyCall, string>>();
  private arrays = 0;
  readonly walks: Walks;
  /** What each instance asks for. */
  readonly asked: { instance: number; entries: string[]; constants: boolean }[] = [];

  constructor(private readonly unit: UnitParts) {
    this.walks = new Walks(unit.constants, LOOK_AHEAD_BYTES - POINTERS_MAX, WALK_BYTES_MIN);
  }

  /** The array of guesses where the entry of a call is, if some code looks ahead for it. */
  hint(instance: number, call: KeyCall): string | undefined {
    return this.hints.get(instance)?.get(call);
  }

  /** Whether any code looks ahead for entries or classes. */
  get any(): boolean {
    return this.arrays > 0 || this.walks.any;
  }

  /** The function that asks for what a packet will want from an input on. */
  of(target: PortEnd | undefined, depth: number): Ahead | undefined {
    if (target === undefined || depth > AHEAD_DEPTH_MAX) return undefined;
    const instance = this.unit.graph.instances[target.instance]!;
    const method = this.unit.routines[instance.index]!.process[target.port];
    if (instance.class.definition.device !== undefined || method === undefined) return undefined;
    const name = `${pushName(instance, target.port, method)}_ahead`;
    // A graph may lead back to where it was: nothing more is asked for there.
    if (this.aheads.has(name)) return this.aheads.get(name);
    this.aheads.set(name, undefined);
    const ahead = this.write(instance, method, name, depth);
    this.aheads.set(name, ahead);
    return ahead;
  }

  private write(instance: Instance, method: LoweredMethod, name: string, depth: number): Ahead | undefined {
    const large = {
      table: (entry: string) => entry in instance.state && entryBytes(instance.state[entry]!) >= this.unit.options.lookAheadFrom,
      constant: ({ values }: ConstantArray) => values.length * 2 >= this.unit.options.lookAheadFrom,
      program: (program: object) => this.walks.in(program).length > 0,
    };
    const followed = lookAhead(method, large, !this.unit.uses.annotations, () => true);
    const next = new Map(outputsOf(followed.body).map((port) => [port, this.of(instance.outputs[port]!.to[0], depth + 1)]));
    const routine = lookAhead(method, large, !this.unit.uses.annotations, (port) => next.get(port) !== undefined);
    const following = [...next.values()].filter((ahead) => ahead !== undefined);
    if (!requests(routine.body) && following.length === 0) return undefined;
    const names = this.unit.names[instance.index]!;
    const walks = new Set(following.flatMap((ahead) => [...ahead.walks]));
    walk(routine.body, (statement) => {
      if (statement.op === 'request-class') for (const walk of this.walks.declare(statement.program, this.unit.head, this.unit.body)) walks.add(walk);
    });
    const own: Ahead['requests'][number][] = [];
    const entries: string[] = [];
    if (requests(routine.body)) this.asked.push({ instance: instance.index, entries, constants: contains(routine.body, ({ op }) => op === 'request-constant') });
    const hints = new Map<KeyCall, string>(this.hints.get(instance.index));
    this.hints.set(instance.index, hints);
    const hint = (call: KeyCall) => {
      const known = hints.get(call);
      if (known !== undefined) return known;
      entries.push(call.entry);
      const array = `ahead${this.arrays++}`;
      hints.set(call, array);
      this.unit.head.add(`static uint32_t ${array}[WL_BATCH_PACKETS_MAX];`);
      own.push({ array, table: names.entry(call.entry) });
      return array;
    };
    const deliver = (lines: Lines, packet: PacketLocal, to: Destination) => {
      const ahead = to.kind === 'output' ? next.get(to.index) : undefined;
      const { p, d, e, marks, words } = this.unit.namesOf(packet);
      if (ahead !== undefined) lines.add(`${ahead.name}(${[p, d, e, ...marks, ...words, 'index'].join(', ')});`);
    };
    const classifyAhead = (lines: Lines, packet: PacketLocal, program: object, label: string) => classifyAheadText(lines, program, pointersOf(packet), label, this.unit.constants, this.walks, 'index');
    const main = routine.packets.find((packet) => packet.main) ?? { id: 0, main: true };
    this.unit.body.block(`WL_INLINE void ${name}(${parameterList(this.unit.namesOf(main))}, uint32_t index)`, () =>
      routineText(this.unit.body, routine, { ...this.unit.surroundings(instance, 'push', 0), hint, deliver, classifyAhead }, new Set([main])),
    );
    return { name, requests: [...own, ...following.flatMap((ahead) => ahead.requests)], walks };
  }

  /** All frames of a batch ask first; the answers come while the others ask. */
  receive(ahead: Ahead, names: PacketNames): void {
    const { p, d, e, marks, words } = names;
    this.unit.body.block('for (uint32_t index = 0; index < count; index += 1)', () => {
      this.unit.body.add(`struct wl_packet *const ${p} = frames[index].packet;`);
      this.unit.body.add(`${ahead.name}(${[p, d, e, ...marks, ...words, 'index'].join(', ')});`);
    });
    if (ahead.requests.length > 0) {
      this.unit.body.block('for (uint32_t index = 0; index < count; index += 1)', () => {
        for (const { array, table } of ahead.requests) this.unit.body.add(`${array}[index] = ${table}_look(${array}[index]);`);
      });
    }
    for (const walk of ahead.walks) this.unit.body.add(`${walk}_together();`);
  }
}
