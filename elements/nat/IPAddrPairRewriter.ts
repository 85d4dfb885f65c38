/**
 * Rewrites the addresses of IPv4 packets by the pair of source and destination: a flow is what two hosts say to one another, whatever
 * the protocol. So one address outside may stand for many hosts inside, if no two of them speak to the same host.
 *
 * What becomes of a packet of no known pair, the argument for its input says: `drop`, `pass OUTPUT`, `keep FOUTPUT ROUTPUT`,
 * `pattern SADDR DADDR FOUTPUT ROUTPUT`, a named pattern, or a mapper, as for IPRewriter. SADDR may be a range or a prefix, of which one is
 * taken whose pair is free, at random or, with `#` at its end, one after the other. Checksums are updated (RFC 1624).
 */
import { addressRewriter } from './address-rewriter.js';

export default addressRewriter('IPAddrPairRewriter', true);
