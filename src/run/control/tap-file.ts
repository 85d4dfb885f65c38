/** Tapped frames in a pcapng file: an interface for each of the appliance's, with directions. */
import { PcapngWriter } from '../../capture/write-pcapng.js';
import type { BufferedFrame } from './packet-buffer.js';
import type { OpenTap } from './tap-session.js';

export class TapFile {
  private readonly names: string[];
  private readonly writer: PcapngWriter;
  private latest = 0n;

  /** `-` is standard output. */
  constructor(file: string, private readonly tap: OpenTap, frameBytes: number) {
    this.names = [...new Set(tap.edges.map(({ name }) => name))];
    this.writer = new PcapngWriter(file, this.names.map((name) => ({ name })), 'wirelet tap', frameBytes);
  }

  write(frame: BufferedFrame): void {
    const { name, direction } = this.tap.edges[frame.edge]!;
    this.latest = frame.timestamp;
    this.writer.write({ ...frame, interface: this.names.indexOf(name), ...(direction === null ? {} : { direction }) });
  }

  /** `lost` frames are missing. */
  close(lost: number): void {
    this.writer.close(this.latest, lost);
  }
}
