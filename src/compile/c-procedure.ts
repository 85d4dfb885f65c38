/**
 * Procedures in C. One that ends its method is a function of the same kind, called last. One that comes back gives its
 * result; if it may trap it gives that, and the result by a pointer. Packets that it moved or marked come back in
 * their descriptors: what their caller holds stays in variables whose address nobody takes.
 */
import { asType, conditionText, expressionText, isCondition, localName, typeOf } from './c-expression.js';
import type { Lines } from './c-lines.js';
import { parameterList, type PacketNames } from './c-names.js';
import { routineText } from './c-routine.js';
import { unparkText } from './c-park.js';
import { trapEnd } from './c-trap.js';
import type { FunctionKind, Surroundings } from './c-surroundings.js';
import { proceduresOf } from './graph-uses.js';
import type { Argument, PacketLocal, Procedure, Routine, Statement } from './ir.js';

/** What a procedure's C needs to know besides what it does. */
export interface ProcedureNames {
  /** What the names of the instance begin with. */
  readonly prefix: string;
  namesOf(packet: PacketLocal): PacketNames;
}

type Invoke = Extract<Statement, { op: 'invoke' }>;

/** Writes the procedures that the routines of an instance call, each once for each kind of method that it ends. */
export class ProcedureWriter {
  private readonly written = new Set<string>();

  constructor(
    private readonly head: Lines,
    private readonly body: Lines,
    private readonly names: ProcedureNames,
    private readonly around: (kind: FunctionKind) => Surroundings,
  ) {}

  /** Writes what a routine of this kind calls. */
  write({ body }: Routine, kind: FunctionKind): void {
    for (const procedure of proceduresOf(body)) {
      const own = procedure.ends === 'end' ? kind : 'procedure';
      const name = nameOf(procedure, kind, this.names);
      if (this.written.has(name)) continue;
      this.written.add(name);
      this.procedure(procedure, name, this.around(own));
    }
  }

  private procedure(procedure: Procedure, name: string, around: Surroundings): void {
    const { routine, parameters, result } = procedure;
    const list = parameters.map((parameter) => {
      if (parameter.kind === 'packet') return parameterList(this.names.namesOf(parameter.packet));
      if (parameter.kind === 'view') return `uint8_t *v${parameter.view}`;
      return `${parameter.local.type === 'boolean' ? 'bool' : typeOf(parameter.local.range)} ${localName(parameter.local)}`;
    });
    if (procedure.traps && result !== undefined) list.push(`${resultType(result)} *result`);
    const type = procedure.ends === 'end' ? RESULTS[around.kind] : procedure.traps ? 'bool ' : result === undefined ? 'void ' : `${resultType(result)} `;
    const signature = `${around.small ? 'WL_APART' : 'static'} ${type}${name}(${list.join(', ') || 'void'})`;
    this.head.add(`${signature};`);
    const given = new Set(parameters.flatMap((parameter) => (parameter.kind === 'packet' ? [parameter.packet] : [])));
    const locals = new Set(parameters.flatMap((parameter) => (parameter.kind === 'value' ? [parameter.local] : [])));
    const views = new Set(parameters.flatMap((parameter) => (parameter.kind === 'view' ? [parameter.view] : [])));
    this.body.block(signature, () => routineText(this.body, { ...routine, locals: routine.locals.filter((local) => !locals.has(local)) }, { ...around, procedure }, given, views));
  }
}

/** What a function for a method of some kind gives, in C. */
export const RESULTS: Readonly<Record<FunctionKind, string>> = {
  push: 'void ', learn: 'void ', 'pull-through': 'struct wl_packet *', pull: 'struct wl_packet *', run: 'bool ', void: 'void ', procedure: '',
};

function resultType({ type, range }: NonNullable<Procedure['result']>): string {
  return type === 'boolean' ? 'bool' : typeOf(range);
}

function nameOf({ name, id, ends }: Procedure, kind: FunctionKind, { prefix }: ProcedureNames): string {
  return `${prefix}_${name.replace(/[^A-Za-z0-9_]/g, '_')}_${id}${ends === 'end' ? `_${kind.replace('-', '_')}` : ''}`;
}

/** The call; when the procedure trapped, what the caller holds is released, and it ends as by a trap of its own. */
export function invokeText(lines: Lines, { procedure, arguments: list, result, held, changed, at }: Invoke, around: Surroundings, names: ProcedureNames): void {
  const given = list.map((argument, index) => argumentText(argument, procedure, index, around, names));
  const name = nameOf(procedure, around.kind, names);
  if (procedure.ends === 'end') {
    const call = `${name}(${given.join(', ')});`;
    if (!RESULTS[around.kind].startsWith('void')) return lines.add(`return ${call}`, at);
    lines.add(call, at);
    return lines.add('return;');
  }
  if (!procedure.traps) {
    const call = `${name}(${given.join(', ')})`;
    lines.add(result === undefined ? `${call};` : `${localName(result)} = ${castTo(result, call)};`, at);
  } else {
    lines.block('', () => {
      if (procedure.result !== undefined) lines.add(`${resultType(procedure.result)} value;`);
      const all = [...given, ...(procedure.result === undefined ? [] : ['&value'])];
      lines.block(`if (WL_UNLIKELY(${name}(${all.join(', ')})))`, () => trapEnd(lines, held, around), at);
      if (result !== undefined) lines.add(`${localName(result)} = ${castTo(result, 'value')};`);
    });
  }
  for (const packet of changed) unparkText(lines, packet, around);
}

function castTo(result: NonNullable<Invoke['result']>, text: string): string {
  return result.type === 'boolean' ? text : `(${typeOf(result.range)})${text}`;
}

function argumentText(argument: Argument, procedure: Procedure, index: number, around: Surroundings, names: ProcedureNames): string {
  if (argument.kind === 'view') return `v${argument.view}`;
  if (argument.kind === 'packet') {
    const { p, d, e, marks, words } = names.namesOf(argument.packet);
    return [p, d, e, ...marks, ...words].join(', ');
  }
  if (isCondition(argument.value)) return conditionText(argument.value, around);
  const parameter = procedure.parameters[index]!;
  return parameter.kind === 'value' ? asType(argument.value, typeOf(parameter.local.range), around) : expressionText(argument.value, around);
}

