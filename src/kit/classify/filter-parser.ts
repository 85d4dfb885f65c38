/**
 * The grammar of the IP filter language (Click's IPClassifier and IPFilter), by recursive descent:
 *
 *     expression  := disjunction [? expression : expression]
 *     disjunction := conjunction {or conjunction}
 *     conjunction := factor {[and] factor}
 *     factor      := not factor | ( expression ) | true | false | primitive
 *     primitive   := qualifiers [[ offset [: size] ]] [& mask] [operator] [value]
 */
import { parseIpv4 } from '../address.js';
import { parseInteger, type ArgumentScope } from '../config.js';
import { ALWAYS, and, choose, NEVER, not, or, type Expression } from './expression.js';
import { isSubject, NAMED_FIELDS, PROTOCOLS, protocolName, type NamedField, type Subject } from './filter-names.js';
import { completed, meaningOf, type Context, type Direction, type Operator, type Primitive } from './filter-primitive.js';
import { isData, readValue, unknownWord } from './filter-value.js';
import { FilterError, type Word, WordReader } from './filter-words.js';

/** Parentheses, negations and choices inside one another, at most. */
const NESTING_MAX = 200;

const AND = ['and', '&&'];
const OR = ['or', '||'];
const NOT = ['not', '!'];
const ALL = ['true', 'all', 'any', '-'];
const NONE = ['false', 'none'];
const ENDS_FACTORS = new Set([')', ...OR, '?', ':']);
const OPERATORS: Readonly<Record<string, Operator>> = { '=': '==', '==': '==', '!=': '!=', '<': '<', '<=': '<=', '>': '>', '>=': '>=' };

export class FilterParser {
  private previous: Context = {};
  private depth = 0;

  constructor(
    private readonly reader: WordReader,
    private readonly scope: ArgumentScope,
  ) {}

  /** The expression that all the words write. */
  whole(): Expression {
    const expression = this.expression();
    if (this.reader.atEnd) return expression;
    const word = this.reader.here();
    if (word.text === ')') throw FilterError.at(word, 'this ) closes nothing');
    if (word.text === ':') throw FilterError.at(word, 'this : belongs to no ?');
    throw unknownWord(word, '"and", "or" or the end of the rule');
  }

  private expression(): Expression {
    this.depth += 1;
    if (this.depth > NESTING_MAX) throw FilterError.at(this.reader.here(), `more than ${NESTING_MAX} levels of nesting`);
    const condition = this.disjunction();
    let result = condition;
    if (this.reader.peek() === '?') {
      const question = this.reader.next();
      const then = this.expression();
      if (!this.reader.take(':')) {
        throw FilterError.at(this.reader.atEnd ? question : this.reader.here(), 'expected : and what holds otherwise', 'Write "condition ? this : that", with blanks around the colon.');
      }
      result = choose(condition, then, this.expression());
    }
    this.depth -= 1;
    return result;
  }

  private disjunction(): Expression {
    const of = [this.conjunction()];
    while (this.reader.take(...OR)) of.push(this.conjunction());
    return or(...of);
  }

  private conjunction(): Expression {
    const of: Expression[] = [];
    for (;;) {
      const joined = of.length > 0 && this.reader.take(...AND);
      if (this.reader.atEnd || ENDS_FACTORS.has(this.reader.peek()!)) {
        if (joined || of.length === 0) throw unknownWord(this.reader.here(), 'a condition');
        return and(...of);
      }
      of.push(this.factor());
    }
  }

  private factor(): Expression {
    if (this.reader.take(...NOT)) {
      this.depth += 1;
      if (this.depth > NESTING_MAX) throw FilterError.at(this.reader.here(), `more than ${NESTING_MAX} levels of nesting`);
      if (this.reader.atEnd) throw unknownWord(this.reader.here(), 'a condition');
      const of = this.factor();
      this.depth -= 1;
      return not(of);
    }
    if (this.reader.take(...ALL)) return ALWAYS;
    if (this.reader.take(...NONE)) return NEVER;
    if (this.reader.peek() !== '(') return this.primitive();
    const open = this.reader.next();
    const inner = this.expression();
    if (!this.reader.take(')')) throw FilterError.at(open, 'this ( is not closed');
    return inner;
  }

  private primitive(): Expression {
    const first = this.reader.here();
    const start = this.reader.position;
    const { negated, ...qualifiers } = this.qualifiers();
    const qualified = this.reader.position > start;
    const bytes = this.reader.peek() === '[' ? this.bytes(qualified, qualifiers.subject) : undefined;
    const mask = this.mask();
    const operator = OPERATORS[this.reader.peek() ?? ''];
    const operatorWord = operator === undefined ? undefined : this.reader.next();
    const value = readValue(this.reader, qualifiers.subject, qualifiers.protocol, this.scope);
    if (value === undefined && operatorWord !== undefined) throw unknownWord(this.reader.here(), `a value after ${operatorWord.text}`);
    if (value === undefined && this.reader.position === start) throw unknownWord(first, 'a condition');
    if (value === undefined && needsValue(qualifiers.subject, bytes) && !this.reader.atEnd) throw unknownWord(this.reader.here(), 'a value');
    const { subject, protocol } = qualifiers;
    if (value === undefined && subject === undefined && protocol === undefined && bytes === undefined && this.isUnknown()) {
      throw unknownWord(this.reader.here(), 'a field or a value');
    }
    const word = this.reader.since(first);
    const primitive: Primitive = { word, ...qualifiers, bytes, mask, operator: operator ?? '==', compared: operator !== undefined, value };
    const full = completed(primitive, qualified ? {} : this.previous);
    const meaning = meaningOf(full);
    // A protocol that a primitive asks for is repeated, too: "tcp and port 80 or 81" asks for tcp once only.
    this.previous = full.subject === 'proto' ? { ...full, protocol: protocolOf(full) } : full;
    return negated ? not(meaning) : meaning;
  }

