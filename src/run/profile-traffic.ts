/** Captures as traffic for a profile: `--profile FILE` or `--profile INTERFACE=FILE`. */
import { CaptureError } from '../capture/frame.js';
import { readCapture } from '../capture/read.js';
import { failure } from '../diagnostics.js';
import type { CheckedGraph } from '../graph/graph.js';
import type { ProfileFrame } from '../image/profile.js';
import { FRAME_BYTES_MAX } from '../kit/limits.js';
import { suggestion } from '../suggest.js';

/** Frames of all captures together, at most. */
const FRAMES_MAX = 1_000_000;

/** All frames in the order of their times. A file without an interface arrives at the first that the graph receives from. */
export function profileTraffic(graph: CheckedGraph, specs: readonly string[]): ProfileFrame[] {
  const frames = specs.flatMap((spec) => {
    const [, name, file = spec] = /^([A-Za-z_][\w-]*)=(.+)$/.exec(spec) ?? [];
    const found = name === undefined ? graph.interfaces.find(({ receives }) => receives) : graph.interfaces.find((one) => one.name === name);
    if (found === undefined) {
      const names = graph.interfaces.map((one) => one.name);
      throw failure('WL3004', name === undefined ? 'no profile can be taken: the graph receives from no interface' : `--profile ${spec}: the graph has no interface "${name}"`, name === undefined ? 'Build without --profile.' : suggestion(name, names));
    }
    return framesOf(file, found.index);
  });
  if (frames.length === 0) throw failure('WL3004', 'no profile can be taken: the captures have no frames', 'Give captures of the traffic that the appliance is to be fast for.');
  if (frames.length > FRAMES_MAX) throw failure('WL3004', `${frames.length} frames are too many for a profile (at most ${FRAMES_MAX})`, 'A few thousand of typical traffic are enough: they go round.');
  return frames.sort((a, b) => (a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0));
}

function framesOf(file: string, number: number): ProfileFrame[] {
  try {
    return [...readCapture(file)].filter(({ bytes }) => bytes.length > 0 && bytes.length <= FRAME_BYTES_MAX).map(({ timestamp, bytes }) => ({ interface: number, timestamp, bytes }));
  } catch (error) {
    if (error instanceof CaptureError) throw failure('WL3004', `${file}: ${error.message}`, error.hint);
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw failure('WL3004', `${file} cannot be read (${code})`, 'Captures are made with tcpdump -w, Wireshark or dumpcap.');
  }
}
