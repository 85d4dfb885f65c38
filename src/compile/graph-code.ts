/**
 * The C unit of an appliance: state, one function for each way into each instance, and the five functions
 * that the loop calls (native/runtime/wl_graph.h). A packet's way is a chain of calls that the C compiler
 * inlines: its descriptor, data, end and header marks are arguments, and so live in registers.
 */
import type { Span } from '../diagnostics.js';
import type { CheckedGraph, Instance, PortEnd } from '../graph/graph.js';
import { BATCH_PACKETS_MAX } from '../kit/limits.js';
import { isBackground } from '../kit/element.js';
import type { Plan } from '../plan/plan.js';
import { Aheads, type Ahead } from './c-ahead.js';
import { annotationName, expressionText, packetName } from './c-expression.js';
import { Constants } from './c-constants.js';
import { Lanes } from './c-lanes.js';
import { Fusion } from './fusion.js';
import { HotPath, INTERFACE } from './hot-path.js';
import { leastFrame } from './least-frame.js';
import { Lines } from './c-lines.js';
import { interfaceEntry, learnName, parameterList, prefixOf, pullName, pushName, type PacketNames } from './c-names.js';
import { currentCall, declareGates, enterAnew, isGate, mayTurnStale, writeGate, writeGateEntries, writeGivenOrPulled, writeTaskToLeave, type GateSurroundings } from './c-gates.js';
import { invokeText, ProcedureWriter, RESULTS, type ProcedureNames } from './c-procedure.js';
import { routineText, type FunctionKind, type Surroundings } from './c-routine.js';
import { declareState, initializeState, placesOf, stateNames, type StateNames } from './c-state.js';
import { classifyText, type PrintedProgram } from './c-classify.js';
import { pointersOf, type UnitOptions, type UnitParts } from './c-unit.js';
import { CounterTable } from './counter-table.js';
import { entryOwner } from './foreign-entry.js';
import type { Block, Destination, Mark, PacketLocal, Routine } from './ir.js';
import { contains, MARKS, methodsOf, PACKET_TYPE_WORD, usesOf, walk, wholeUses, type GraphUses } from './graph-uses.js';
import type { LoweredMethod } from './lower-method.js';
import type { UnitFacts } from './report.js';
import type { InstanceRoutines } from './routines.js';

export interface Unit {
  /** The C between the runtime and the loop. */
  readonly code: string;
  /** What the runtime must know first, as macros. */
  readonly settings: Readonly<Record<string, number | string>>;
  readonly counters: CounterTable;
  /** C expressions for all element state, in the order of `statePieces`. */
  readonly places: readonly string[];
  /** The same for where instances keep their random numbers, by the numbers of those that have some. */
  readonly randoms: ReadonlyMap<number, string>;
  readonly facts: UnitFacts;
}

/** Prints the whole graph. */
export function graphCode(plan: Plan, routines: readonly InstanceRoutines[], options: UnitOptions): Unit {
  return new UnitWriter(plan, routines, options).write();
}

class UnitWriter implements UnitParts {
  readonly graph: CheckedGraph;
  readonly body: Lines;
  readonly head: Lines;
  readonly counters = new CounterTable();
  private readonly marks: readonly Mark[];
  readonly uses: GraphUses;
  readonly constants: Constants;
  readonly names: StateNames[];
  private tables = 0;
  private readonly lanes = new Lanes(this);
  private readonly aheads: Aheads;
  private readonly hotPath: HotPath;
  /** By the name of the function of an input behind interfaces: how long frames are that go there; shorter ones to a copy of it. */
  private readonly leastFrames = new Map<string, number>();
  private readonly turnsStale: boolean;
  readonly fusion = new Fusion();
  private readonly programs = new Map<object, PrintedProgram>();
  /** Of the instance that is being written. */
  private procedures: ProcedureWriter | undefined;

