/**
 * Rewrites the addresses and ports of TCP and UDP packets, connection by connection: network address and port
 * translation (RFC 3022).
 *
 * A packet of a known flow is rewritten as its flow is, whatever input it came by, and leaves by that flow's output. What becomes of
 * the first packet of another one, the argument for its input says:
 *
 * - `drop` or `discard`: it is dropped as `not_mapped`;
 * - `pass OUTPUT`: it leaves as it is, and is not remembered;
 * - `keep FOUTPUT ROUTPUT`: it is remembered, and not changed;
 * - `pattern SADDR SPORT DADDR DPORT FOUTPUT ROUTPUT`: each of the four is replaced, or kept where it says `-`.
 *   Answers leave by ROUTPUT, rewritten back. A range of source ports, `1024-65535`, keeps the packet's own port if
 *   it is in the range and free, else takes a free one at random; `1024-65535#` takes one after the other,
 *   `1024-65535?` always a random one. SADDR may be a range or a prefix in the same way, where SPORT is none;
 * - `pattern NAME FOUTPUT ROUTPUT`: the pattern of that name, see IPRewriterPatterns;
 * - the name of a mapper, which chooses among patterns: RoundRobinIPMapper, SourceIPHashMapper.
 *
 * Flows end when no packet used them for a time that depends on the protocol and, for TCP, on how far the connection is (RFC 5382,
 * RFC 4787): those are looked for every REAP_INTERVAL, and go on if a packet comes before. When the table is full, the one that would end
 * first gives way, but for those that had a packet within the time of the guarantee. Checksums are updated, not computed anew (RFC 1624).
 * Fragments without ports are dropped unless the input passes.
 */
import { portRewriter } from './port-rewriter.js';

export default portRewriter('IPRewriter', 'both');
