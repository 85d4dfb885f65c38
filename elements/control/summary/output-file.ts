/** A file that grows, or standard output. */
import { spawnSync } from 'node:child_process';
import { closeSync, fstatSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemMessage } from 'wirelet';

const BUFFER_BYTES = 1 << 16;

/** Programs that make a file of that ending. */
const COMPRESSORS: readonly (readonly [ending: RegExp, program: string])[] = [[/\.Z$/, 'compress'], [/\.gz$/, 'gzip'], [/\.bz2$/, 'bzip2']];

/** The program that makes a file of that name, if it is a compressed one. */
export function compressorOf(name: string): string | undefined {
  return COMPRESSORS.find(([ending]) => ending.test(name))?.[1];
}

/** What is written waits in a file without a name until the program that compresses it is run, at the end. */
interface Compression {
  readonly program: string;
  readonly into: number;
  /** The file without a name, to be read. */
  readonly content: number;
}

export class OutputFile {
  private readonly parts: Uint8Array[] = [];
  private bytes = 0;
  private isBegun = false;

  private constructor(
    private readonly descriptor: number | undefined,
    private readonly print: (text: string) => void,
    private readonly compression?: Compression,
  ) {}

  /** Opens it anew; a text says why that cannot be. `-` is standard output. `compressor`: a program whose output becomes the file. */
  static open(name: string, print: (text: string) => void, compressor?: string): OutputFile | string {
    if (name === '-') return new OutputFile(undefined, print);
    try {
      const file = openSync(name, 'w');
      if (compressor === undefined) return new OutputFile(file, print);
      const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-'));
      const content = path.join(folder, 'content');
      const written = openSync(content, 'w');
      const compression = { program: compressor, into: file, content: openSync(content, 'r') };
      rmSync(folder, { recursive: true });
      return new OutputFile(written, print, compression);
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
    if (!this.isBegun) empty(this.descriptor);
    this.isBegun = true;
    for (let at = 0; at < all.length; ) at += writeSync(this.descriptor, all, at);
  }

  /** Ends it; a text says what could not be written or compressed. */
  close(): string | undefined {
    let wrong: string | undefined;
    try {
      this.flush();
    } catch (error) {
      wrong = whyNot(error);
    }
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    return (this.compression && compress(this.compression)) ?? wrong;
  }
}

/** Drops what an element of the configuration before has written since the file was opened anew: that one ends later. */
function empty(descriptor: number): void {
  if (fstatSync(descriptor).isFile()) ftruncateSync(descriptor);
}

function compress({ program, into, content }: Compression): string | undefined {
  empty(into);
  const { error, status, stderr } = spawnSync(program, [], { stdio: [content, into, 'pipe'], encoding: 'utf8' });
  closeSync(content);
  closeSync(into);
  if (error !== undefined) return `${program} cannot be run: ${whyNot(error)}`;
  return status === 0 ? undefined : stderr.trim();
}

/** As the C library, or Click, says it. */
export function whyNot(error: unknown): string {
  const problem = error as NodeJS.ErrnoException & { click?: string };
  return problem.click ?? systemMessage(problem);
}
