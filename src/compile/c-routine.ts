/** Routines of the IR as C functions. What surrounds a routine (its instance) is asked through `Surroundings`. */
import type { Span } from '../diagnostics.js';
import { storageType } from '../plan/storage.js';
import { BITS, loadText, storeBytesText, storeText } from './c-bytes.js';
import { annotationName, asType, conditionText, expressionText, isCondition, localName, packetName, pointerText, saysNone, typeOf } from './c-expression.js';
import type { Lines } from './c-lines.js';
import { logText } from './c-log.js';
import { parkText, unparkText } from './c-park.js';
import { returnValueText } from './c-return.js';
import { stateCallText } from './c-state-call.js';
import type { Surroundings } from './c-surroundings.js';
import { ASTRAY, trapText } from './c-trap.js';
import type { Block, Expression, PacketLocal, Routine, StatePlace, Statement } from './ir.js';

/** The body of a function for a routine: declarations, but of what are parameters, then statements. */
export function routineText(lines: Lines, routine: Routine, around: Surroundings, parameters: ReadonlySet<PacketLocal>, viewParameters: ReadonlySet<number> = new Set()): void {
  const used = usesOf(routine.body);
  for (const local of routine.locals) {
    if (!used.locals.has(local.id)) continue;
    lines.add(`${local.type === 'boolean' ? 'bool' : typeOf(local.range)} ${localName(local)};`);
  }
  for (let view = 0; view < routine.views; view += 1) if (used.views.has(view) && !viewParameters.has(view)) lines.add(`uint8_t *v${view};`);
  for (const packet of routine.packets) {
    if (parameters.has(packet) || !used.packets.has(packet.id)) continue;
    const names = [`p${packet.id}`];
    lines.add(`struct wl_packet *${names[0]} = NULL;`);
    const pointers = ['data', 'end', ...around.marks].map((part) => `*${packetName[part as 'data'](packet)} = NULL`);
    lines.add(`uint8_t ${pointers.join(', ')};`);
    for (const word of around.words) lines.add(`uint32_t ${annotationName(packet, word)} = 0;`);
  }
  blockText(lines, routine.body, around);
}

/** Numbers of the locals, views and packets that the statements mention. */
function usesOf(block: Block): { locals: Set<number>; views: Set<number>; packets: Set<number> } {
  const uses = { locals: new Set<number>(), views: new Set<number>(), packets: new Set<number>() };
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
    if (Array.isArray(value)) return value.forEach(visit);
    const record = value as Record<string, unknown>;
    if ('main' in record && 'id' in record) uses.packets.add(record['id'] as number);
    else if ('name' in record && 'id' in record && 'range' in record) uses.locals.add(record['id'] as number);
    if (typeof record['view'] === 'number') uses.views.add(record['view']);
    for (const [key, member] of Object.entries(record)) {
      // Places and constants are not part of the program.
      if (key !== 'at' && key !== 'array' && key !== 'program' && key !== 'procedure' && key !== 'range') visit(member);
      if (key === 'index') visit(member);
    }
  };
  visit(block);
  return uses;
}

function blockText(lines: Lines, block: Block, around: Surroundings): void {
  for (const statement of block) statementText(lines, statement, around);
}

