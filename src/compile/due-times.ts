/**
 * Work that is done now and then: `if (now >= state.next) { ...; state.next = now + PERIOD; }`. What asks for the time and puts off
 * when it asks again is due for one packet of many. C compilers are told so, or the code between would lie in the way of all
 * the others. Where a packet ends in such a block nothing is said: there the time may decide for each.
 */
import { contains } from './graph-uses.js';
import type { Block, Condition, Expression, Statement } from './ir.js';

/** What each local holds that is given a value once: the time, or a register by its name. */
interface Known {
  readonly times: Set<number>;
  readonly registers: Map<number, string>;
}

const ENDS = new Set<Statement['op']>(['finish', 'emit', 'return-flag', 'return-packet', 'return-value']);

/** The same routine, with what is seldom due marked as unlikely. */
export function markDueTimes(body: Block, known: Known = { times: new Set(), registers: new Map() }): Block {
  return body.map((statement): Statement => {
    if (statement.op === 'clock' && !statement.local.varies) known.times.add(statement.local.id);
    if (statement.op === 'load-state' && statement.place.kind === 'register' && !statement.local.varies) known.registers.set(statement.local.id, statement.place.entry);
    if (statement.op === 'block' || statement.op === 'loop') return { ...statement, body: markDueTimes(statement.body, known) };
    if (statement.op !== 'if') return statement;
    const due = dueRegister(statement.condition, known);
    const then = markDueTimes(statement.then, known);
    const otherwise = markDueTimes(statement.otherwise, known);
    return due !== undefined && otherwise.length === 0 && putsOff(then, due) ? { ...statement, then, otherwise, unlikely: true } : { ...statement, then, otherwise };
  });
}

/** The register that is compared with the time, where the condition holds once that has come. */
function dueRegister(condition: Condition, { times, registers }: Known): string | undefined {
  if (condition.op !== 'compare') return undefined;
  const { operator, a, b } = condition;
  const [now, next] = operator === '>=' || operator === '>' ? [a, b] : operator === '<=' || operator === '<' ? [b, a] : [];
  const local = (expression: Expression | undefined) => (expression?.op === 'local' ? expression.local.id : -1);
  return times.has(local(now)) ? registers.get(local(next)) : undefined;
}

function putsOff(block: Block, register: string): boolean {
  const stores = block.some((statement) => statement.op === 'store-state' && statement.place.kind === 'register' && statement.place.entry === register);
  return stores && !contains(block, ({ op }) => ENDS.has(op));
}
