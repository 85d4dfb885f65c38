/**
 * The C unit of an appliance: state, one function for each way into each instance, and the five functions
 * that the loop calls (native/runtime/wl_graph.h). A packet's way is a chain of calls that the C compiler
 * inlines: its descriptor, data, end and header marks are arguments, and so live in registers.
 */
import type { CheckedGraph, Instance, PortEnd } from '../graph/graph.js';
import { isBackground } from '../kit/element.js';
import type { Plan } from '../plan/plan.js';
import { Aheads } from './c-ahead.js';
import { classifyText, type PrintedProgram } from './c-classify.js';
import { Constants } from './c-constants.js';
import { Deliveries } from './c-delivery.js';
import { annotationName, packetName } from './c-expression.js';
import { currentCall, declareGates, writeGate, writeGateEntries, writeGivenOrPulled, type GateSurroundings } from './c-gates.js';
import { Lines } from './c-lines.js';
import { interfaceEntry, learnName, parameterList, prefixOf, pullName, pushName, type PacketNames } from './c-names.js';
import { invokeText, ProcedureWriter, RESULTS, type ProcedureNames } from './c-procedure.js';
import { Reception } from './c-receive.js';
import { writeSender, writeTasks, writeTimers } from './c-rounds.js';
import { routineText } from './c-routine.js';
import type { FunctionKind, Surroundings } from './c-surroundings.js';
import { declareState, initializeState, placesOf, stateNames, type StateNames } from './c-state.js';
import { pointersOf, type UnitOptions, type UnitParts } from './c-unit.js';
import { CounterTable } from './counter-table.js';
import { entryOwner } from './foreign-entry.js';
import { Fusion } from './fusion.js';
import { contains, MARKS, methodsOf, usesOf, wholeUses, type GraphUses } from './graph-uses.js';
import type { Mark, PacketLocal, Routine } from './ir.js';
import type { LoweredMethod } from './lower-method.js';
import type { UnitFacts } from './unit-facts.js';
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
  private readonly aheads: Aheads;
  private readonly deliveries: Deliveries;
  private readonly reception: Reception;
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
    this.body = new Lines(options.places);
    this.head = new Lines(false);
    this.constants = new Constants(this.head);
    this.aheads = new Aheads(this);
    this.uses = (options.driven ? wholeUses : usesOf)(routines);
    this.marks = MARKS.filter((mark) => this.uses.marks.has(mark));
    this.names = this.graph.instances.map((instance) => stateNames(prefixOf(instance), instance.state));
    this.deliveries = new Deliveries(this);
    this.reception = new Reception(this, this.marks, this.deliveries, this.aheads);
  }

  write(): Unit {
    for (const instance of this.graph.instances) {
      const { class: type } = instance;
      const plain = this.isPlain(instance) && instance.outputs.length > 0;
      this.counters.open(Object.keys(type.counters), Object.keys(type.drops), instance.outputs.length, plain);
    }
    if (this.options.driven) declareGates(this);
    for (const instance of this.graph.instances) this.declareInstance(instance);
    const aheads = this.reception.writeAheads();
    for (const instance of this.graph.instances) this.writeInstance(instance);
    this.deliveries.lanes.write();
    if (this.options.driven) writeGateEntries(this.aroundGates());
    this.writeInitialize();
    this.reception.writeReceive(aheads);
    this.reception.writeLearn();
    writeTasks(this);
    writeTimers(this);
    const called = this.fusion.finish(this.head);
    const facts = { lanes: this.deliveries.lanes.groups, asked: this.aheads.asked, annotationsInVariables: !this.uses.annotations, called, programs: this.programs, copied: this.deliveries.hotPath.copies, counted: this.graph.instances.filter((instance) => instance.outputs.length > 0 && instance.class.definition.device === undefined && !this.isPlain(instance)).map(({ index }) => index), lookAheadFrom: this.options.lookAheadFrom };
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
      'WL_WIRES(X)': this.reception.wires().map(({ from, to, counter }) => `X(${from}, ${to}, ${counter})`).join(' '),
      WL_RING_SIZE: plan.ringSize,
      WL_SMALL_SLOTS: plan.smallSlots,
      WL_JUMBO_SLOTS: plan.jumboSlots,
      WL_USES_LOW: Number(this.uses.low),
      WL_USES_TIMESTAMPS: Number(this.uses.timestamps),
      WL_USES_ANNOTATIONS: Number(this.uses.annotations),
      WL_USES_TABLES: Number(graph.instances.some(({ state }) => Object.values(state).some(({ kind }) => kind === 'table'))),
      WL_LEARNS: Number(graph.instances.some((instance) => this.reception.taught(instance).length > 0)),
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
    if (definition.device === 'send') return writeSender(this, instance, this.pullCall(instance, 0));
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
    for (const port of this.reception.taught(instance)) this.function(instance, learnName(instance, port), 'learn', routines.learn[port]!, port, true);
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
      deliver: (instance, names, output) => this.deliveries.deliverTo(this.body, instance, names, output, undefined),
      countOutput: (instance, output) => this.deliveries.countOutput(this.body, instance, output),
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
    const least = this.reception.leastFrames.get(name);
    const copied = kind === 'push' && !small && (this.deliveries.hotPath.isCopied(name) || least !== undefined);
    const signature = `${result}${name}(${parameters})`;
    if (kind === 'push') this.fusion.declare(name, signature, () => (small ? 'apart' : copied ? 'inlined' : 'free'));
    else this.head.add(`${small ? 'WL_APART' : 'static __attribute__((unused))'} ${signature};`);
    if (copied && this.deliveries.hotPath.isCopied(name)) this.copy(`${name}_again`, name, parameters, this.namesOf(main ?? { id: 0, main: true }));
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
    if (this.deliveries.turnsStale) writeGivenOrPulled(this.body, p, this.pullCall(instance, 0), { instance: instance.index, port });
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
    return this.deliveries.turnsStale ? currentCall(call, `wl_gate_take_anew(${from.instance}u, ${from.port}u)`) : call;
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

  pushCall(target: PortEnd, names: PacketNames, from: readonly number[]): string {
    return this.deliveries.pushCall(target, names, from);
  }

  private queuesText({ queues = [] }: Instance): Surroundings['queues'] {
    const places = queues.map(({ instance, entry }) => this.names[instance]!.entry(entry));
    return {
      length: ['0u', ...places.map((place) => `${place}.length`)].join(' + '),
      room: places.length === 0 ? '0xffffffffu' : places.map((place) => `(${place}.capacity > ${place}.length ? ${place}.capacity - ${place}.length : 0u)`).join(' + '),
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
      queues: this.queuesText(instance),
      column: names.column,
      deliver: (lines, packet, to, at) => (kind === 'learn' ? lines.add(`wl_release(${this.namesOf(packet).p});`, at) : this.deliveries.deliver(lines, instance, this.namesOf(packet), to, at)),
      deliverCopy: (lines, packet, to, at) => this.deliveries.deliverCopy(lines, instance, packet, to, at),
      returned: (lines, index) => this.deliveries.countOutput(lines, instance, index ?? port),
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
}