function statementText(lines: Lines, statement: Statement, around: Surroundings): void {
  const { at } = statement;
  const text = (expression: Expression) => expressionText(expression, around);
  switch (statement.op) {
    case 'set':
      return lines.add(`${localName(statement.local)} = ${asType(statement.value, typeOf(statement.local.range), around)};`, at);
    case 'set-flag':
      return lines.add(`${localName(statement.local)} = ${conditionText(statement.value, around)};`, at);
    case 'load':
      return lines.add(`${localName(statement.local)} = ${loadText(statement, around)};`, at);
    case 'store':
      return storeText(lines, statement, around);
    case 'store-bytes':
      return storeBytesText(lines, statement, around);
    case 'trap-if':
      return lines.block(`if (WL_UNLIKELY(${conditionText(statement.condition, around)}))`, () =>
        trapText(lines, statement.reason, statement.held, around, at), at);
    case 'view':
      return lines.add(`v${statement.view} = ${pointerText(statement.pointer)} + ${text(statement.offset)};`, at);
    case 'load-state': {
      const place = placeText(statement.place, around);
      const cast = statement.local.type === 'boolean' ? '' : `(${typeOf(statement.local.range)})`;
      return lines.add(`${localName(statement.local)} = ${cast}${place};`, at);
    }
    case 'store-state':
      return lines.add(`${placeText(statement.place, around)} = ${storedText(statement.value, around)};`, at);
    case 'state-call':
      return stateCallText(lines, statement.call, statement.result && localName(statement.result), around, at);
    case 'sum': {
      const data = packetName.data(statement.packet);
      return lines.add(`${localName(statement.local)} = wl_sum(${data} + ${text(statement.offset)}, ${text(statement.length)});`, at);
    }
    case 'count':
      return lines.add(`wl_count(${around.counter(statement.counter)}, (uint64_t)${text(statement.amount)});`, at);
    case 'counted':
      return lines.add(`${localName(statement.local)} = (uint32_t)WL_LOAD_RELAXED(&wl_shared.counters[${around.counter(statement.counter)}]);`, at);
    case 'clock':
      return lines.add(`${localName(statement.local)} = wl_now_${statement.unit}();`, at);
    case 'near-queues':
      return lines.add(`${localName(statement.local)} = ${around.queues[statement.what]};`, at);
    case 'random': {
      const state = `&${around.state}.random`;
      const call = statement.below === undefined ? `wl_random_u32(${state})` : `wl_random_below(${state}, ${asType(statement.below, 'uint32_t', around)})`;
      return lines.add(`${localName(statement.local)} = ${call};`, at);
    }
    case 'ours':
      return lines.add(`${localName(statement.local)} = wl_ours(${asType(statement.a, 'uint32_t', around)}, ${asType(statement.b, 'uint32_t', around)}) != 0;`, at);
    case 'link-up':
      return lines.add(`${localName(statement.local)} = wl_link_up(${asType(statement.interface, 'uint32_t', around)}) != 0;`, at);
    case 'timer':
      return timerText(lines, statement, around);
    case 'timer-pending':
      return lines.add(`${localName(statement.local)} = ${around.state}.timer_${statement.timer} >= 0;`, at);
    case 'log':
      return logText(lines, statement, around);
    case 'classify':
      return around.classify(lines, statement.packet, statement.program, localName(statement.local), at);
    case 'request-class':
      return around.classifyAhead?.(lines, statement.packet, statement.program, localName(statement.local));
    case 'request-entry':
      return lines.add(`${around.hint(statement.call)}[index] = ${around.entry(statement.call.entry)}_request(${statement.call.key.map(text).join(', ')});`, at);
    case 'request-constant':
      return lines.add(`wl_request(&${around.nameOf(statement.array)}[${text(statement.index)}]);`, at);
    case 'if':
      return ifText(lines, statement, around);
    case 'loop':
      return lines.block(`${statement.rolled === true ? 'WL_ROLLED ' : ''}for (;;)`, () => blockText(lines, statement.body, around));
    case 'block':
      lines.add('{');
      lines.indent(() => blockText(lines, statement.body, around));
      return lines.add(`} l${statement.label}:;`);
    case 'leave':
      return lines.add(`goto l${statement.label};`, at);
    case 'invoke':
      return around.invoke(lines, statement);
    case 'return-value':
      return returnValueText(lines, statement, around);
    case 'finish':
    case 'return-flag':
    case 'return-packet':
      return endText(lines, statement, around);
    default:
      return packetText(lines, statement, around);
  }
}

function ifText(lines: Lines, statement: Extract<Statement, { op: 'if' }>, around: Surroundings): void {
  const { condition, then, otherwise, at } = statement;
  if (then.length === 0 && otherwise.length === 0) return;
  const plain = conditionText(condition, around);
  const test = statement.unlikely === true || saysNone(condition) ? `WL_UNLIKELY(${plain})` : plain;
  if (then.length === 0) return lines.block(`if (!${test})`, () => blockText(lines, otherwise, around), at);
  lines.block(`if (${test})`, () => blockText(lines, then, around), at);
  if (otherwise.length > 0) lines.block('else', () => blockText(lines, otherwise, around));
}

