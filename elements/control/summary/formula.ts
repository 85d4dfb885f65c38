/** Formulas of one variable, x, as FastClick takes them (TinyExpr's grammar): `100 + 50 * sin(x / 10)`. Powers are taken from the left, signs before them. */

export type Formula = (x: number) => number;

const TOKEN = /\s*(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|[a-z][a-z0-9_]*|[-+*/%^(),])/iy;
/** Terms within terms, so that a formula of parentheses comes to an end. */
const DEPTH_MAX = 100;

function factorial(n: number): number {
  let product = 1;
  for (let each = 2; each <= Math.min(n, 200); each += 1) product *= each;
  return n < 0 ? NaN : n > 170 ? Infinity : product;
}

const FUNCTIONS: Readonly<Record<string, (...values: number[]) => number>> = {
  abs: Math.abs, acos: Math.acos, asin: Math.asin, atan: Math.atan, atan2: (a = 0, b = 0) => Math.atan2(a, b), ceil: Math.ceil, cos: Math.cos, cosh: Math.cosh, exp: Math.exp, fac: factorial, floor: Math.floor,
  ln: Math.log, log: Math.log10, log10: Math.log10, ncr: (n = 0, r = 0) => Math.round(factorial(n) / (factorial(r) * factorial(n - r))), npr: (n = 0, r = 0) => Math.round(factorial(n) / factorial(n - r)),
  pow: (a = 0, b = 0) => a ** b, sin: Math.sin, sinh: Math.sinh, sqrt: Math.sqrt, squarewave: (x = 0) => (Math.trunc(x * 2) % 2 < 1 ? 1 : -1), tan: Math.tan, tanh: Math.tanh,
};
const TWO = new Set(['atan2', 'ncr', 'npr', 'pow']);
const CONSTANTS: Readonly<Record<string, number>> = { e: Math.E, pi: Math.PI };

class FormulaError extends Error {}

class Reader {
  private at = 0;
  private token = '';
  private depth = 0;

  constructor(private readonly text: string) {
    this.step();
  }

  whole(): Formula {
    const formula = this.sum();
    if (this.token !== '') throw new FormulaError(this.token);
    return formula;
  }

  private step(): void {
    TOKEN.lastIndex = this.at;
    const found = TOKEN.exec(this.text);
    if (found === null && this.text.slice(this.at).trim() !== '') throw new FormulaError(this.text.slice(this.at));
    this.token = found?.[1] ?? '';
    this.at += found?.[0].length ?? 0;
  }

  private accept(token: string): boolean {
    if (this.token !== token) return false;
    this.step();
    return true;
  }

  private sum(): Formula {
    this.depth += 1;
    if (this.depth > DEPTH_MAX) throw new FormulaError('too deep');
    let left = this.product();
    for (let before = left; this.token === '+' || this.token === '-'; before = left) {
      const sign = this.accept('+') ? 1 : (this.step(), -1);
      const right = this.product();
      left = (x) => before(x) + sign * right(x);
    }
    this.depth -= 1;
    return left;
  }

  private product(): Formula {
    let left = this.power();
    for (let before = left; ['*', '/', '%'].includes(this.token); before = left) {
      const operator = this.token;
      this.step();
      const right = this.power();
      left = operator === '*' ? (x) => before(x) * right(x) : operator === '/' ? (x) => before(x) / right(x) : (x) => before(x) % right(x);
    }
    return left;
  }

  private power(): Formula {
    let left = this.signed();
    for (let before = left; this.accept('^'); before = left) {
      const right = this.signed();
      left = (x) => before(x) ** right(x);
    }
    return left;
  }

  private signed(): Formula {
    let sign = 1;
    while (this.token === '-' || this.token === '+') {
      if (this.token === '-') sign = -sign;
      this.step();
    }
    const base = this.base();
    return sign === 1 ? base : (x) => -base(x);
  }

  private base(): Formula {
    const { token } = this;
    if (token === '') throw new FormulaError('the end');
    this.step();
    if (/^[\d.]/.test(token)) return () => Number(token);
    if (token === '(') return this.closed(this.sum());
    if (token === 'x') return (x) => x;
    const constant = Object.hasOwn(CONSTANTS, token) ? CONSTANTS[token] : undefined;
    if (constant !== undefined) return this.accept('(') ? this.closed(() => constant) : () => constant;
    const apply = Object.hasOwn(FUNCTIONS, token) ? FUNCTIONS[token] : undefined;
    if (apply === undefined) throw new FormulaError(token);
    if (!TWO.has(token)) {
      const value = this.signed();
      return (x) => apply(value(x));
    }
    if (!this.accept('(')) throw new FormulaError(token);
    const first = this.sum();
    if (!this.accept(',')) throw new FormulaError(token);
    const second = this.closed(this.sum());
    return (x) => apply(first(x), second(x));
  }

  private closed(formula: Formula): Formula {
    if (!this.accept(')')) throw new FormulaError('no parenthesis');
    return formula;
  }
}

/** The formula that the text is; undefined: it is none. */
export function readFormula(text: string): Formula | undefined {
  try {
    return new Reader(text).whole();
  } catch (error) {
    if (error instanceof FormulaError) return undefined;
    throw error;
  }
}
