/**
 * Gives each host inside an address outside: basic network address translation (RFC 2663, 4.1). Whatever a host sends gets its address as
 * source, and whatever is sent to that address goes to the host; ports do not matter.
 *
 * What becomes of a packet of no known host, the argument for its input says: `drop`, `pass OUTPUT`, `keep FOUTPUT ROUTPUT`,
 * `pattern SADDR - FOUTPUT ROUTPUT`, a named pattern, or a mapper, as for IPRewriter. SADDR is an address, a range `LOW-HIGH` or a prefix,
 * of which a free one is taken at random, or, with `#` at its end, one after the other. Checksums are updated (RFC 1624).
 */
import { addressRewriter } from './address-rewriter.js';

export default addressRewriter('IPAddrRewriter', false);
