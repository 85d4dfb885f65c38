/**
 * Random elements: source text in the packet-path subset, from a seed. Most of what is generated can be
 * proved; what the compiler refuses is simply not run (and counted, so that refusals stay few).
 */

export class Dice {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0 || 1;
  }

  /** Uniform over 0..bound-1. */
  below(bound: number): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) % bound;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

const INTERESTING = [0, 1, 2, 3, 4, 7, 8, 13, 14, 20, 31, 32, 60, 127, 128, 255, 256, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff, 0xffffffffffff];

/** What the code names of the context. */
const PARTS = '  const { state, counters, outputs, built, clock, random, packets, timers, log, emit, emitCopy, port } = context;\n';

/** A file with one element of that name: 1 input, 3 outputs, some state, random code. */
export function randomElement(name: string, seed: number): string {
  return new Generator(new Dice(seed)).element(name);
}

class Generator {
  private variables: string[] = [];
  private readonly constants: string[] = [];
  private next = 0;
  private depth = 0;
  /** Whether the functions with packet and context are there to be called. */
  private callable = false;
  /** The function that is being written, if it is one of those. */
  private within: string | undefined;
  /** What leaves a task or timer early, with the packet that it holds; undefined: what is written returns a verdict. */
  private away: (() => string) | undefined;
  /** A helper has no packet and no state. */
  private inHelper = false;

  constructor(private readonly dice: Dice) {}

  element(name: string): string {
    const helper = this.helper();
    const acted = this.functionOf('acted', () => `return ${this.narrow(this.dice.pick(['u16', 'i32', 'u48']))};`);
    const ended = this.functionOf('ended', () => this.verdict());
    this.callable = true;
    const body = this.statements(4 + this.dice.below(8));
    const verdict = this.dice.chance(40) ? `return ended(${this.handedOver()});` : this.verdict();
    return `/** Random. */
import { array, background, below, checksum, copyAnnotations, copyBytes, copyConstant, defineElement, loadBytes, storeBytes, drop, ethernet, flag, i32, ipv4, ipv6, kept, many, packetLists, packetQueue, push, register, table, tcp, u16, u32, u48, u8, type u16 as U16, type u32 as U32 } from 'wirelet';
${helper}${acted}${ended}
export default defineElement({
  name: '${name}',
  ports: { inputs: { in: push('Packets.') }, outputs: push(many('Packets.')) },
  counters: { seen: 'Times.', amount: 'Sum.' },
  state: {
    small: register('u8', 3), word: register('u32', 7), wide: register('u48'), signed: register('i32', -5), on: flag(),
    waiting: packetQueue(5), sorted: packetLists(3, 6), wanted: register('u53', 9), turns: register('u8'), cells: array('u16', 16, 9), octets: array('u8', 32, 5), index: register(below(16)),
    flows: table({ key: { a: 'u32', b: 'u16' }, fields: { hits: 'u32', mac: 'u48', seen: 'u32', spare: 'u32' }, capacity: 8, evict: 'seen' }),
  },
  build: () => ({ table: [5, 250, 70000, 3], list: new Uint16Array([1, 500, 65535, 7]), pairs: [{ k: 1, v: 40 }, { k: 2, v: 50 }, { k: 3, v: 6000000000 }], bytes: Uint8Array.from([11, 22, 33, 44, 55, 66, 77, 88, 99, 110]) }),
  process(packet, context) {
${PARTS}${body}
${verdict}
  },
${this.working()}});
`;
  }

  /** A task and timers that do something by themselves; every second element has them. */
  private working(): string {
    const { dice } = this;
    if (dice.chance(50)) return 'timers: { tick() {}, slow() {} },\n';
    const from = () => dice.pick(['state.waiting.dequeue()', 'state.waiting.dequeueLast()', `state.sorted.take(${dice.below(3)})`, `packets.ofLength(${20 + dice.below(80)})`, 'packets.copyOf(built.bytes)']);
    const gone = () => dice.pick([`emit(${this.anywhere()}, packet)`, "emit(drop('ended'), packet)"]);
    const end = (result: string) => (result === '' ? `${gone()}; return;` : `const busy = ${result}; ${gone()}; return busy;`);
    const work = (idle: string, busy: () => string): string => {
      this.variables = [];
      this.constants.splice(0, Infinity);
      this.away = () => end(busy());
      const text = `${PARTS}if (state.turns > ${20 + dice.below(200)}) return${idle};\nstate.turns = u8(state.turns + 1);\nconst packet = ${from()};\nif (packet === null) return${idle};\n${this.statements(2 + dice.below(5))}${this.away()}\n`;
      this.away = undefined;
      return text;
    };
    const task = dice.chance(60) ? `run(context) {\n${work(' false', () => dice.pick(['true', 'false', this.condition()]))}},\n` : '';
    const timer = () => `(context) => {\n${work('', () => '')}}`;
    return `initialize({ timers }) { timers.tick.after(${dice.below(1000)}); timers.slow.after(${dice.below(100_000)}); },\n${task}timers: { tick: ${timer()}, slow: background(${timer()}) },\n`;
  }

