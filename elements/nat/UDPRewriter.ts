/**
 * Rewrites the addresses and ports of UDP packets, flow by flow, as IPRewriter does. TCP packets are taken, too, and treated as if they were
 * UDP: they live as long after the last packet, whatever they say.
 */
import { portRewriter } from './port-rewriter.js';

export default portRewriter('UDPRewriter', 'udp');
