/**
 * The grammar of the IP filter language (Click's IPClassifier and IPFilter), by recursive descent:
 *
 *     expression  := disjunction [? expression : expression]
 *     disjunction := conjunction {or conjunction}
 *     conjunction := factor {[and] factor}
 *     factor      := not factor | ( expression ) | true | false | primitive
 *     primitive   := qualifiers [[ offset [: size] ]] [& mask] [operator] [value]
 *
 * It goes on behind mistakes as Click's reader does, so that both find the same ones.
 */
import { parseMac } from '../address.js';
import { readIpv4, type ArgumentScope } from '../argument-scope.js';
import { parseInteger, parseInteger32 } from '../config.js';
import { ALWAYS, and, choose, NEVER, not, or, type Expression } from './expression.js';
import { fieldOf, fieldProtocol, isSubject, PROTOCOLS, protocolName, type Bytes, type Subject } from './filter-names.js';
import { completed, contextOf, meaningOf, type Context, type Direction, type Operator, type Primitive } from './filter-primitive.js';
import { isData, readValue, unknownWord } from './filter-value.js';
import { FilterError, type Findings, type Word, type WordReader } from './filter-words.js';

/** Parentheses, negations and choices inside one another, at most. */
const NESTING_MAX = 200;

/** Where bytes of a header may begin: 16 bits of bits, as Click has them. */
const BYTES_OFFSET_MAX = 8_191;

const AND = ['and', '&&'];
const OR = ['or', '||'];
const NOT = ['not', '!'];
const ENDS_FACTORS = new Set([')', ...OR, '?', ':']);
const OPERATORS: Readonly<Record<string, Operator>> = { '=': '==', '==': '==', '!=': '!=', '<': '<', '<=': '<=', '>': '>', '>=': '>=' };

export class FilterParser {
  private previous: Context = {};
  private depth = 0;

  constructor(
    private readonly reader: WordReader,
    private readonly scope: ArgumentScope,
    private readonly findings: Findings,
  ) {}

  /** The expression that all the words write. */
  whole(): Expression {
    const expression = this.expression();
    if (!this.reader.atEnd) {
      const word = this.reader.here();
      const click = `garbage after expression at '${word.text}'`;
      if (word.text === ')') this.wrong(FilterError.at(word, 'this ) closes nothing', undefined, click));
      else if (word.text === ':') this.wrong(FilterError.at(word, 'this : belongs to no ?', undefined, click));
      else this.wrong(unknownWord(word, '"and", "or" or the end of the rule', click));
    }
    return expression;
  }

  private wrong(error: FilterError): void {
    this.findings.wrong(error);
  }

  private deeper(): void {
    this.depth += 1;
    if (this.depth > NESTING_MAX) throw FilterError.at(this.reader.here(), `more than ${NESTING_MAX} levels of nesting`);
  }

