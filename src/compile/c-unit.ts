/** What the parts that print a unit share. */
import type { CheckedGraph, Instance, PortEnd } from '../graph/graph.js';
import type { Constants } from './c-constants.js';
import { packetName } from './c-expression.js';
import type { Lines } from './c-lines.js';
import type { PacketNames } from './c-names.js';
import type { FunctionKind, Surroundings } from './c-surroundings.js';
import type { StateNames } from './c-state.js';
import type { PacketPointers } from './c-variable.js';
import type { CounterTable } from './counter-table.js';
import type { Fusion } from './fusion.js';
import type { GraphUses } from './graph-uses.js';
import type { PacketLocal } from './ir.js';
import type { InstanceRoutines } from './routines.js';

export interface UnitOptions {
  /** `#line` directives, for debuggers and messages. */
  readonly places: boolean;
  /** Bytes from which on tables and constants are asked for ahead. */
  readonly lookAheadFrom: number;
  /** For a host that drives it round by round, and may let another unit go on: see c-gates.ts. Packets keep all that is known of them, though nothing here reads it. */
  readonly driven: boolean;
}

export interface UnitParts {
  readonly graph: CheckedGraph;
  readonly routines: readonly InstanceRoutines[];
  readonly options: UnitOptions;
  /** Declarations, and the functions behind them. */
  readonly head: Lines;
  readonly body: Lines;
  readonly counters: CounterTable;
  readonly constants: Constants;
  readonly uses: GraphUses;
  readonly fusion: Fusion;
  /** Names of the instances' state. */
  readonly names: readonly StateNames[];
  /** Whether each packet that enters leaves by exactly one verdict of `process`. */
  isPlain(instance: Instance): boolean;
  usesRandom(instance: Instance): boolean;
  surroundings(instance: Instance, kind: FunctionKind, port: number): Surroundings;
  namesOf(packet: PacketLocal): PacketNames;
  /** A call that hands a packet to an input, from code of these instances. */
  pushCall(target: PortEnd, names: PacketNames, from: readonly number[]): string;
}

/** The C variables of a packet. */
export function pointersOf(packet: PacketLocal): PacketPointers {
  const { data, end, mac, network, transport } = packetName;
  return { data: data(packet), end: end(packet), mac: mac(packet), network: network(packet), transport: transport(packet) };
}
