/**
 * Rewrites the addresses and ports of TCP packets, connection by connection, as IPRewriter does, and their sequence numbers where
 * FTPPortMapper changed the length of what was said. Other packets are dropped, but on an input that passes.
 */
import { portRewriter } from './port-rewriter.js';

export default portRewriter('TCPRewriter', 'tcp');