  private helper(): string {
    const outer = this.variables;
    this.variables = ['a', 'b'];
    this.inHelper = true;
    const early = this.dice.chance(50) ? `  if (${this.condition()}) return ${this.narrow('u32')};\n` : '';
    const text = `function mixed(a: U32, b: U16): U32 {\n${early}  return ${this.narrow('u32')};\n}\n`;
    this.inHelper = false;
    this.variables = outer;
    return text;
  }

  /** A function with packet and context, as those of large elements are. */
  private functionOf(name: string, end: () => string): string {
    this.variables = [];
    this.constants.splice(0, Infinity, 'x', 'y');
    this.within = name;
    const body = this.statements(2 + this.dice.below(5));
    const last = end();
    this.within = undefined;
    this.variables = [];
    this.constants.splice(0, Infinity);
    return `function ${name}(packet: any, context: any, x: U32, y: U16, yes: boolean): any {\n${PARTS}if (yes) counters.seen.add(1);\n${body}${last}\n}\n`;
  }

  private handedOver(): string {
    return `packet, context, ${this.narrow('u32')}, ${this.dice.chance(30) ? String(this.dice.below(9)) : this.narrow('u16')}, ${this.dice.pick(['true', 'false', this.condition()])}`;
  }

  private name(): string {
    return `x${this.next++}`;
  }

  private statements(count: number): string {
    let text = '';
    for (let index = 0; index < count; index += 1) text += this.statement();
    return text;
  }

  /** Code in a block of its own: what it declares is unknown after it. */
  private scoped(fill: () => string): string {
    const before = [...this.variables];
    const constants = [...this.constants];
    this.depth += 1;
    const text = fill();
    this.depth -= 1;
    this.variables = before;
    this.constants.splice(0, Infinity, ...constants);
    return text;
  }

