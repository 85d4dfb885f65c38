/** Whether a file is a capture at all, said before anything is started. */
import { closeSync, openSync, readSync } from 'node:fs';
import { failure } from '../diagnostics.js';
import { isPlainPcap } from './read-pcap.js';
import { SECTION_HEADER } from './read-pcapng.js';

/** Throws unless the file can be read and begins as pcap or pcapng. */
export function checkCapture(file: string): void {
  const head = Buffer.alloc(4);
  let length: number;
  try {
    const descriptor = openSync(file, 'r');
    try {
      length = readSync(descriptor, head, 0, 4, 0);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : String(code);
    throw failure('WL4020', `capture ${file} cannot be read: ${why}`, 'Give the name of a pcap or pcapng file; tcpdump -w makes one.');
  }
  const magic = length < 4 ? 0 : head.readUInt32BE(0);
  if (isPlainPcap(magic) || magic === SECTION_HEADER) return;
  throw failure('WL4024', `${file} is ${length === 0 ? 'empty' : 'neither pcap nor pcapng'}`, 'Captures are made with tcpdump -w, Wireshark or dumpcap.');
}
