/** Handlers that all readers of packets in files have, as in Click. */
import { statSync } from 'node:fs';
import { booleanValue, HandlerError, type ControlHost } from 'wirelet';
import { share } from './sample.js';

/** A reader that may be made to rest. */
export interface Reading {
  active: boolean;
  /** It was told to work, perhaps again. */
  begun?(): void;
}

/** A file's name as messages have it. */
export const shownName = (filename: string): string => (filename === '-' || filename === '' ? '<stdin>' : filename);

/** Bytes of a file; `-` for what is none. */
function fileSize(filename: string): string {
  try {
    const found = filename === '-' || filename === '' ? undefined : statSync(filename);
    return found?.isFile() === true ? String(found.size) : '-';
  } catch {
    return '-';
  }
}

/** What a switch is set to, in Click's words for what is none. */
function switchValue(value: string): boolean {
  try {
    return booleanValue(value);
  } catch {
    throw new HandlerError('type mismatch');
  }
}

/** `encap`: what its packets begin with, in Click's words. */
export function readerHandlers(host: ControlHost, reading: Reading, { sample, filename }: { readonly sample: number; readonly filename: string }, encap: () => string) {
  return {
    sampling_prob: { read: () => String(share(sample)) },
    active: {
      read: () => String(reading.active),
      write: (value: string) => {
        reading.active = switchValue(value);
        if (reading.active) reading.begun?.();
        host.wake();
      },
    },
    encap: { read: encap },
    filename: { read: () => shownName(filename) },
    filesize: { read: () => fileSize(filename) },
    stop: {
      write: () => {
        reading.active = false;
        host.adjustRunCount(-1);
      },
    },
  };
}