  private statement(): string {
    const { dice } = this;
    switch (dice.below(this.depth > 2 ? 10 : 17)) {
      case 0: {
        const expression = this.expression(3);
        const name = this.name();
        this.constants.push(name);
        return `const ${name} = ${expression};\n`;
      }
      case 1: {
        const type = dice.pick(['u8', 'u16', 'u32', 'i32', 'u48']);
        const value = this.narrow(type);
        const name = this.name();
        this.variables.push(name);
        return `let ${name} = ${value};\n`;
      }
      case 2:
        return this.variables.length === 0 ? '' : `${dice.pick(this.variables)} = ${this.narrow(dice.pick(['u8', 'u16', 'u32', 'i32']))};\n`;
      case 3: {
        const size = dice.pick([8, 16, 32, 48]);
        return `packet.storeU${size}(${this.offset()}, ${this.narrow(`u${size}`)});\n`;
      }
      case 4:
        return `state.${dice.pick([`small = ${this.narrow('u8')}`, `word = ${this.narrow('u32')}`, `wide = ${this.narrow('u48')}`, `signed = ${this.narrow('i32')}`, `on = ${this.condition()}`, `index = ${this.narrow('u8')} & 15`])};\n`;
      case 5:
        return `state.cells[${this.cell()}] = ${this.narrow('u16')};\n`;
      case 6:
        return dice.chance(50) ? 'counters.seen.add(1);\n' : `counters.amount.add(${this.narrow('u16')});\n`;
      case 7: {
        const name = this.name();
        const found = `const ${name} = state.flows.${dice.pick(['find', 'insert', 'victim'])}(${this.narrow('u32')} % 40, ${this.narrow('u16')} & 3);\n`;
        const inside = dice.pick([
          `state.flows.hits[${name}] = u32(state.flows.hits[${name}] + 1); state.flows.seen[${name}] = ${this.narrow('u32')};`,
          `state.flows.mac[${name}] = ${this.narrow('u48')};`,
          `state.flows.remove(${name});`,
          `counters.amount.add(state.flows.hits[${name}]);`,
        ]);
        return `${found}if (${name} >= 0) { ${inside} }\n`;
      }
      case 8:
        return dice.pick([
          `packet.strip(${dice.below(4)});\n`,
          `packet.unstrip(${dice.below(4)});\n`,
          `packet.prepend(${dice.below(20)});\n`,
          `packet.truncate(${40 + dice.below(60)});\n`,
          `packet.append(${dice.below(9)});\n`,
          `packet.paint = ${this.narrow('u8')};\n`,
          `packet.setAnnotationU32(${dice.below(44)}, ${this.narrow('u32')});\n`,
          `packet.markNetworkHeader(${dice.below(30)});\n`,
          `copyBytes(packet, ${dice.below(20)}, packet, ${dice.below(20)}, ${this.narrow('u8')} & 31);\n`,
          `copyConstant(packet, ${dice.below(20)}, built.bytes, ${this.narrow('u8')} & 7, ${this.narrow('u8')} & 7);\n`,
          this.copied(),
          `storeBytes(state.octets, ${this.narrow('u8')} & 15, packet, ${dice.below(20)}, ${this.narrow('u8')} & 15);\n`,
          `loadBytes(packet, ${dice.below(20)}, state.octets, ${this.narrow('u8')} & 15, ${this.narrow('u8')} & 15);\n`,
          `if (packet.hasNetworkHeader) { const h = ipv4.at(packet); h.ttl = ${this.narrow('u8')}; h.checksum = checksum.update(h.checksum, ${this.narrow('u16')}, ${this.narrow('u16')}); }\n`,
          `{ const h = ethernet.at(packet); const d = h.destination; h.destination = h.source; h.source = d; }\n`,
        ]);
      case 9:
        return this.service();
      case 15:
        return this.choice();
      case 10:
      case 16:
        return [
          `if (${this.condition()}) {\n${this.scoped(() => this.statements(1 + dice.below(3)))}}`,
          dice.chance(40) ? ` else {\n${this.scoped(() => this.statements(1 + dice.below(3)))}}\n` : '\n',
        ].join('');
      case 11:
        return this.scoped(() => {
          const name = this.name();
          this.constants.push(name);
          const step = 1 + dice.below(3);
          const leave = dice.chance(30) ? `if (${this.condition()}) ${dice.pick(['break', 'continue'])};\n` : '';
          const limit = dice.pick(['4', '23', '100', 'packet.length', `${this.narrow('u8')}`]);
          return `for (let ${name} = ${dice.below(3)}; ${name} < ${limit}; ${name} += ${step}) {\n${leave}${this.statements(1 + dice.below(2))}}\n`;
        });
      case 12:
        return this.scoped(() => {
          const name = this.name();
          return `for (const ${name} of built.pairs) { counters.amount.add(${name}.v % 1000); if (${name}.k === state.small) { ${this.statements(1)} } }\n`;
        });
      case 13: {
        if (this.away !== undefined) return `if (${this.condition()}) { ${this.away()} }\n`;
        const result = this.within === 'acted' ? this.narrow('u16') : dice.pick(["drop('random')", 'outputs[1]', 'outputs[2]', ...(this.callable ? [`ended(${this.handedOver()})`] : [])]);
        return `if (${this.condition()}) return ${result};\n`;
      }
      default: {
        if (!this.callable || dice.chance(40)) return `emitCopy(outputs[${dice.below(3)}], packet);\n`;
        const name = this.name();
        const call = `const ${name} = acted(${this.handedOver()});\n`;
        this.constants.push(name);
        return call;
      }
    }
  }

