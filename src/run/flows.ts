/**
 * The flows of made-up traffic: which addresses and ports each has. Twin of native/vswitch/wl_flows, number for number.
 */
import { maskOfLength, parsePrefix } from '../kit/address.js';

/** Where flows lie, as it is asked for; what is absent is as in the made-up traffic of everybody. */
export interface FlowRanges {
  /** Where flows come from and go to: `A.B.C.D/n`. */
  readonly sources?: string;
  readonly destinations?: string;
  /** Their ports: `LO-HI`. */
  readonly sports?: string;
  readonly dports?: string;
}

/** Numbers from `first` on. */
export interface Range {
  readonly first: number;
  readonly count: number;
}

export interface FlowSpace {
  readonly sources: Range;
  readonly destinations: Range;
  readonly sports: Range;
  readonly dports: Range;
  /** Whether ports change faster than addresses. */
  readonly portsFirst: boolean;
}

export interface Flow {
  readonly source: number;
  readonly destination: number;
  readonly source_port: number;
  readonly destination_port: number;
}

/** Unless said otherwise: from 10.0.0.1 on, its ports from 1024 first, to port 9 (discard) of 10.0.1.1. */
const DEFAULTS: FlowSpace = {
  sources: { first: 0x0a00_0001, count: 16 },
  destinations: { first: 0x0a00_0101, count: 1 },
  sports: { first: 1024, count: 64_512 },
  dports: { first: 9, count: 1 },
  portsFirst: true,
};

/** The addresses of `A.B.C.D/n`, the first and last of the prefix included; undefined when it is none. */
export function addressRange(text: string): Range | undefined {
  const found = parsePrefix(text);
  if (found === undefined) return undefined;
  return { first: (found.address & maskOfLength(found.length)) >>> 0, count: 2 ** (32 - found.length) };
}

/** The ports of `LO-HI` or of one number; undefined when it is neither. */
export function portRange(text: string): Range | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (match === null) return undefined;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  return first >= 1 && last >= first && last <= 65_535 ? { first, count: last - first + 1 } : undefined;
}

/** Where flows lie when the options have been read; ranges that are given change their addresses before their ports. */
export function flowSpace({ sources, destinations, sports, dports }: FlowRanges): FlowSpace {
  if ([sources, destinations, sports, dports].every((text) => text === undefined)) return DEFAULTS;
  const given = <T>(text: string | undefined, read: (text: string) => T | undefined, other: T) => (text === undefined ? other : (read(text) ?? other));
  return {
    sources: given(sources, addressRange, { ...DEFAULTS.sources, count: 1 }),
    destinations: given(destinations, addressRange, DEFAULTS.destinations),
    sports: given(sports, portRange, DEFAULTS.sports),
    dports: given(dports, portRange, DEFAULTS.dports),
    portsFirst: false,
  };
}

/** How many different flows there are. */
export const flowCount = ({ sources, destinations, sports, dports }: FlowSpace): number => sources.count * destinations.count * sports.count * dports.count;

/** Flow `index`: no two below `flowCount` are the same. */
export function flowAt(space: FlowSpace, index: number): Flow {
  let rest = index;
  const take = ({ first, count }: Range) => {
    const value = first + (rest % count);
    rest = Math.floor(rest / count);
    return value;
  };
  if (space.portsFirst) {
    const source_port = take(space.sports);
    const source = take(space.sources);
    return { source, destination: take(space.destinations), source_port, destination_port: take(space.dports) };
  }
  return { source: take(space.sources), destination: take(space.destinations), source_port: take(space.sports), destination_port: take(space.dports) };
}