  constructor(
    private readonly plan: Plan,
    readonly routines: readonly InstanceRoutines[],
    readonly options: UnitOptions,
  ) {
    this.graph = plan.graph;
    this.turnsStale = options.driven && mayTurnStale(plan.graph);
    this.body = new Lines(options.places);
    this.head = new Lines(false);
    this.constants = new Constants(this.head);
    this.aheads = new Aheads(this);
    this.uses = (options.driven ? wholeUses : usesOf)(routines);
    this.marks = MARKS.filter((mark) => this.uses.marks.has(mark));
    this.names = this.graph.instances.map((instance) => stateNames(prefixOf(instance), instance.state));
    this.hotPath = new HotPath(this.graph, (target) => (isGate(this.graph.instances[target.instance]!) ? undefined : this.functionOf(target)), (instance) => this.chooses(instance), ({ instance, port }) => statementsIn(this.routines[instance]!.process[port]?.body ?? []), (instance) => this.routines[instance]!.large);
    for (const group of this.receivers()) this.measureFrames(group[0]!);
  }

  /** Sees how long the frames of an interface have to be, if it pays to ask once. */
  private measureFrames({ outputs }: Instance): void {
    const target = outputs[0]!.to[0];
    const name = target === undefined || isGate(this.graph.instances[target.instance]!) ? undefined : this.functionOf(target);
    if (name === undefined || this.options.driven || this.routines[target!.instance]!.large || !this.hotPath.isFirst(name)) return;
    const bytes = leastFrame(this.graph, this.routines, target!);
    if (bytes !== undefined) this.leastFrames.set(name, bytes);
  }

  write(): Unit {
    for (const instance of this.graph.instances) {
      const { class: type } = instance;
      const plain = this.isPlain(instance) && instance.outputs.length > 0;
      this.counters.open(Object.keys(type.counters), Object.keys(type.drops), instance.outputs.length, plain);
    }
    if (this.options.driven) declareGates(this);
    for (const instance of this.graph.instances) this.declareInstance(instance);
    const aheads = this.writeAheads();
    for (const instance of this.graph.instances) this.writeInstance(instance);
    this.lanes.write();
    if (this.options.driven) writeGateEntries(this.aroundGates());
    this.writeInitialize();
    this.writeReceive(aheads);
    this.writeLearn();
    this.writeTasks();
    this.writeTimers();
    const called = this.fusion.finish(this.head);
    const facts = { lanes: this.lanes.groups, asked: this.aheads.asked, annotationsInVariables: !this.uses.annotations, called, programs: this.programs, copied: this.hotPath.copies, counted: this.graph.instances.filter((instance) => instance.outputs.length > 0 && instance.class.definition.device === undefined && !this.isPlain(instance)).map(({ index }) => index), lookAheadFrom: this.options.lookAheadFrom };
    const random = this.graph.instances.filter((instance) => instance.class.definition.device === undefined && this.usesRandom(instance));
    const randoms = new Map(random.map(({ index }) => [index, `${this.names[index]!.struct}.random`]));
    return { code: this.head.text() + this.body.text(), settings: this.settings(), counters: this.counters, facts, randoms, places: this.graph.instances.flatMap((instance) => placesOf(instance, this.names[instance.index]!)) };
  }

  private settings(): Record<string, number | string> {
    const { plan, graph } = this;
    const receiving = graph.interfaces.map(({ receives }) => (receives ? '1' : '0')).join(', ');
    return {
      WL_INTERFACE_COUNT: graph.interfaces.length,
      WL_RECEIVE_LIST: `{${receiving || '0'}}`,
      'WL_INTERFACES(X)': graph.interfaces.map(interfaceEntry).join(' '),
      WL_RING_SIZE: plan.ringSize,
      WL_SMALL_SLOTS: plan.smallSlots,
      WL_JUMBO_SLOTS: plan.jumboSlots,
      WL_USES_LOW: Number(this.uses.low),
      WL_USES_TIMESTAMPS: Number(this.uses.timestamps),
      WL_USES_ANNOTATIONS: Number(this.uses.annotations),
      WL_USES_TABLES: Number(graph.instances.some(({ state }) => Object.values(state).some(({ kind }) => kind === 'table'))),
      WL_LEARNS: Number(graph.instances.some((instance) => this.taught(instance).length > 0)),
      WL_COUNTER_COUNT: this.counters.count,
      WL_LOG_BYTES: this.uses.log ? 65_536 : 0,
    };
  }

