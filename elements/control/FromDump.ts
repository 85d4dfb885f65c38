/**
 * Makes packets of the frames of a capture, pcap or pcapng, with their time stamps; gzip, compress or bzip2 may have made it smaller. With TIMING they come with
 * the time between them that they were captured with. FORCE_IP lets IP packets out, their headers marked behind that of the link; other frames leave by the second
 * output. Captures of raw IP are read so in any case. FILENAME `-` is standard input.
 */
import { bool, type HostFrame } from 'wirelet';
import { frameFile } from './summary/frame-file.js';

/** Frames without what they cannot have: some programs note more bytes than there were. */
function* withoutMore(frames: Iterable<HostFrame>): Generator<HostFrame> {
  for (const frame of frames) yield frame.bytes.length > frame.wireLength ? { ...frame, bytes: frame.bytes.subarray(0, frame.wireLength) } : frame;
}

export default frameFile({
  name: 'FromDump',
  read(host, file) {
    const { link, frames } = host.openCapture(file);
    return { ...(link !== undefined && { link }), frames: withoutMore(frames) };
  },
  timed: true,
  more: { per_node: bool({ default: false, keyword: true, doc: 'Without effect: it means something in simulations of networks only.' }) },
});