// ---- state -----------------------------------------------------------------------------------------------------

function placeText(place: StatePlace, around: Surroundings): string {
  switch (place.kind) {
    case 'register':
      return around.entry(place.entry);
    case 'element':
      return `${around.entry(place.entry)}[${expressionText(place.index, around)}]`;
    case 'column':
      return `${around.entry(place.entry)}.rows[${expressionText(place.index, around)}].${around.column(place.entry, place.column)}`;
  }
}

function storedText(value: Extract<Statement, { op: 'store-state' }>['value'], around: Surroundings): string {
  if (isCondition(value)) return conditionText(value, around);
  return `(${storageType(value.range)})${expressionText(value, around)}`;
}

function timerText(lines: Lines, statement: Extract<Statement, { op: 'timer' }>, around: Surroundings): void {
  const timer = `${around.state}.timer_${statement.timer}`;
  const time = statement.time === undefined ? '' : asType(statement.time, 'int64_t', around);
  const value = { after: `wl_now_microseconds() + ${time}`, at: time, cancel: 'WL_TIMER_OFF' }[statement.action];
  lines.add(`${timer} = ${value};`, statement.at);
}

// ---- packets -----------------------------------------------------------------------------------------------------

type PacketStatement = Exclude<
  Statement,
  { op: 'set' | 'set-flag' | 'load' | 'store' | 'store-bytes' | 'trap-if' | 'view' | 'load-state' | 'near-queues' | 'store-state' | 'state-call' | 'sum' | 'count' | 'counted' | 'clock' | 'random' | 'ours' | 'link-up' | 'timer' | 'timer-pending' | 'log' | 'classify' | 'request-class' | 'request-entry' | 'request-constant' | 'if' | 'loop' | 'block' | 'leave' | 'invoke' | 'return-value' | 'finish' | 'return-flag' | 'return-packet' }
>;

