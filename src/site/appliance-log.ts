/** What an appliance of a site writes, and what happens to it: a file that is bounded, with the one before it beside. */
import { appendFileSync, renameSync, statSync } from 'node:fs';

export const LOG_BYTES_MAX = 1 << 20;

export class ApplianceLog {
  private bytes: number;

  constructor(private readonly file: string) {
    this.bytes = sizeOf(file);
  }

  /** Adds a line, with the time. A full disk loses the line and nothing else. */
  write(text: string): void {
    const line = `${new Date().toISOString()} ${text}\n`;
    try {
      if (this.bytes + line.length > LOG_BYTES_MAX) {
        renameSync(this.file, `${this.file}.1`);
        this.bytes = 0;
      }
      appendFileSync(this.file, line, { mode: 0o600 });
      this.bytes += Buffer.byteLength(line);
    } catch {
      // Nowhere to say it.
    }
  }
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}
