/** Handlers that all readers of packets in files have, as in Click. */
import type { ControlHost } from 'wirelet';

/** A reader that may be made to rest. */
export interface Reading {
  active: boolean;
}

/** `encap`: what its packets begin with, in Click's words. */
export function readerHandlers(host: ControlHost, reading: Reading, { sample, filename }: { readonly sample: number; readonly filename: string }, encap: string) {
  return {
    sampling_prob: { read: () => String(sample) },
    active: {
      read: () => String(reading.active),
      write: (value: string) => {
        reading.active = /^(true|1|yes)$/i.test(value.trim());
        host.wake();
      },
    },
    encap: { read: () => encap },
    filename: { read: () => filename },
    stop: {
      write: () => {
        reading.active = false;
        host.adjustRunCount(-1);
      },
    },
  };
}
