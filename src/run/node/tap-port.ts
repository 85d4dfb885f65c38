/** Tap devices of the host, opened from Node. */
import { closeSync, readSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { nativeFile } from '../../native-files.js';

/** A tap device; the addon opens it, as Node has no ioctl. */
export class TapPort {
  readonly spent = false;
  private readonly descriptor: number;
  private readonly buffer = Buffer.alloc(65_536);

  constructor(device: string) {
    const addon = createRequire(import.meta.url)(nativeFile('wirelet.node')) as { openTap(device: string): number };
    this.descriptor = addon.openTap(device);
  }

  receive(): Uint8Array | undefined {
    try {
      const length = readSync(this.descriptor, this.buffer);
      return Uint8Array.from(this.buffer.subarray(0, length));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined;
      throw error;
    }
  }

  send(frame: Uint8Array): void {
    try {
      writeSync(this.descriptor, frame);
    } catch (error) {
      // A full queue or a device that is down loses the frame, as a wire would.
      if (!['EAGAIN', 'EIO', 'ENOBUFS', 'EINVAL'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }

  close(): void {
    closeSync(this.descriptor);
  }
}
