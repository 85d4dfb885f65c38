/** Frames of a capture file, whichever format it has. */
import { CaptureError, type CapturedFrame } from './frame.js';
import { FileReader } from './file-reader.js';
import { isPcap, readPcap } from './read-pcap.js';
import { readPcapng, SECTION_HEADER } from './read-pcapng.js';

export interface Capture {
  /** The link type of all its frames, where the file says one for all. */
  readonly link?: number;
  /** Frames in file order; throws CaptureError where the file stops making sense. */
  readonly frames: Iterable<CapturedFrame>;
}

/** Opens a capture with frames of Ethernet, or of whatever they are if `anyLink`. Throws CaptureError if it is none, and what the operating system says. */
export function openCapture(file: string, anyLink = false): Capture {
  const reader = new FileReader(file);
  try {
    const { link, frames } = begin(reader, anyLink);
    return { ...(link !== undefined && { link }), frames: untilClosed(reader, frames) };
  } catch (error) {
    reader.close();
    throw error;
  }
}

function begin(reader: FileReader, anyLink: boolean): Capture {
  const first = reader.take(4);
  if (first.length === 0) throw new CaptureError('it is empty', 0, 'A capture begins with a file header, even without frames.', 'empty file');
  const magic = first.length < 4 ? 0 : first.readUInt32BE(0);
  if (isPcap(magic)) return readPcap(reader, magic, anyLink);
  if (magic === SECTION_HEADER) return { frames: readPcapng(reader, anyLink) };
  const isShort = reader.take(20).length < 20;
  throw new CaptureError('it is neither pcap nor pcapng', 0, 'Captures are made with tcpdump -w, Wireshark or dumpcap.', `not a tcpdump file (${isShort ? 'too short' : 'bad magic number'})`);
}

function* untilClosed(reader: FileReader, frames: Iterable<CapturedFrame>): Generator<CapturedFrame> {
  try {
    yield* frames;
  } finally {
    reader.close();
  }
}

/** Yields the frames; throws as openCapture does, when the first one is asked for. */
export function* readCapture(file: string, anyLink = false): Generator<CapturedFrame> {
  yield* openCapture(file, anyLink).frames;
}
