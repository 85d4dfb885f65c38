/** The kit: everything an element file imports. */
export { SourceText } from '../diagnostics.js';
export * from './address.js';
export * from './address6.js';
export * from './annotation.js';
export * from './argument-scope.js';
export type * from './build-context.js';
export * from './checksum.js';
export { buildProgram, orRefused, type BuildOptions } from './classify/build.js';
export { bytePattern, bytePatternRules, type BytePattern } from './classify/byte-pattern.js';
export { warnOfDeadRules } from './classify/dead-rules.js';
export { filterRule, ipPattern, readIpPattern, warnOfPatterns, type FilterRule, type IpPattern } from './classify/filter-rule.js';
export { classify, sizeOf, type DecisionProgram } from './classify/program.js';
export { IP_HEADER_BYTES, ipProgram } from './classify/ip-program.js';
export { bytePatternProgram, ipRulesProgram, programText } from './classify/word-program.js';
export {
  bandwidth,
  bool,
  data,
  duration,
  filename,
  integer,
  ipv4Address,
  ipv4Prefix,
  macAddress,
  oneOf,
  parsed,
  parseBoolean,
  parseInteger,
  real,
  rest,
  string,
  text,
  words,
  type ConfigSpec,
  type Kind,
  type Parsed,
  type ParseError,
} from './config.js';
export type * from './control.js';
export * from './copy.js';
export { RCODE, RESPONSE } from './dns/answer-writer.js';
export { finishHash, hashWord, lowerWord } from './dns/name-hash.js';
export { isMistake, parseName, type Name } from './dns/name.js';
export { zoneTables, type ZoneTables } from './dns/zone-tables.js';
export * from './element.js';
export * from './example.js';
export * from './handler-file.js';
export * from './handlers.js';
export * from './header.js';
export * from './headers/arp.js';
export * from './headers/ethernet.js';
export * from './headers/icmp.js';
export * from './headers/ipv4.js';
export * from './headers/ipv6.js';
export * from './headers/icmp6.js';
export * from './headers/pppoe.js';
export * from './headers/tcp.js';
export * from './headers/udp.js';
export { compareParts } from './http/compare-date.js';
export { CODING, siteTables, NEVER_UNCHANGED, STATUS_CODES, VARIANTS, type SiteTables } from './http/site-tables.js';
export * from './integers.js';
export * from './ip-arguments.js';
export * from './limits.js';
export { quote, quoteBytes, unquote, unquoteBytes } from './quoting.js';
export { byteSwapped } from './byte-order.js';
export { fixedPointText } from './fixed-point.js';
export { complain, complainOnce, complainOfRoute, logAddress, logAddress6, logTime, noRoute, type Complaints } from './complaint.js';
export { intervalText } from './interval.js';
export { CONTENTS, contentsOf, type Contents } from './contents.js';
export { channelMark, fewMark, fileMark } from './line-mark.js';
export { ICMP_CODES, ICMP_TYPES, icmpCodeName, icmpTypeName } from './icmp-names.js';
export { ANNOTATIONS, Packet, PACKET_TYPE } from './packet.js';
export * from './ports.js';
export { array, below, flag, packetLists, packetQueue, register, type FlagSpec, type QueueSpec, type RegisterSpec, type StateValues } from './state.js';
export { table, tableSlots } from './table.js';
export * from './template.js';
export * from './transport-checksum.js';
export type { SplitKind } from './split.js';
export { splitWord, splitWords } from './words.js';
export { systemMessage } from './system-message.js';
export { consumed, drop, kept, type Verdict } from './verdict.js';
export * from './route-handlers.js';
export { HASHED, LATEST_FIRST, SLOTS, SORTED, type RouteOrder } from './route-places.js';
export * from './route-table.js';