function packetText(lines: Lines, statement: PacketStatement, around: Surroundings): void {
  const { packet, at } = statement;
  const p = packetName.descriptor(packet);
  const d = packetName.data(packet);
  const e = packetName.end(packet);
  const text = (expression: Expression) => expressionText(expression, around);
  switch (statement.op) {
    case 'move':
      return lines.add(`${d} += ${text(statement.by)};`, at);
    case 'cut':
      return lines.add(`${e} = ${d} + ${text(statement.length)};`, at);
    case 'unstrip':
    case 'prepend': {
      const count = asType(statement.count, 'uint32_t', around);
      lines.block(`if (WL_UNLIKELY(!wl_has_headroom(${p}, ${d}, ${count})))`, () =>
        trapText(lines, 'no_headroom', statement.held, around, at), at);
      return lines.add(`${d} = wl_${statement.op}(${p}, ${d}, ${count});`, at);
    }
    case 'append': {
      const count = asType(statement.count, 'uint32_t', around);
      lines.block(`if (WL_UNLIKELY(!wl_has_tailroom(${p}, ${e}, ${count})))`, () =>
        trapText(lines, 'no_tailroom', statement.held, around, at), at);
      lines.add(`wl_zero(${e}, ${count});`, at);
      return lines.add(`${e} += ${count};`, at);
    }
    case 'mark':
      if (!around.marks.includes(statement.mark)) return;
      lines.add(`${packetName[statement.mark](packet)} = ${d} + ${text(statement.offset)};`, at);
      // C compilers that let pointers wrap would ask again whether there is a mark.
      return lines.add(`WL_ASSUME(${packetName[statement.mark](packet)} != NULL);`, at);
    case 'annotation-load':
    case 'annotation-store':
      return annotationText(lines, statement, around);
    case 'copy-bytes': {
      const copy = packet.id === statement.from.id ? 'wl_move' : 'wl_copy';
      return lines.add(`${copy}(${d} + ${text(statement.place)}, ${packetName.data(statement.from)} + ${text(statement.offset)}, ${text(statement.length)});`, at);
    }
    case 'copy-constant':
      return lines.add(`wl_copy(${d} + ${text(statement.place)}, ${around.bytes(statement.bytes)} + ${text(statement.offset)}, ${text(statement.length)});`, at);
    case 'copy-state': {
      const ends = [`${d} + ${text(statement.place)}`, `${around.entry(statement.entry)} + ${text(statement.offset)}`];
      const [to, from] = statement.to === 'packet' ? ends : ends.reverse();
      return lines.add(`wl_copy(${to}, ${from}, ${text(statement.length)});`, at);
    }
    case 'copy-annotations':
      return copyAnnotationsText(lines, packet, statement.from, around, at);
    case 'timestamp-load':
      return lines.add(`${localName(statement.local)} = ${p}->timestamp_${statement.part};`, at);
    case 'timestamp-store':
      if (!around.timestamps) return;
      return lines.add(`${p}->timestamp_${statement.part} = ${asType(statement.value, 'uint32_t', around)};`, at);
    case 'pull':
      return pullText(lines, packet, statement.input, around, at);
    case 'make': {
      const length = asType(statement.length, 'uint32_t', around);
      return freshText(lines, packet, length, around, at, () => lines.add(`wl_zero(${d}, ${length});`));
    }
    case 'copy-of': {
      const { length } = statement.bytes;
      return freshText(lines, packet, `${length}u`, around, at, () => {
        if (length > 0) lines.add(`wl_copy(${d}, ${around.bytes(statement.bytes)}, ${length});`);
      });
    }
    case 'dequeue':
      return storedPacketText(lines, packet, `${calledName(`wl_queue_dequeue${statement.end === 'other' ? '_last' : ''}`, around)}(&${around.entry(statement.entry)})`, around, at);
    case 'take':
      return storedPacketText(lines, packet, `${calledName('wl_lists_take', around)}(&${around.entry(statement.entry)}, ${text(statement.list)})`, around, at);
    case 'enqueue':
      parkText(lines, packet, around);
      return lines.add(`${calledName(`wl_queue_enqueue${statement.end === 'other' ? '_first' : ''}`, around)}(&${around.entry(statement.entry)}, ${p});`, at);
    case 'list-append':
      parkText(lines, packet, around);
      return lines.add(`${calledName('wl_lists_append', around)}(&${around.entry(statement.entry)}, ${text(statement.list)}, ${p});`, at);
    case 'emit':
      return around.deliver(lines, packet, statement.to, at);
    case 'emit-copy':
      return around.deliverCopy(lines, packet, statement.to, at);
  }
}

function annotationText(lines: Lines, statement: Extract<Statement, { op: 'annotation-load' | 'annotation-store' }>, around: Surroundings): void {
  const { packet, offset, size, at } = statement;
  const bits = BITS[size];
  if (around.annotations) {
    const place = `${packetName.descriptor(packet)}->annotations + ${expressionText(offset, around)}`;
    if (statement.op === 'annotation-load') return lines.add(`${localName(statement.local)} = wl_load${bits}(${place});`, at);
    return lines.add(`wl_store${bits}(${place}, (uint${bits}_t)${expressionText(statement.value, around)});`, at);
  }
  const place = offset.op === 'number' ? offset.value : 0;
  const word = place - (place % 4);
  if (!around.words.includes(word)) return;
  const name = annotationName(packet, word);
  // The first byte is the highest, as it would be in memory.
  const shift = 24 - 8 * (place % 4);
  if (statement.op === 'annotation-load') {
    return lines.add(`${localName(statement.local)} = ${size === 4 ? name : `(${name} >> ${shift}) & 255u`};`, at);
  }
  const value = asType(statement.value, 'uint32_t', around);
  if (size === 4) return lines.add(`${name} = ${value};`, at);
  lines.add(`${name} = (${name} & ${~(255 << shift) >>> 0}u) | ${value} << ${shift};`, at);
}

