/** Frames of a capture file, whichever format it has. */
import { CaptureError, type CapturedFrame } from './frame.js';
import { FileReader } from './file-reader.js';
import { isPcap, readPcap } from './read-pcap.js';
import { readPcapng, SECTION_HEADER } from './read-pcapng.js';

/** Yields the frames in file order, of Ethernet unless `anyLink`; throws CaptureError where the file stops making sense. */
export function* readCapture(file: string, anyLink = false): Generator<CapturedFrame> {
  const reader = new FileReader(file);
  try {
    const first = reader.take(4);
    if (first.length === 0) throw new CaptureError('it is empty', 0, 'A capture begins with a file header, even without frames.');
    const magic = first.length < 4 ? 0 : first.readUInt32BE(0);
    if (isPcap(magic)) yield* readPcap(reader, magic, anyLink);
    else if (magic === SECTION_HEADER) yield* readPcapng(reader, anyLink);
    else throw new CaptureError('it is neither pcap nor pcapng', 0, 'Captures are made with tcpdump -w, Wireshark or dumpcap.');
  } finally {
    reader.close();
  }
}

/** Whether the file is classic pcap, which the native side reads itself. */
export function isClassicPcap(file: string): boolean {
  const reader = new FileReader(file);
  try {
    const first = reader.take(4);
    return first.length === 4 && isPcap(first.readUInt32BE(0));
  } finally {
    reader.close();
  }
}