  private expression(): Expression {
    this.deeper();
    const condition = this.disjunction();
    let result = condition;
    if (this.reader.peek() === '?') {
      const question = this.reader.next();
      const start = this.reader.position;
      const then = this.expression();
      if (this.reader.position > start && this.reader.take(':')) result = choose(condition, then, this.expression());
      else this.wrong(FilterError.at(this.reader.atEnd ? question : this.reader.here(), 'expected : and what holds otherwise', 'Write "condition ? this : that", with blanks around the colon.', "missing ':' in ternary expression"));
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
    let joined = true;
    for (;;) {
      const start = this.reader.position;
      const found = this.factor();
      if (this.reader.position === start) {
        if (joined) this.wrong(unknownWord(this.reader.here(), 'a condition', 'missing expression'));
        return and(...of);
      }
      of.push(found);
      joined = this.reader.take(...AND);
    }
  }

  private factor(): Expression {
    if (this.reader.atEnd || ENDS_FACTORS.has(this.reader.peek()!)) return ALWAYS;
    if (NOT.includes(this.reader.peek()!)) {
      const word = this.reader.next();
      this.deeper();
      const start = this.reader.position;
      const of = this.factor();
      if (this.reader.position === start) this.wrong(unknownWord(this.reader.here(), 'a condition', `missing expression after '${word.text}'`));
      this.depth -= 1;
      return not(of);
    }
    if (this.reader.take('true')) return ALWAYS;
    if (this.reader.take('false')) return NEVER;
    if (this.reader.peek() !== '(') return this.primitive();
    const open = this.reader.next();
    const start = this.reader.position;
    const inner = this.expression();
    if (this.reader.position === start) this.wrong(unknownWord(this.reader.here(), 'a condition', "missing expression after '('"));
    if (!this.reader.take(')') && this.reader.position > start) this.wrong(FilterError.at(open, 'this ( is not closed', undefined, "missing ')'"));
    return inner;
  }

  private primitive(): Expression {
    const first = this.reader.here();
    const start = this.reader.position;
    const { negated, header: written, ...said } = this.qualifiers();
    const qualified = this.reader.position > start;
    // What came before does not matter to words that say what they look at.
    if (qualified) this.previous = {};
    const header = this.previous.subject === 'ether' ? 'ether' : written;
    const bytes = this.reader.peek() === '[' && !this.reader.atLast && qualified && said.subject === undefined ? this.bytes(said.protocol) : undefined;
    const qualifiers = bytes === undefined ? said : { ...said, subject: fieldOf(bytes) ?? ('bytes' as const), bytes };
    const mask = this.mask(header);
    const operator = this.reader.atLast ? undefined : OPERATORS[this.reader.peek() ?? ''];
    const operatorWord = operator === undefined ? undefined : this.reader.next();
    try {
      const value = readValue(this.reader, { ...qualifiers, header }, this.scope);
      if (value === undefined && operatorWord !== undefined && !['=', '=='].includes(operatorWord.text) && !this.reader.atEnd) {
        this.wrong(unknownWord(this.reader.here(), `a value after ${operatorWord.text}`, `dangling operator near '${this.reader.peek()!}'`));
      }
      if (value === undefined && this.reader.position === start) {
        this.wrong(this.unknownHere('a condition', `empty term near '${first.text}'`));
        return ALWAYS;
      }
      const full = completed({ word: this.reader.since(first), ...qualifiers, header, mask, operator: operator ?? '==', value }, this.previous);
      const meaning = meaningOf(full, this.findings);
      this.previous = contextOf(full);
      return negated ? not(meaning) : meaning;
    } catch (error) {
      if (!(error instanceof FilterError)) throw error;
      const missing = / missing$|^partial directive$/.test(error.click ?? '') && this.isUnknown();
      this.wrong(missing ? this.unknownHere('a field or a value', error.click!) : error);
      return ALWAYS;
    }
  }

  /** Whether the next word is one that means nothing. */
  private isUnknown(): boolean {
    const next = this.reader.peek();
    return next !== undefined && /^[\w.-]/.test(next) && ![...AND, ...OR, ...NOT, 'true', 'false'].includes(next);
  }

  private unknownHere(expected: string, click: string): FilterError {
    const mask = this.reader.peek() === 'mask' ? this.reader.after() : undefined;
    if (mask === undefined) return unknownWord(this.reader.here(), expected, click);
    return FilterError.at(mask, 'expected a mask after "mask"', 'Write it as an address, such as 255.255.0.0.', click);
  }

  private qualifiers(): Pick<Primitive, 'subject' | 'direction' | 'protocol' | 'header'> & { negated: boolean } {
    let subject: Subject | undefined;
    let direction: Direction | undefined;
    let protocol: number | undefined;
    let header: Primitive['header'];
    let negated = false;
    const ask = (word: Word, number: number, said: string) => {
      if (protocol !== undefined && protocol !== number) {
        this.wrong(FilterError.at(word, `"${protocolName(protocol)}" and ${said} are both asked for`, 'Join two conditions with "or".', 'transport protocol specified twice'));
      }
      protocol = number;
    };
    for (; !this.reader.atEnd; this.reader.next()) {
      const word = this.reader.here();
      const { text } = word;
      if (isSubject(text)) {
        if (subject !== undefined) this.wrong(FilterError.at(word, `"${subject}" and "${text}" are both asked for`, 'Join two conditions with "and".', 'type specified twice'));
        subject = text;
        const own = fieldProtocol(text);
        if (own !== undefined) ask(word, own, `"${text}", a field of ${protocolName(own)},`);
      } else if (text === 'src' || text === 'dst' || text === 'dest') {
        if (direction !== undefined) this.wrong(FilterError.at(word, '"src" or "dst" is said twice', 'Write "src and dst" or "src or dst" for both.', "'src' or 'dst' specified twice"));
        direction = this.direction();
      } else if (NOT.includes(text)) {
        negated = !negated;
      } else if (text === 'ip' || text === 'ether') {
        if (header !== undefined) break;
        header = text;
      } else {
        const number = PROTOCOLS.get(text);
        if (number === undefined || isData(text, this.scope)) break;
        ask(word, number, `"${text}"`);
      }
    }
    return { subject, direction, protocol, header, negated };
  }

  /** The direction that the next words name; all but the last of them are taken. */
  private direction(): Direction {
    if (this.reader.peek() !== 'src') return 'dst';
    const [joint, second] = [this.reader.peek(1), this.reader.peek(2)];
    if (second !== 'dst' && second !== 'dest') return 'src';
    const both = AND.includes(joint!);
    if (!both && !OR.includes(joint!)) return 'src';
    this.reader.next();
    this.reader.next();
    return both ? 'src and dst' : 'src or dst';
  }

  /** `[offset]`, `[offset:size]` or `[first,last]`; the words in between are read as one text. Undefined: it is wrong, which was told. */
  private bytes(protocol: number | undefined): Bytes | undefined {
    const open = this.reader.next();
    const { inner, closed } = this.bracketed();
    if (!closed) {
      this.wrong(FilterError.at(open, 'this [ is not closed', undefined, "missing ']'"));
      return undefined;
    }
    const place: Word = this.reader.since(open);
    const [, offsetText = '', joint, sizeText] = /^([^:,]*)(?:([:,])(.*))?$/.exec(inner)!;
    const offset = parseInteger32(offsetText);
    const given = joint === undefined ? 1 : parseInteger32(sizeText!);
    const refuse = (message: string, click?: string) => {
      this.wrong(FilterError.at(place, message, undefined, click));
      return undefined;
    };
    if (offset === undefined || given === undefined) return refuse(`expected [offset] or [offset:size], got [${inner}]`, "syntax error after '[', expected '[POS]' or '[POS:LEN]'");
    const size = joint === ',' ? given - offset + 1 : given;
    if (size !== 1 && size !== 2 && size !== 3 && size !== 4) return refuse(`the size ${size} is not from 1 to 4 bytes`, "LEN in '[POS:LEN]' out of range, should be between 1 and 4");
    if (offset < 0 || offset > BYTES_OFFSET_MAX) return refuse(`the offset ${offset} is not from 0 to ${BYTES_OFFSET_MAX} bytes`);
    if ((offset & 3) + size > 4) return refuse(`the ${size} bytes at ${offset} lie in two words of four bytes`, `field [${offset}:${size}] does not fit in a single word`);
    return { offset, size, protocol };
  }

  /** The words up to a bracket that closes; where there is none, none of them is taken. */
  private bracketed(): { inner: string; closed: boolean } {
    let inner = '';
    let ahead = 0;
    for (; this.reader.peek(ahead) !== undefined && this.reader.peek(ahead) !== ']'; ahead += 1) inner += this.reader.peek(ahead)!;
    if (this.reader.peek(ahead) === undefined) return { inner, closed: false };
    for (let taken = 0; taken <= ahead; taken += 1) this.reader.next();
    return { inner, closed: true };
  }

  private mask(header: Primitive['header']): Primitive['mask'] {
    const word = this.reader.after();
    if (this.reader.peek() !== '&' || word === undefined) return undefined;
    const mask = maskOf(word.text, header, this.scope);
    if (mask === undefined) return undefined;
    this.reader.next();
    this.reader.next();
    if (mask.value !== 0 || mask.kind === 'mac') return mask;
    this.wrong(FilterError.at(word, 'a mask of 0 leaves nothing to compare', undefined, 'zero mask ignored'));
    return undefined;
  }
}

function maskOf(text: string, header: Primitive['header'], scope: ArgumentScope): Primitive['mask'] {
  const integer = parseInteger(text);
  if (integer !== undefined && integer <= 0xffff_ffff && !text.startsWith('-')) return { kind: 'integer', value: integer };
  const address = header === 'ether' ? undefined : readIpv4(text, scope);
  if (typeof address === 'number') return { kind: 'host', value: address };
  const mac = header === 'ip' ? undefined : (parseMac(text) ?? scope.address(text, 'mac'));
  return typeof mac === 'number' ? { kind: 'mac', value: mac } : undefined;
}