function copyAnnotationsText(lines: Lines, to: PacketLocal, from: PacketLocal, around: Surroundings, at: Span): void {
  const [p, source] = [packetName.descriptor(to), packetName.descriptor(from)];
  lines.add(`wl_copy_timestamp(${p}, ${source});`, at);
  if (around.annotations) return lines.add(`wl_copy(${p}->annotations, ${source}->annotations, WL_ANNOTATION_BYTES);`, at);
  for (const word of around.words) lines.add(`${annotationName(to, word)} = ${annotationName(from, word)};`, at);
}

function pullText(lines: Lines, packet: PacketLocal, input: Expression, around: Surroundings, at: Span): void {
  const { low, high } = input.range;
  if (low === high) return storedPacketText(lines, packet, around.pullCall(low), around, at);
  const p = packetName.descriptor(packet);
  lines.block(`switch (${expressionText(input, around)})`, () => {
    for (let port = Math.max(0, low); port <= Math.min(high, around.inputCount - 1); port += 1) {
      lines.add(`${port === high ? 'default' : `case ${port}`}: ${p} = ${around.pullCall(port)}; break;`);
    }
  }, at);
  lines.block(`if (${p} != NULL)`, () => unparkText(lines, packet, around));
}

function storedPacketText(lines: Lines, packet: PacketLocal, call: string, around: Surroundings, at: Span): void {
  const p = packetName.descriptor(packet);
  lines.add(`${p} = ${call};`, at);
  lines.block(`if (${p} != NULL)`, () => unparkText(lines, packet, around));
}

/** A packet just made: data pointers set, marks clear. */
function freshText(lines: Lines, packet: PacketLocal, length: string, around: Surroundings, at: Span, fill: () => void): void {
  const p = packetName.descriptor(packet);
  lines.add(`${p} = ${calledName('wl_packet_make', around)}(${length});`, at);
  lines.block(`if (${p} != NULL)`, () => {
    lines.add(`${packetName.data(packet)} = wl_slot_data(${p});`);
    lines.add(`${packetName.end(packet)} = ${packetName.data(packet)} + ${length};`);
    for (const mark of around.marks) lines.add(`${packetName[mark](packet)} = NULL;`);
    for (const word of around.words) lines.add(`${annotationName(packet, word)} = 0;`);
    fill();
  });
}

/** The runtime's function of this name, as it is called here. */
export function calledName(name: string, { small }: Pick<Surroundings, 'small'>): string {
  return small ? `${name}_apart` : name;
}

// ---- ends ----------------------------------------------------------------------------------------------------------

function endText(lines: Lines, statement: Extract<Statement, { op: 'finish' | 'return-flag' | 'return-packet' }>, around: Surroundings): void {
  const { at } = statement;
  if (statement.op === 'return-flag') return lines.add(`return ${conditionText(statement.value, around)};`, at);
  if (statement.op === 'return-packet') return returnPacketText(lines, statement.packet, around, at);
  const { packet, to } = statement;
  if (packet === undefined || to === undefined) return lines.add(around.kind === 'pull-through' ? ASTRAY : 'return;', at);
  if (around.kind === 'pull-through' && to.kind === 'output' && to.index === 0) {
    parkText(lines, packet, around);
    around.returned(lines, 0);
    return lines.add(`return ${packetName.descriptor(packet)};`, at);
  }
  if (around.kind === 'pull-through' && to.kind === 'any-output' && to.index.range.low <= 0) {
    lines.block(`if (${expressionText(to.index, around)} == 0)`, () => {
      parkText(lines, packet, around);
      around.returned(lines, 0);
      lines.add(`return ${packetName.descriptor(packet)};`);
    }, at);
  }
  around.deliver(lines, packet, to, at);
  lines.add(around.kind === 'pull-through' ? ASTRAY : 'return;');
}

function returnPacketText(lines: Lines, packet: PacketLocal | undefined, around: Surroundings, at: Span): void {
  if (packet === undefined) return lines.add('return NULL;', at);
  const p = packetName.descriptor(packet);
  lines.block(`if (${p} != NULL)`, () => {
    parkText(lines, packet, around);
    around.returned(lines);
  }, at);
  lines.add(`return ${p};`, at);
}

