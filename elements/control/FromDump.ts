/**
 * Makes packets of the frames of a capture, pcap or pcapng, with their time stamps. With TIMING they come with the time between them that
 * they were captured with. FORCE_IP lets IPv4 packets out, their headers marked, without what the link puts before them; other frames leave
 * by the second output.
 */
import { frameFile } from './summary/frame-file.js';

export default frameFile('FromDump', (host, file) => host.readCapture(file));