  // ---- instances -----------------------------------------------------------------------------------------

  private declareInstance(instance: Instance): void {
    if (instance.class.definition.device !== undefined) return;
    const { state, class: type } = instance;
    const timers = Object.keys(type.definition.timers ?? {});
    declareState(this.head, this.names[instance.index]!, state, timers, this.usesRandom(instance));
  }

  usesRandom(instance: Instance): boolean {
    return methodsOf(this.routines[instance.index]!).some(({ body }) => contains(body, (statement) => statement.op === 'random'));
  }

  private writeInstance(instance: Instance): void {
    const { definition } = instance.class;
    if (definition.device === 'receive') return;
    if (definition.device === 'send') return this.writeSender(instance);
    if (definition.device === 'gate') return writeGate(this.aroundGates(), instance);
    const routines = this.routines[instance.index]!;
    const written = new Set<LoweredMethod>();
    const small = routines.large;
    this.procedures = new ProcedureWriter(this.head, this.body, this.procedureNames(instance), (kind) => this.surroundings(instance, kind, 0, small));
    routines.process.forEach((method, port) => {
      if (instance.inputs[port]!.processing !== 'push' || written.has(method)) return;
      written.add(method);
      this.function(instance, pushName(instance, port, method), 'push', method, port, small);
    });
    for (const port of this.taught(instance)) this.function(instance, learnName(instance, port), 'learn', routines.learn[port]!, port, true);
    instance.outputs.forEach(({ processing }, port) => {
      if (processing !== 'pull') return;
      const pull = routines.pull[port];
      if (pull !== undefined) this.function(instance, pullName(instance, port), 'pull', pull, port, small);
      else if (routines.process[0] !== undefined) this.function(instance, pullName(instance, port), 'pull-through', routines.process[0], port, small);
    });
    if (routines.run !== undefined) this.function(instance, `${prefixOf(instance)}_run`, 'run', routines.run, 0, small);
    if (routines.initialize !== undefined) this.function(instance, `${prefixOf(instance)}_initialize`, 'void', routines.initialize, 0, true);
    for (const [timer, method] of Object.entries(routines.timers)) {
      // What a run need not wait for is housekeeping.
      this.function(instance, `${prefixOf(instance)}_timer_${timer}`, 'void', method, 0, small || isBackground(definition.timers![timer]!));
    }
  }

  private aroundGates(): GateSurroundings {
    return {
      unit: this,
      pullCall: (instance, input) => this.pullCall(instance, input),
      deliver: (instance, names, output) => this.deliverTo(this.body, instance, names, output, undefined),
      countOutput: (instance, output) => this.countOutput(this.body, instance, output),
    };
  }

  private procedureNames(instance: Instance): ProcedureNames {
    return { prefix: prefixOf(instance), namesOf: (packet) => this.namesOf(packet) };
  }

  /** `small`: its size matters more than its time. */
  private function(instance: Instance, name: string, kind: FunctionKind, routine: Routine, port: number, small: boolean): void {
    this.procedures!.write(routine, kind);
    const main = routine.packets.find((packet) => packet.main);
    const around = this.surroundings(instance, kind, port, small);
    const result = RESULTS[kind];
    const parameters = kind === 'push' || kind === 'learn' ? parameterList(this.namesOf(main ?? { id: 0, main: true })) : 'void';
    // What all packets reach by lanes is called by nobody.
    const least = this.leastFrames.get(name);
    const copied = kind === 'push' && !small && (this.hotPath.isCopied(name) || least !== undefined);
    const signature = `${result}${name}(${parameters})`;
    if (kind === 'push') this.fusion.declare(name, signature, () => (small ? 'apart' : copied ? 'inlined' : 'free'));
    else this.head.add(`${small ? 'WL_APART' : 'static __attribute__((unused))'} ${signature};`);
    if (copied && this.hotPath.isCopied(name)) this.copy(`${name}_again`, name, parameters, this.namesOf(main ?? { id: 0, main: true }));
    if (copied && least !== undefined) this.copy(`${name}_short`, name, parameters, this.namesOf(main ?? { id: 0, main: true }), least);
    this.fusion.write(name, this.body, signature, () => {
      const given = new Set<PacketLocal>();
      if (main !== undefined) given.add(main);
      if (kind === 'pull-through' && main !== undefined) this.pullMain(instance, port, main);
      routineText(this.body, routine, around, given);
    });
  }

