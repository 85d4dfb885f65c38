/** Lines of C, indented, with `#line` so that debugger and C compiler point at the TypeScript. */
import type { Span } from '../diagnostics.js';

/** What `#line` calls C that stands for no line of TypeScript. */
export const GENERATED_FILE = 'appliance.c';

interface Place {
  readonly file: string;
  readonly line: number;
}

export class Lines {
  private readonly lines: string[] = [];
  private depth = 0;
  /** What the lines of the current function stand for. */
  private place: Place | undefined;
  /** What the C compiler takes the next line for. */
  private assumed: Place | undefined;

  /** How many were added, `#line` directives aside. */
  written = 0;

  constructor(private readonly withPlaces: boolean) {}

  /** One line; `at` is where it comes from: by default, where the line before it in the same function does. */
  add(text: string, at?: Span): void {
    if (this.withPlaces) this.direct(at);
    this.written += 1;
    this.lines.push('  '.repeat(this.depth) + text);
  }

  private direct(at: Span | undefined): void {
    if (this.depth === 0) this.place = undefined;
    if (at !== undefined) this.place = { file: at.source.file, line: at.source.position(at.start).line };
    const generated = this.assumed?.file === GENERATED_FILE ? this.assumed : { file: GENERATED_FILE, line: this.lines.length + 2 };
    const place = this.place ?? generated;
    if (this.assumed?.file !== place.file || this.assumed.line !== place.line) {
      this.lines.push(`#line ${place.line} ${JSON.stringify(place.file)}`);
    }
    this.assumed = { file: place.file, line: place.line + 1 };
  }

  /** Lines one level deeper. */
  indent(fill: () => void): void {
    this.depth += 1;
    fill();
    this.depth -= 1;
  }

  block(head: string, fill: () => void, at?: Span): void {
    this.add(`${head} {`, at);
    this.indent(fill);
    this.add('}');
  }

  text(): string {
    return `${this.lines.join('\n')}\n`;
  }
}
