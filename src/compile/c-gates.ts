/**
 * What a unit has for a host that drives it round by round, in whose place another unit may go on (native/addon/wl_driven.h): gates, which are elements that work
 * on the host's side, and tasks that can be left.
 */
import type { CheckedGraph, Instance, PortEnd } from '../graph/graph.js';
import { packetName } from './c-expression.js';
import { prefixOf, parameterList, pullName, pushName, type PacketNames } from './c-names.js';
import { parkText } from './c-park.js';
import type { UnitParts } from './c-unit.js';
import { MARKS } from './graph-uses.js';
import type { Lines } from './c-lines.js';
import type { PacketLocal } from './ir.js';

/** What the printer of the unit does for gates. */
export interface GateSurroundings {
  readonly unit: UnitParts;
  pullCall(instance: Instance, input: number): string;
  /** Sends a packet to an output. */
  deliver(instance: Instance, names: PacketNames, output: number): void;
  countOutput(instance: Instance, output: number): void;
}

const PACKET: PacketLocal = { id: 0, main: true };

export const isGate = ({ class: { definition } }: Instance): boolean => definition.device === 'gate';

/** Whether something outside of the unit may change arguments while it works: then whatever it enters next is entered in other code. */
export function mayTurnStale({ instances }: CheckedGraph): boolean {
  return instances.some((instance) => isGate(instance) && instance.inputs.length + instance.outputs.length > 0);
}

/** A call of this unit, or the same of the one that is up to date. */
export function currentCall(call: string, outdated: string): string {
  return `(WL_UNLIKELY(wl_driven_stale) ? ${outdated} : ${call})`;
}

/** The arguments in C of `wl_gate_enter_anew` for a packet at an input. */
export function enterAnew({ instance, port }: PortEnd, { p, d, e, marks }: PacketNames): string {
  return `wl_gate_enter_anew(${[`${instance}u`, `${port}u`, p, d, e, ...marks].join(', ')})`;
}

/** What the unit and its host call of each other; before all else. */
export function declareGates(unit: UnitParts): void {
  const { head, graph } = unit;
  head.add('static void wl_gate_push(uint32_t instance, uint32_t port, struct wl_packet *packet);');
  head.add('static struct wl_packet *wl_gate_pull(uint32_t instance, uint32_t port);');
  head.add('static bool wl_gate_run(uint32_t instance);');
  head.add('static void wl_gate_enter(uint32_t instance, uint32_t port, struct wl_packet *packet);');
  head.add('static struct wl_packet *wl_gate_take_anew(uint32_t instance, uint32_t port);');
  head.add('static struct wl_packet *wl_gate_through_anew(uint32_t instance, uint32_t port, struct wl_packet *packet);');
  head.add('/* A packet that older code has pulled, for the element that is asked next. */');
  head.add('static struct wl_packet *wl_driven_given;');
  head.block(`WL_APART void wl_gate_enter_anew(uint32_t instance, uint32_t port, ${parameterList(unit.namesOf(PACKET))})`, () => {
    parkText(head, PACKET, { marks: MARKS, words: [] });
    head.add(`wl_gate_enter(instance, port, ${packetName.descriptor(PACKET)});`);
  });
  head.add('/* Which of them have a task. */');
  head.add(`static bool wl_gate_tasks[${Math.max(1, graph.instances.length)}];`);
  head.add('/* Other code is to go on behind the task at hand, from the task that wl_driven_next then names. */');
  head.add('static bool wl_driven_stale;');
  head.add('static uint32_t wl_driven_next;');
}