  /** What all but the shortest way call, or what frames go to that have less than `least` bytes: hardly any of what is there is for these. */
  private copy(copy: string, name: string, parameters: string, { p, d, e, marks, words }: PacketNames, least?: number): void {
    this.head.add(`static void ${copy}(${parameters});`);
    this.body.block(`WL_APART void ${copy}(${parameters})`, () => {
      if (least !== undefined) this.body.add(`WL_ASSUME((uint64_t)(${e} - ${d}) < ${least});`);
      this.body.add(`${name}(${[p, d, e, ...marks, ...words].join(', ')});`);
    });
  }

  /** A pulled element takes its packet from upstream first. */
  private pullMain(instance: Instance, port: number, main: PacketLocal): void {
    const p = packetName.descriptor(main);
    if (this.turnsStale) writeGivenOrPulled(this.body, p, this.pullCall(instance, 0), { instance: instance.index, port });
    else this.body.add(`struct wl_packet *${p} = ${this.pullCall(instance, 0)};`);
    this.body.add(`if (${p} == NULL) return NULL;`);
    for (const part of ['data', 'end', ...this.marks] as const) {
      this.body.add(`uint8_t *${packetName[part](main)} = wl_pointer(${p}, ${p}->${part});`);
    }
    for (const word of this.uses.words) this.body.add(`uint32_t ${annotationName(main, word)} = wl_load32(${p}->annotations + ${word});`);
  }

  private pullCall(instance: Instance, port: number): string {
    const from = instance.inputs[port]!.from[0];
    // An element that follows its neighbours may ask although packets are pushed to it.
    if (from === undefined || instance.inputs[port]!.processing === 'push') return 'NULL';
    const call = `${pullName(this.graph.instances[from.instance]!, from.port)}()`;
    return this.turnsStale ? currentCall(call, `wl_gate_take_anew(${from.instance}u, ${from.port}u)`) : call;
  }

  namesOf(packet: PacketLocal): PacketNames {
    return {
      p: packetName.descriptor(packet),
      d: packetName.data(packet),
      e: packetName.end(packet),
      marks: this.marks.map((mark) => packetName[mark](packet)),
      words: this.uses.words.map((word) => annotationName(packet, word)),
    };
  }

  // ---- what surrounds a routine ------------------------------------------------------------------------------

  surroundings(instance: Instance, kind: FunctionKind, port: number, small = false): Surroundings {
    const names = this.names[instance.index]!;
    const counters = this.counters.instances[instance.index]!;
    return {
      kind,
      small,
      marks: this.marks,
      words: this.uses.words,
      annotations: this.uses.annotations,
      timestamps: this.uses.timestamps,
      counter: (name) => counters.counters[name]!,
      trap: (reason, at) => ({ counter: this.counters.drop(instance.index, reason), site: this.counters.site(instance.index, reason, at) }),
      state: names.struct,
      entry: (entry) => this.entryName(entry, instance.index),
      waiting: ['0u', ...(instance.queues ?? []).map((queue) => `${this.names[queue.instance]!.entry(queue.entry)}.length`)].join(' + '),
      column: names.column,
      deliver: (lines, packet, to, at) => (kind === 'learn' ? lines.add(`wl_release(${this.namesOf(packet).p});`, at) : this.deliver(lines, instance, this.namesOf(packet), to, at)),
      deliverCopy: (lines, packet, to, at) => this.deliverCopy(lines, instance, packet, to, at),
      returned: (lines, index) => this.countOutput(lines, instance, index ?? port),
      pullCall: (input) => this.pullCall(instance, input),
      inputCount: instance.inputs.length,
      classify: (lines, packet, program, result, at) => {
        const printed = classifyText(lines, program, pointersOf(packet), result, this.constants, this.aheads.walks, at);
        this.programs.set(program, printed);
      },
      hint: (call) => this.aheads.hint(instance.index, call),
      invoke: (lines, statement) => invokeText(lines, statement, this.surroundings(instance, kind, port, small), this.procedureNames(instance)),
      bytes: (bytes) => this.constants.bytes(bytes),
      nameOf: (array) => this.constants.nameOf(array),
    };
  }