  /** Whether the next word is one that means nothing. */
  private isUnknown(): boolean {
    const next = this.reader.peek();
    return next !== undefined && /^[\w.-]/.test(next) && ![...AND, ...OR, ...NOT, ...ALL, ...NONE].includes(next);
  }

  private qualifiers(): Pick<Primitive, 'subject' | 'direction' | 'protocol'> & { negated: boolean } {
    let subject: Subject | undefined;
    let direction: Direction | undefined;
    let protocol: number | undefined;
    let negated = false;
    for (;;) {
      const word = this.reader.here();
      const { text } = word;
      if (this.reader.atEnd) break;
      if (isSubject(text)) {
        // "ether host" and "ether src host" say no more than "ether" does.
        if (subject !== undefined && !(subject === 'ether' && text === 'host')) throw FilterError.at(word, `"${subject}" and "${text}" are both asked for`, 'Join two conditions with "and".');
        subject ??= text;
      } else if (text === 'src' || text === 'dst' || text === 'dest') {
        if (direction !== undefined) throw FilterError.at(word, '"src" or "dst" is said twice', 'Write "src and dst" or "src or dst" for both.');
        direction = this.direction();
        continue;
      } else if (NOT.includes(text)) {
        negated = !negated;
      } else if (text !== 'ip') {
        const number = PROTOCOLS.get(text);
        if (number === undefined || isData(text, this.scope)) break;
        if (protocol !== undefined && protocol !== number) throw FilterError.at(word, `"${protocolName(protocol)}" and "${text}" are both asked for`, 'Join two conditions with "or".');
        protocol = number;
      }
      this.reader.next();
    }
    return { subject, direction, protocol, negated };
  }

  private direction(): Direction {
    const first = this.reader.next().text;
    if (first !== 'src') return 'dst';
    const second = this.reader.peek(1);
    if (second !== 'dst' && second !== 'dest') return 'src';
    const both = AND.includes(this.reader.peek()!);
    if (!both && !OR.includes(this.reader.peek()!)) return 'src';
    this.reader.next();
    this.reader.next();
    return both ? 'src and dst' : 'src or dst';
  }

  /** `[offset]` or `[offset:size]`; the words in between are read as one text. */
  private bytes(qualified: boolean, subject: Subject | undefined): Primitive['bytes'] {
    const open = this.reader.next();
    if (!qualified || subject !== undefined) throw FilterError.at(open, 'expected [ after "ip", "transp" or a protocol only');
    let inner = '';
    while (!this.reader.atEnd && this.reader.peek() !== ']') inner += this.reader.next().text;
    if (!this.reader.take(']')) throw FilterError.at(open, 'this [ is not closed');
    const place: Word = this.reader.since(open);
    const [offsetText = '', sizeText, more] = inner.split(':');
    const offset = parseInteger(offsetText);
    const size = sizeText === undefined ? 1 : parseInteger(sizeText);
    if (offset === undefined || size === undefined || more !== undefined) {
      throw FilterError.at(place, `expected [offset] or [offset:size], got [${inner}]`);
    }
    if (offset < 0 || offset > 65_535) throw FilterError.at(place, `the offset ${offset} is not from 0 to 65535 bytes`);
    if (size !== 1 && size !== 2 && size !== 3 && size !== 4) throw FilterError.at(place, `the size ${size} is not from 1 to 4 bytes`);
    return { offset, size };
  }

  private mask(): number | undefined {
    if (!this.reader.take('&')) return undefined;
    const word = this.reader.next();
    const mask = parseInteger(word.text) ?? parseIpv4(word.text);
    if (mask === undefined || mask < 0) throw unknownWord(word, 'a mask after &');
    if (mask === 0) throw FilterError.at(word, 'a mask of 0 leaves nothing to compare');
    return mask;
  }
}

function needsValue(subject: Subject | undefined, bytes: Primitive['bytes']): boolean {
  if (bytes !== undefined) return true;
  return subject !== undefined && (['host', 'net', 'port', 'opt', 'ether'].includes(subject) || Object.hasOwn(NAMED_FIELDS, subject as NamedField));
}

function protocolOf({ value, protocol, operator, mask }: Primitive): number | undefined {
  if (operator !== '==' || mask !== undefined) return undefined;
  return value === undefined ? protocol : value.value;
}