  /** Something of what a run does for elements: text, timers, packets that wait, chance, time. */
  private service(): string {
    const { dice } = this;
    const name = this.name();
    const list = `${this.narrow('u8')} % 3`;
    return dice.pick([
      () => `{ log.text('at '); log.decimal(${this.expression(2)}, ${dice.below(9)}); log.hexadecimal(${this.narrow('u32')}, ${1 + dice.below(8)}); log.end(); }\n`,
      () => `log.hex(packet, ${dice.below(40)}, ${this.narrow('u8')} & 31); log.ascii(packet, ${dice.below(40)}, ${dice.below(40)}); log.end();\n`,
      () => `timers.${dice.pick(['tick', 'slow'])}.${dice.pick([`after(${this.narrow('u16')})`, `after(${this.narrow('u8')} * 100000)`, `at(clock.microseconds + ${this.narrow('u8')})`, 'cancel()'])};\n`,
      () => `if (timers.${dice.pick(['tick', 'slow'])}.pending) { ${this.scoped(() => this.statements(1))} }\n`,
      () => `if (!state.waiting.full) { const ${name} = packets.ofLength(${dice.below(90)}); if (${name} !== null) { copyBytes(${name}, 0, packet, 0, Math.min(${name}.length, packet.length)); state.waiting.${dice.pick(['enqueue', 'enqueueFirst'])}(${name}); } }\n`,
      () => `{ const ${name} = state.waiting.${dice.pick(['dequeue', 'dequeueLast'])}(); if (${name} !== null) { ${name}.storeU8(${dice.below(70)}, ${this.narrow('u8')}); emit(${this.anywhere()}, ${name}); } }\n`,
      () => `if (!state.sorted.full) { const ${name} = packets.copyOf(built.bytes); if (${name} !== null) { ${name}.append(${dice.below(30)}); state.sorted.append(${list}, ${name}); } }\n`,
      () => `{ const ${name} = state.sorted.take(${list}); if (${name} !== null) { if (${this.condition()}) emit(drop('unwanted'), ${name}); else emit(${this.anywhere()}, ${name}); } }\n`,
      () => `state.wanted = clock.microseconds + ${this.narrow('u32')};\n`,
      () => `counters.amount.add(counters.seen.low32 % ${1 + dice.below(5000)});\n`,
      () => `if (packet.hasTransportHeader) { const ${name} = tcp.at(packet); ${name}.window = ${this.narrow('u16')}; ${name}.sequence = u32(${name}.sequence + 1); }\n`,
      () => `{ const ${name} = ipv6.atOffset(packet, ${this.narrow('u8')} & 15); ${name}.hop_limit = ${this.narrow('u8')}; counters.amount.add(${name}.payload_length); }\n`,
    ])();
  }

  /** An output, or one that a variable chooses, which may be given another value before it is used. */
  private anywhere(): string {
    return this.dice.pick(['outputs[0]', 'outputs[1]', 'outputs[2]', `outputs[${this.narrow('u8')} % 3]`]);
  }

  /** Statements in which one of several things is chosen, by a switch or by what a variable was. */
  private choice(): string {
    const { dice } = this;
    const [name, other] = [this.name(), this.name()];
    const clause = (label: string) => `${label} { ${this.scoped(() => this.statements(1 + dice.below(2)))} break; }\n`;
    const again = `${name} = ${this.narrow('u8')} % 3;\n`;
    return dice.pick([
      () => `switch (${this.narrow('u8')} & 3) { ${[clause('case 0:'), clause(dice.pick(['case 1: case 3:', 'case 1:'])), ...(dice.chance(60) ? [clause('default:')] : []), ...(dice.chance(40) ? [clause('case 2:')] : [])].join('')} }\n`,
      () => `{ let ${name} = ${this.narrow('u8')} % 3; const ${other} = outputs[${name}]; ${again}emitCopy(${other}, packet); }\n`,
      () => `{ let ${name} = ${this.narrow('u8')} % 3; const ${other} = built.pairs[${name}]; ${again}counters.amount.add(${other}.v % 1000 + ${name}); }\n`,
      () => `{ let ${name} = ${this.narrow('u8')}; const ${other} = ${name} > ${dice.below(256)} && ${this.condition()}; ${name} = ${this.narrow('u8')}; if (${other}) { counters.amount.add(${name} > 100 ? 1 : ${name}); } }\n`,
      () => `${name}: for (let ${other} = 0; ${other} < ${dice.below(40)}; ${other} += 1) { for (let ${other}i = ${this.narrow('u8')} & 7; ${other}i > 0; ${other}i -= 1) { ${this.condition().replace(/^/, 'if ')} ${dice.pick(['break', 'continue'])} ${name}; ${this.scoped(() => this.statements(1))} } }\n`,
    ])();
  }

  /** A packet that gets bytes and annotations of the one at hand, and leaves. */
  private copied(): string {
    const { dice } = this;
    const name = this.name();
    const made = `copyAnnotations(${name}, packet); copyBytes(${name}, ${dice.below(9)}, packet, ${dice.below(9)}, ${this.narrow('u8')} & 63);`;
    return `{ const ${name} = packets.ofLength(${dice.below(80)}); if (${name} !== null) { ${made} emit(outputs[${dice.below(3)}], ${name}); } }\n`;
  }

