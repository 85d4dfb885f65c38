/** The scenarios: a graph, the frames it gets, and whether buffers are filled anew for each packet. */
import type { Frames } from '#src/measure/traffic/frames.js';
import { filtering } from '#src/measure/traffic/filtering.js';
import { rules } from '#src/measure/traffic/lists.js';
import { fewRules, plain } from '#src/measure/traffic/plain.js';
import { routing } from '#src/measure/traffic/routing.js';
import { switching } from '#src/measure/traffic/switching.js';
import { tracking } from '#src/measure/traffic/tracking.js';
import { translating } from '#src/measure/traffic/translating.js';

export interface Scenario {
  /** Of the graph (bench/scenarios), the hand-written counterpart (bench/reference), unless `reference` says otherwise. */
  readonly name: string;
  /** Counterpart in bench/reference, without `.c`; scenarios that differ in size only share one. */
  readonly reference: string;
  /** The job by hand in another way: its name, and the file in bench/reference, without `.c`. */
  readonly besides?: { readonly name: string; readonly reference: string };
  /** What counterparts are told at compile time. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** The same job with a library of DPDK: its name, and the file in bench/peers. */
  readonly peer?: { readonly name: string; readonly source: string };
  /** Frames are copied into fresh buffers, as by a device; else the same ones go round. */
  readonly copy: boolean;
  /** Traffic that stays in the first- and second-level cache. */
  hot(): Frames;
  /** Traffic that does not: none where a job keeps nothing. */
  cold?(): Frames;
  /** The time is of one among so many elements: what they take together beyond a graph without any, in the same run. */
  readonly each?: { readonly count: number; readonly without: string };
  /** Odd frames that graph and counterpart must treat alike, besides those that are measured. */
  odd?(): Frames;
}

/** What compares the keys of a bucket one after the other: predictors foresee which it will be as long as flows are few. */
const withoutTags = (reference: string) => ({ name: 'by hand without tags', reference: `${reference}-one-by-one` });

const ruleByRule = { name: 'by hand, rule by rule', reference: 'firewall-20-one-by-one' };
const tupleSpace = { name: 'by hand, tuple space search', reference: 'firewall-tuples' };

export const SCENARIOS: readonly Scenario[] = [
  { name: 'wire', reference: 'wire', copy: false, hot: plain },
  { name: 'mac-swap', reference: 'mac-swap', copy: false, hot: plain },
  { name: 'counters', reference: 'counters', settings: { COUNTERS: 16 }, copy: false, hot: plain, each: { count: 16, without: 'wire' } },
  { name: 'switch-1k', reference: 'switch', besides: withoutTags('switch'), peer: { name: 'rte_hash', source: 'switch' }, settings: { ADDRESSES: 1024 }, copy: true, ...switching(1000) },
  { name: 'switch-1m', reference: 'switch', besides: withoutTags('switch'), peer: { name: 'rte_hash', source: 'switch' }, settings: { ADDRESSES: 1_048_576 }, copy: true, ...switching(1_000_000) },
  { name: 'router-100', reference: 'router', peer: { name: 'rte_lpm', source: 'router' }, settings: { PREFETCH: 0, CHECK: 1 }, copy: true, ...routing(100) },
  // Without rte_lpm, whose job looks at the header.
  { name: 'router-100-unchecked', reference: 'router', settings: { PREFETCH: 0, CHECK: 0 }, copy: true, ...routing(100) },
  { name: 'router-100k', reference: 'router', peer: { name: 'rte_lpm', source: 'router' }, settings: { PREFETCH: 1, CHECK: 1 }, copy: true, ...routing(100_000) },
  // Without rte_lpm: it looks through all routes of a length for each one that is added, which takes hours.
  { name: 'router-1m', reference: 'router', settings: { PREFETCH: 1, CHECK: 1 }, copy: true, ...routing(1_000_000) },
  { name: 'firewall-20', reference: 'firewall-20', besides: ruleByRule, peer: { name: 'rte_acl', source: 'firewall' }, copy: true, ...fewRules },
  { name: 'firewall-1000', reference: 'firewall', besides: tupleSpace, peer: { name: 'rte_acl', source: 'firewall' }, copy: true, ...filtering(rules(999)) },
  { name: 'firewall-10000', reference: 'firewall', besides: tupleSpace, peer: { name: 'rte_acl', source: 'firewall' }, copy: true, ...filtering(rules(9999)) },
  { name: 'nat-10k', reference: 'nat', besides: withoutTags('nat'), peer: { name: 'rte_hash', source: 'nat' }, settings: { CONNECTIONS: 16_384 }, copy: true, ...translating(10_000) },
  { name: 'nat-1m', reference: 'nat', besides: withoutTags('nat'), peer: { name: 'rte_hash', source: 'nat' }, settings: { CONNECTIONS: 1_048_576 }, copy: true, ...translating(1_000_000) },
  { name: 'conntrack-100k', reference: 'conntrack', besides: withoutTags('conntrack'), peer: { name: 'rte_hash', source: 'conntrack' }, settings: { CONNECTIONS: 131_072 }, copy: true, ...tracking(100_000) },
];