/** The functions for the ports of a gate. */
export function writeGate({ unit, countOutput }: GateSurroundings, instance: Instance): void {
  const { body, head, fusion } = unit;
  const names = unit.namesOf(PACKET);
  instance.inputs.forEach(({ processing }, port) => {
    if (processing !== 'push') return;
    const name = pushName(instance, port, undefined);
    const signature = `void ${name}(${parameterList(names)})`;
    fusion.declare(name, signature, () => 'apart');
    fusion.write(name, body, signature, () => {
      parkText(body, PACKET, unit.surroundings(instance, 'push', port));
      body.add(`wl_gate_push(${instance.index}u, ${port}u, ${names.p});`);
    });
  });
  instance.outputs.forEach(({ processing }, port) => {
    if (processing !== 'pull') return;
    const signature = `static struct wl_packet *${pullName(instance, port)}(void)`;
    head.add(`${signature};`);
    body.block(signature, () => {
      body.add(`struct wl_packet *const packet = wl_gate_pull(${instance.index}u, ${port}u);`);
      body.block('if (packet != NULL)', () => countOutput(instance, port));
      body.add('return packet;');
    });
  });
  body.block(`static bool ${prefixOf(instance)}_run(void)`, () => body.add(`return wl_gate_tasks[${instance.index}] && wl_gate_run(${instance.index}u);`));
}

/** The packet that an element passes on to who pulls: one that older code has pulled; else one that it pulls, which goes on in newer code if there is some by then. */
export function writeGivenOrPulled(body: Lines, name: string, pull: string, { instance, port }: PortEnd): void {
  body.add(`struct wl_packet *${name} = wl_driven_given;`);
  body.add('wl_driven_given = NULL;');
  body.block(`if (${name} == NULL)`, () => {
    body.add(`${name} = ${pull};`);
    body.add(`if (${name} != NULL && WL_UNLIKELY(wl_driven_stale)) return wl_gate_through_anew(${instance}u, ${port}u, ${name});`);
  });
}

/** What the host calls: a packet for an output of a gate, and one from an input; the same for inputs and outputs of all elements, where those who call are of older code. */
export function writeGateEntries({ unit, pullCall, deliver }: GateSurroundings): void {
  const { body, graph } = unit;
  const gates = graph.instances.filter(isGate);
  const others = mayTurnStale(graph) ? graph.instances.filter(({ class: { definition } }) => definition.device !== 'send') : [];
  const names = unit.namesOf(PACKET);
  const each = (instances: readonly Instance[], side: 'inputs' | 'outputs', processing: 'push' | 'pull', write: (instance: Instance, port: number) => void) => {
    for (const instance of instances) {
      instance[side].forEach((port, number) => {
        if (port.processing === processing) body.block(`if (instance == ${instance.index}u && port == ${number}u)`, () => write(instance, number));
      });
    }
  };
  const entry = (name: string, write: () => void) =>
    body.block(`WL_APART void ${name}(uint32_t instance, uint32_t port, struct wl_packet *${names.p})`, () => {
      body.add(`uint8_t *const ${names.d} = wl_at(${names.p}, ${names.p}->data);`);
      body.add(`uint8_t *const ${names.e} = wl_at(${names.p}, ${names.p}->end);`);
      for (const mark of MARKS) body.add(`uint8_t *const ${packetName[mark](PACKET)} = wl_pointer(${names.p}, ${names.p}->${mark});`);
      write();
      body.add(`wl_release(${names.p});`);
    });
  entry('wl_gate_emit', () => each(gates, 'outputs', 'push', (instance, port) => {
    deliver(instance, names, port);
    body.add('return;');
  }));
  entry('wl_gate_entered', () => each(others, 'inputs', 'push', (instance, port) => {
    body.add(`${unit.pushCall({ instance: instance.index, port }, names, [])};`);
    body.add('return;');
  }));
  const answer = (name: string, write: () => void) =>
    body.block(`WL_APART struct wl_packet *${name}(uint32_t instance, uint32_t port)`, () => {
      write();
      body.add('return NULL;');
    });
  answer('wl_gate_ask', () => each(gates, 'inputs', 'pull', (instance, port) => body.add(`return ${pullCall(instance, port)};`)));
  answer('wl_gate_taken', () => each(others, 'outputs', 'pull', (instance, port) => body.add(`return ${pullName(instance, port)}();`)));
}

/** Runs the task of a number, unless the round goes on behind it; and leaves behind it if it is to. */
export function writeTaskToLeave({ body }: UnitParts, number: number, call: string): void {
  body.block(`if (wl_driven_next <= ${number}u)`, () => {
    body.add(call);
    body.block('if (wl_driven_stale)', () => {
      body.add(`wl_driven_next = ${number + 1}u;`);
      body.add('return true;');
    });
  });
}
