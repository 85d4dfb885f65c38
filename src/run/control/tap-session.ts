/** Frames at an edge of a running appliance, for a client of its handlers. */
import type { ControlClient } from './control-client.js';
import { unpackFrames, type BufferedFrame } from './packet-buffer.js';

/** Between two questions for frames, in milliseconds. */
const ASK_MS = 50;

export interface OpenTap {
  readonly word: string;
  /** What a frame's `edge` is an index into. `in`: received by the appliance. */
  readonly edges: readonly { readonly name: string; readonly direction: 'in' | 'out' | null }[];
}

/** Begins to copy so many bytes of each frame at most. Throws Refused. */
export async function openTap(client: ControlClient, edge: string, frameBytes: number): Promise<OpenTap> {
  return JSON.parse((await client.read('tap_open', `${edge} ${frameBytes}`)).toString('utf8')) as OpenTap;
}

export interface TapBatch {
  readonly frames: readonly BufferedFrame[];
  /** Frames that are missing before or among these. */
  readonly lost: number;
}

/** Batches of frames, also empty ones, until the signal; then the tap is closed. */
export async function* tapped(client: ControlClient, { word }: OpenTap, signal: AbortSignal): AsyncGenerator<TapBatch> {
  for (;;) {
    const last = signal.aborted;
    const { lost, frames } = JSON.parse((await client.read('tap_read', word)).toString('utf8')) as { lost: number; frames: string };
    yield { lost, frames: [...unpackFrames(Buffer.from(frames, 'base64'))] };
    if (last) break;
    await pause(signal);
  }
  await client.write('tap_close', word);
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ASK_MS);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