  /** Where packets of an instance may end in ways that only a counter can tell, all of them are counted. */
  private countOutput(lines: Lines, instance: Instance, port: number): void {
    if (port === 0 && this.derivesFirst(instance)) return;
    lines.add(`wl_count(${this.counters.output(instance.index, port)}, 1);`);
  }

  /**
   * Whether what leaves by the first output is not counted, but follows from all else. Where the output is computed all
   * are counted: to leave one out would take a comparison for each packet.
   */
  private derivesFirst(instance: Instance): boolean {
    return this.isPlain(instance) && !this.chooses(instance);
  }

  /** Whether each packet that enters leaves by exactly one verdict of `process`. */
  isPlain(instance: Instance): boolean {
    const routines = this.routines[instance.index]!;
    if (instance.inputs.length === 0 || routines.process.length === 0) return false;
    if (routines.pull.length > 0 || routines.run !== undefined || Object.keys(routines.timers).length > 0) return false;
    return !routines.process.some(({ body }) =>
      contains(body, ({ op }) => op === 'emit' || op === 'emit-copy' || op === 'enqueue' || op === 'list-append' || op === 'pull'),
    );
  }

  /** The C variable of a state entry that the code of instance `own` names. */
  private entryName(entry: string, own: number): string {
    const { instance, name } = entryOwner(entry, own);
    return this.names[instance]!.entry(name);
  }

