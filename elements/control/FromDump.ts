/**
 * Makes packets of the frames of a capture, pcap or pcapng, with their time stamps; gzip, compress or bzip2 may have made it smaller. With TIMING they come with
 * the time between them that they were captured with. FORCE_IP lets IP packets out, their headers marked behind that of the link; other frames leave by the second
 * output. Captures of raw IP are read so in any case. FILENAME `-` is standard input.
 */
import { frameFile } from './summary/frame-file.js';

export default frameFile('FromDump', (host, file) => host.openCapture(file));
