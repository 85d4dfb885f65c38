/** Handlers that readers of packets in files have, as in Click. */
import { booleanValue, HandlerError, type ControlHandler, type ControlHost } from 'wirelet';
import { share } from './sample.js';

type Handlers = Readonly<Record<string, ControlHandler>>;

/** A reader that may be made to rest. */
export interface Reading {
  active: boolean;
  /** It was told to work, perhaps again. */
  begun?(): void;
}

/** A file's name as messages have it. */
export const shownName = (filename: string): string => (filename === '-' || filename === '' ? '<stdin>' : filename);

/** `mistake`: what is said of a value that is none, in Click's words. */
export function activeHandler(host: ControlHost, reading: Reading, mistake = 'type mismatch'): Handlers {
  const valueOf = (value: string): boolean => {
    try {
      return booleanValue(value);
    } catch {
      throw new HandlerError(mistake);
    }
  };
  return {
    active: {
      read: () => String(reading.active),
      write: (value: string) => {
        reading.active = valueOf(value);
        if (reading.active) reading.begun?.();
        host.wake();
      },
    },
  };
}

export function stopHandler(host: ControlHost, reading: Reading): Handlers {
  return {
    stop: {
      write: () => {
        reading.active = false;
        host.adjustRunCount(-1);
      },
    },
  };
}

/** `position`: the byte of the file that is read next. */
export function fileHandlers(host: ControlHost, filename: string, position: () => number): Handlers {
  return {
    filename: { read: () => shownName(filename) },
    filesize: { read: () => String(host.fileSize(filename === '' ? '-' : filename) ?? '-') },
    filepos: { read: () => String(position()) },
  };
}

export const sampleHandler = (sample: number): Handlers => ({ sampling_prob: { read: () => String(share(sample)) } });