  private deliver(lines: Lines, instance: Instance, names: PacketNames, to: Destination, at: Span | undefined): void {
    switch (to.kind) {
      case 'drop':
        lines.add(`wl_count(${this.counters.drop(instance.index, to.reason)}, 1);`, at);
        return lines.add(`wl_release(${names.p});`, at);
      case 'consumed':
        if (!this.isPlain(instance) || instance.outputs.length > 0) {
          lines.add(`wl_count(${this.counters.consumed(instance.index)}, 1);`, at);
        }
        return lines.add(`wl_release(${names.p});`, at);
      case 'output':
        return this.deliverTo(lines, instance, names, to.index, at);
      case 'any-output':
        if (!this.turnsStale && this.lanes.deliver(lines, instance, names, to.index, at)) return;
        lines.block(`switch (${expressionText(to.index, this.constants)})`, () => {
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

  private deliverTo(lines: Lines, instance: Instance, names: PacketNames, port: number, at: Span | undefined): void {
    const output = instance.outputs[port]!;
    const target = output.to[0];
    if (target === undefined) {
      const reason = output.name === String(port) ? 'unconnected_output' : output.name;
      return this.deliver(lines, instance, names, { kind: 'drop', reason }, at);
    }
    this.countOutput(lines, instance, port);
    lines.add(`${this.pushCall(target, names, [instance.index])};`, at);
  }

  /** A call that hands a packet to an input. */
  pushCall(target: PortEnd, names: PacketNames, from: readonly number[]): string {
    const { p, d, e, marks, words } = names;
    const name = this.functionOf(target);
    if (name === undefined) return `${from.some((index) => this.sendsMany(index)) ? 'wl_transmit_apart' : 'wl_transmit'}(${this.graph.instances[target.instance]!.interface}, ${p}, ${d}, ${e})`;
    const callee = this.hotPath.callee(name, from);
    this.fusion.calls(callee);
    const call = `${callee}(${[p, d, e, ...marks, ...words].join(', ')})`;
    return this.turnsStale ? currentCall(call, enterAnew(target, names)) : call;
  }

  /** Whether an instance hands on packets in many places besides the one it was given: sending is a call there, not code in place. */
  private sendsMany(instance: number): boolean {
    const routines = this.routines[instance];
    let places = 0;
    for (const { body } of routines === undefined ? [] : methodsOf(routines)) walk(body, ({ op }) => (places += op === 'emit' ? 1 : 0));
    return places > EMITS_IN_PLACE_MAX;
  }

  /** Whether what a packet has decides by which output of an instance it leaves. */
  private chooses({ index }: Instance): boolean {
    return this.routines[index]!.process.some(({ body }) => contains(body, (statement) => statement.op === 'finish' && statement.to?.kind === 'any-output'));
  }

  /** The name of the function for an input; none where packets are sent. */
  private functionOf(target: PortEnd): string | undefined {
    const instance = this.graph.instances[target.instance]!;
    if (instance.class.definition.device === 'send') return undefined;
    return pushName(instance, target.port, this.routines[instance.index]!.process[target.port]);
  }

  private deliverCopy(lines: Lines, instance: Instance, packet: PacketLocal, to: Destination, at: Span): void {
    const { p, d, e, marks, words } = this.namesOf(packet);
    lines.block('', () => {
      lines.add(`struct wl_packet *const copy = wl_packet_clone(${p}, ${d}, ${e});`, at);
      lines.block('if (WL_UNLIKELY(copy == NULL))', () => lines.add(`wl_count(${this.counters.drop(instance.index, 'no_buffer')}, 1);`));
      lines.block('else', () => {
        lines.add(`const ptrdiff_t by = (uint8_t *)copy - (uint8_t *)${p};`);
        const names = { p: 'copy', d: `${d} + by`, e: `${e} + by`, marks: marks.map((mark) => `wl_moved(${mark}, by)`), words };
        this.deliver(lines, instance, names, to, at);
      });
    }, at);
  }

  // ---- devices, tasks, timers ------------------------------------------------------------------------------------

  private writeSender(instance: Instance): void {
    if (instance.inputs[0]!.processing !== 'pull') return;
    const main: PacketLocal = { id: 0, main: true };
    this.head.add(`static bool ${prefixOf(instance)}_run(void);`);
    this.body.block(`static bool ${prefixOf(instance)}_run(void)`, () => {
      this.body.add(`uint32_t room = wl_transmit_room(${instance.interface});`);
      this.body.add(`if (room > ${BATCH_PACKETS_MAX}) room = ${BATCH_PACKETS_MAX};`);
      this.body.block('for (uint32_t count = 0; count < room; count += 1)', () => {
        this.body.add(`struct wl_packet *const p0 = ${this.pullCall(instance, 0)};`);
        this.body.add('if (p0 == NULL) return count > 0;');
        const { p } = this.namesOf(main);
        this.body.add(`wl_transmit(${instance.interface}, ${p}, wl_pointer(${p}, ${p}->data), wl_pointer(${p}, ${p}->end));`);
      });
      this.body.add('return room > 0;');
    });
  }

  private writeInitialize(): void {
    this.body.block('WL_APART void wl_graph_initialize(void)', () => {
      for (const instance of this.graph.instances) {
        if (instance.class.definition.device !== undefined) continue;
        const names = this.names[instance.index]!;
        const timers = Object.keys(instance.class.definition.timers ?? {});
        initializeState(this.body, names, instance.state, timers, () => this.tables++);
        if (this.usesRandom(instance)) this.body.add(`${names.struct}.random = wl_random_seed(wl_seed, ${instance.index}u);`);
      }
      this.aheads.walks.initialize(this.body);
      for (const instance of this.graph.instances) {
        if (this.routines[instance.index]!.initialize !== undefined) this.body.add(`${prefixOf(instance)}_initialize();`);
      }
    });
  }

  /** The functions that look ahead, by receiving instance: before all others, which use what they found. */
  private writeAheads(): Map<Instance, Ahead | undefined> {
    const receiving = this.graph.instances.filter((instance) => instance.class.definition.device === 'receive');
    const aheads = new Map(receiving.map((instance) => [instance, this.aheads.of(instance.outputs[0]!.to[0], 0)]));
    if (this.aheads.any) this.head.add('static uint32_t wl_batch_index;');
    return aheads;
  }

  private writeReceive(aheads: ReadonlyMap<Instance, Ahead | undefined>): void {
    const main = this.namesOf({ id: 0, main: true });
    this.body.block('static void wl_graph_receive(uint32_t interface, const struct wl_frame *frames, uint32_t count)', () => {
      this.body.block('switch (interface)', () => {
        for (const group of this.receivers()) {
          const [instance] = group as [Instance];
          for (const { interface: number } of group.slice(1)) this.body.add(`case ${number}:`);
          this.body.block(`case ${instance.interface}:`, () => {
            // Where a received frame begins follows from its packet: nothing is loaded for it, and there is headroom.
            const received = `wl_slot_data(${main.p})`;
            const target = instance.outputs[0]!.to[0];
            const least = target === undefined ? undefined : this.leastFrames.get(this.functionOf(target) ?? '');
            const namesTo = (end: string): PacketNames => ({ p: main.p, d: received, e: end, marks: this.marks.map((mark) => (mark === 'mac' ? received : 'NULL')), words: this.uses.words.map((word) => (word === PACKET_TYPE_WORD ? `wl_packet_type(${received}, ${end})` : '0')) });
            const names = namesTo(least === undefined ? 'frames[index].end' : 'end');
            const ahead = aheads.get(instance);
            if (ahead !== undefined) this.aheads.receive(ahead, namesTo('frames[index].end'));
            // Nothing between two interfaces: the batch stays one.
            if (target !== undefined && this.functionOf(target) === undefined) this.body.add(`wl_transmit_all(${this.graph.instances[target.instance]!.interface}, frames, count);`);
            else this.body.block('for (uint32_t index = 0; index < count; index += 1)', () => {
              this.body.add(`struct wl_packet *const ${main.p} = frames[index].packet;`);
              if (ahead !== undefined && this.aheads.any) this.body.add('wl_batch_index = index;');
              if (least !== undefined) this.writeLength(main.p, received);
              this.body.add(`wl_packet_received(${main.p}, ${names.e});`);
              if (least !== undefined) this.body.block(`if (WL_UNLIKELY(length < ${least}))`, () => this.body.add(`${this.functionOf(target!)}_short(${[names.p, names.d, names.e, ...names.marks, ...names.words].join(', ')});`));
              if (least !== undefined) this.body.add('else');
              this.receiveOne(instance, names);
            });
            const counters = this.graph.interfaces.map(({ index }) => String(this.counters.output((group.find((member) => member.interface === index) ?? instance).index, 0)));
            this.body.add(`wl_count(${group.length === 1 ? counters[instance.interface!] : `${this.constants.named('uint32_t', counters)}[interface]`}, count);`);
            this.body.add('return;');
          });
        }
        this.body.block('default:', () => {
          this.body.add('for (uint32_t index = 0; index < count; index += 1) wl_release(frames[index].packet);');
          this.body.add('return;');
        });
      });
    });
  }

  /** A frame's length, and its end by that: how far that is from other places of the packet, C compilers then know without looking at it. */
  private writeLength(packet: string, data: string): void {
    this.body.add(`const uint64_t length = (uint64_t)(frames[index].end - ${data});`);
    this.body.add(`uint8_t *const end = (uint8_t *)${packet} + (length + WL_DATA_OFFSET);`);
  }

  /** Instances that receive, those together whose packets go to the same input: they share the code behind. */
  private receivers(): Instance[][] {
    const groups = new Map<string, Instance[]>();
    for (const instance of this.graph.instances) {
      if (instance.class.definition.device !== 'receive') continue;
      const target = instance.outputs[0]!.to[0];
      const key = target === undefined ? 'none' : `${target.instance}.${target.port}`;
      groups.set(key, [...(groups.get(key) ?? []), instance]);
    }
    return [...groups.values()];
  }

  /** The frames of a batch are counted together, so the edge itself is not. */
  private receiveOne(instance: Instance, names: PacketNames): void {
    const target = instance.outputs[0]!.to[0];
    if (target === undefined) this.body.add(`wl_release(${names.p});`);
    else this.body.add(`${this.pushCall(target, names, [INTERFACE])};`);
  }

  /** Inputs that learn, and have frames straight from interfaces. */
  private taught({ index, inputs }: Instance): number[] {
    const { learn } = this.routines[index]!;
    return inputs.flatMap(({ from }, port) => (learn[port] !== undefined && from.some(({ instance }) => this.graph.instances[instance]!.class.definition.device === 'receive') ? [port] : []));
  }

  /** What elements learn from frames that other copies take. */
  private writeLearn(): void {
    const { p, d, e, words } = this.namesOf({ id: 0, main: true });
    const begins = this.marks.map((mark) => (mark === 'mac' ? d : 'NULL'));
    this.body.block(`static void wl_graph_learn(uint32_t interface, struct wl_packet *${p}, uint8_t *${e})`, () => {
      this.body.add(`uint8_t *const ${d} = wl_slot_data(${p});`);
      this.body.block('switch (interface)', () => {
        for (const receiver of this.graph.instances) {
          const target = receiver.class.definition.device === 'receive' ? receiver.outputs[0]!.to[0] : undefined;
          if (target === undefined || !this.taught(this.graph.instances[target.instance]!).includes(target.port)) continue;
          this.body.add(`case ${receiver.interface}: return ${learnName(this.graph.instances[target.instance]!, target.port)}(${[p, d, e, ...begins, ...words.map(() => '0')].join(', ')});`);
        }
        this.body.add(`default: return wl_release(${p});`);
      });
    });
  }

  private writeTasks(): void {
    this.body.block('static bool wl_graph_run_tasks(void)', () => {
      this.body.add('bool worked = false;');
      for (const instance of this.graph.instances) {
        const sends = instance.class.definition.device === 'send' && instance.inputs[0]!.processing === 'pull';
        if (!sends && this.routines[instance.index]!.run === undefined && !isGate(instance)) continue;
        const call = `worked |= ${prefixOf(instance)}_run();`;
        if (this.options.driven) writeTaskToLeave(this, instance.index, call);
        else this.body.add(call);
      }
      this.body.add('worked |= wl_pull_astray;');
      this.body.add('wl_pull_astray = false;');
      this.body.add('return worked;');
    });
  }

  private writeTimers(): void {
    const timers = this.graph.instances.flatMap((instance) =>
      Object.keys(this.routines[instance.index]!.timers).map((timer) => ({
        place: `&${this.names[instance.index]!.struct}.timer_${timer}`,
        fire: `${prefixOf(instance)}_timer_${timer}`,
        background: isBackground(instance.class.definition.timers![timer]!),
      })),
    );
    this.body.add(`#define WL_TIMER_COUNT ${timers.length}`);
    if (timers.length > 0) {
      this.body.add(`static int64_t *const wl_timers[] = {${timers.map(({ place }) => place).join(', ')}};`);
      this.body.add(`static void (*const wl_timer_functions[])(void) = {${timers.map(({ fire }) => fire).join(', ')}};`);
      this.body.add(`static const bool wl_timer_background[] = {${timers.map(({ background }) => background).join(', ')}};`);
    }
    this.body.add('#include "wl_timers.h"');
  }
}

/** Places of an element that send packets without a call, at most. */
const EMITS_IN_PLACE_MAX = 2;

function statementsIn(block: Block): number {
  let count = 0;
  walk(block, () => (count += 1));
  return count;
}