  private verdict(): string {
    return this.dice.pick([
      'return outputs[0];',
      // Of large buffers there are few.
      'if (!state.waiting.full && packet.length + packet.tailroom < 3000) { state.waiting.enqueue(packet); return kept; }\nreturn outputs[1];',
      'return outputs[state.small % 3];',
      `return ${this.condition()} ? outputs[1] : drop('other');`,
      `return outputs[${this.narrow('u8')} % 3];`,
    ]);
  }

  private offset(): string {
    const { dice } = this;
    return dice.pick([String(dice.below(64)), `${this.narrow('u8')} % 60`, `${this.narrow('u16')} & 63`]);
  }

  private cell(): string {
    return this.dice.pick(['state.index', `${this.narrow('u8')} % 16`, String(this.dice.below(16)), `${this.narrow('u32')} & 15`]);
  }

  private condition(): string {
    const { dice } = this;
    // No < or <=: `a < (b) > (c)` reads as a call with a type argument.
    const comparison = () => `${this.expression(1)} ${dice.pick(['>', '>=', '===', '!=='])} ${this.expression(1)}`;
    const simple = this.inHelper
      ? comparison
      : () => dice.pick([comparison, comparison, () => 'state.on', () => 'packet.hasNetworkHeader', () => `packet.length > ${40 + dice.below(40)}`, () => `!(${comparison()})`])();
    return dice.chance(30) ? `(${simple()} ${dice.pick(['&&', '||'])} ${simple()})` : `(${simple()})`;
  }

  /** An expression that surely fits the type. */
  private narrow(type: string): string {
    return `${type}(${this.expression(2)})`;
  }

  private expression(depth: number): string {
    const { dice } = this;
    if (depth === 0 || dice.chance(20)) return this.atom();
    const sub = () => this.expression(depth - 1);
    switch (dice.below(10)) {
      case 0:
        return `(${sub()} + ${sub()})`;
      case 1:
        return `(${sub()} - ${sub()})`;
      case 2:
        return `(u16(${sub()}) * ${dice.pick(['u16', 'u8', 'i32'])}(${sub()}))`;
      case 3:
        return `(${sub()} ${dice.pick(['&', '|', '^'])} ${sub()})`;
      case 4:
        return `(${sub()} ${dice.pick(['<<', '>>', '>>>'])} ${dice.chance(60) ? dice.below(32) : `(${sub()} & ${dice.pick([7, 15, 31])})`})`;
      case 5:
        return `Math.trunc(${sub()} / ${1 + dice.below(300)})`;
      case 6:
        return `(${sub()} % ${dice.chance(70) ? 1 + dice.below(1000) : `(u8(${sub()}) + 1)`})`;
      case 7:
        return dice.pick([`Math.min(${sub()}, ${sub()})`, `Math.max(${sub()}, ${sub()})`, `Math.abs(${sub()})`, `Math.imul(${sub()}, ${sub()})`, `Math.clz32(${sub()})`]);
      case 8:
        return `(${this.condition()} ? ${sub()} : ${sub()})`;
      default:
        return dice.pick([`u8(${sub()})`, `u16(${sub()})`, `u32(${sub()})`, `i32(${sub()})`, `u48(${sub()})`, `-(${sub()})`, `~(${sub()})`]);
    }
  }

  private atom(): string {
    const { dice } = this;
    const names = [...this.variables, ...this.constants];
    if (names.length > 0 && dice.chance(45)) return dice.pick(names);
    if (this.inHelper) return String(dice.pick(INTERESTING));
    return dice.pick([
      () => String(dice.pick(INTERESTING)),
      () => `packet.loadU${dice.pick([8, 16, 32, 48])}(${dice.below(50)})`,
      () => 'packet.length',
      () => `state.${dice.pick(['small', 'word', 'wide', 'signed', 'index'])}`,
      () => `state.cells[${dice.pick(['state.index', String(dice.below(16))])}]`,
      () => `built.${dice.pick(['table', 'list'])}[${dice.pick(['state.small & 3', String(dice.below(4))])}]`,
      () => `built.pairs[state.small % 3].v`,
      () => 'clock.seconds',
      () => 'random.u32()',
      () => 'state.wanted % 1000003',
      () => `state.${this.dice.pick(['waiting', 'sorted'])}.length`,
      () => `random.below(${1 + dice.below(1000)})`,
      () => 'packet.paint',
      () => `packet.annotationU32(${dice.below(44)})`,
      () => 'state.flows.length',
      () => 'mixed(state.word, 9)',
      () => `checksum.sum(packet, ${dice.below(20)}, ${dice.below(20)})`,
      () => 'port',
    ])();
  }
}
