/** A file that grows, or standard output. */
import { closeSync, openSync, writeSync } from 'node:fs';

const BUFFER_BYTES = 1 << 16;

export class OutputFile {
  private readonly parts: Uint8Array[] = [];
  private bytes = 0;

  private constructor(
    private readonly descriptor: number | undefined,
    private readonly print: (text: string) => void,
  ) {}

  /** Opens it anew; a text says why that cannot be. `-` is standard output. */
  static open(name: string, print: (text: string) => void): OutputFile | string {
    if (name === '-') return new OutputFile(undefined, print);
    try {
      return new OutputFile(openSync(name, 'w'), print);
    } catch (error) {
      return `${name}: ${whyNot(error)}`;
    }
  }

  write(bytes: Uint8Array): void {
    this.parts.push(bytes);
    this.bytes += bytes.length;
    if (this.bytes >= BUFFER_BYTES) this.flush();
  }

  flush(): void {
    const all = Buffer.concat(this.parts.splice(0));
    this.bytes = 0;
    if (this.descriptor === undefined) {
      if (all.length > 0) this.print(all.toString('latin1'));
      return;
    }
    for (let at = 0; at < all.length; ) at += writeSync(this.descriptor, all, at);
  }

  close(): void {
    this.flush();
    if (this.descriptor !== undefined) closeSync(this.descriptor);
  }
}

const REASONS: Readonly<Record<string, string>> = { ENOENT: 'No such file or directory', EACCES: 'Permission denied', EISDIR: 'Is a directory', ENOSPC: 'No space left on device' };

/** As the C library says it. */
export function whyNot(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return REASONS[code ?? ''] ?? message;
}
