/** Lines of C, indented, with `#line` so that debugger and C compiler point at the TypeScript. */
import type { Span } from '../diagnostics.js';

export class Lines {
  private readonly lines: string[] = [];
  private depth = 0;

  constructor(private readonly withPlaces: boolean) {}

  /** One line; `at` is where it comes from. */
  add(text: string, at?: Span): void {
    if (this.withPlaces && at !== undefined) {
      const { line } = at.source.position(at.start);
      this.lines.push(`#line ${line} ${JSON.stringify(at.source.file)}`);
    }
    this.lines.push('  '.repeat(this.depth) + text);
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
