/** What a unit does in each round of the loop besides receiving: tasks, those of interfaces that pull what they send, and timers. */
import { BATCH_PACKETS_MAX } from '../kit/limits.js';
import { isBackground } from '../kit/element.js';
import type { Instance } from '../graph/graph.js';
import { isGate, writeTaskToLeave } from './c-gates.js';
import { prefixOf } from './c-names.js';
import type { UnitParts } from './c-unit.js';

/** Whether an interface asks for what it sends. */
const pulls = ({ class: type, inputs }: Instance): boolean => type.definition.device === 'send' && inputs[0]!.processing === 'pull';

/** The task of an interface that asks for what it sends, by `pullCall`; nothing for others. */
export function writeSender({ head, body }: UnitParts, instance: Instance, pullCall: string): void {
  if (!pulls(instance)) return;
  head.add(`static bool ${prefixOf(instance)}_run(void);`);
  body.block(`static bool ${prefixOf(instance)}_run(void)`, () => {
    body.add(`uint32_t room = wl_transmit_room(${instance.interface});`);
    body.add(`if (room > ${BATCH_PACKETS_MAX}) room = ${BATCH_PACKETS_MAX};`);
    body.block('for (uint32_t count = 0; count < room; count += 1)', () => {
      body.add(`struct wl_packet *const p0 = ${pullCall};`);
      body.add('if (p0 == NULL) return count > 0;');
      body.add(`wl_transmit(${instance.interface}, p0, wl_pointer(p0, p0->data), wl_pointer(p0, p0->end));`);
    });
    body.add('return room > 0;');
  });
}

export function writeTasks(unit: UnitParts): void {
  const { body, graph, routines, options } = unit;
  body.block('static bool wl_graph_run_tasks(void)', () => {
    body.add('bool worked = false;');
    for (const instance of graph.instances) {
      if (!pulls(instance) && routines[instance.index]!.run === undefined && !isGate(instance)) continue;
      const call = `worked |= ${prefixOf(instance)}_run();`;
      if (options.driven) writeTaskToLeave(unit, instance.index, call);
      else body.add(call);
    }
    body.add('worked |= wl_pull_astray;');
    body.add('wl_pull_astray = false;');
    body.add('return worked;');
  });
}

export function writeTimers({ body, graph, routines, names }: UnitParts): void {
  const timers = graph.instances.flatMap((instance) =>
    Object.keys(routines[instance.index]!.timers).map((timer) => ({
      place: `&${names[instance.index]!.struct}.timer_${timer}`,
      fire: `${prefixOf(instance)}_timer_${timer}`,
      background: isBackground(instance.class.definition.timers![timer]!),
    })),
  );
  body.add(`#define WL_TIMER_COUNT ${timers.length}`);
  if (timers.length > 0) {
    body.add(`static int64_t *const wl_timers[] = {${timers.map(({ place }) => place).join(', ')}};`);
    body.add(`static void (*const wl_timer_functions[])(void) = {${timers.map(({ fire }) => fire).join(', ')}};`);
    body.add(`static const bool wl_timer_background[] = {${timers.map(({ background }) => background).join(', ')}};`);
  }
  body.add('#include "wl_timers.h"');
}
