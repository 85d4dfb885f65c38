/**
 * Ports of an element, by name. A port is *push* (packets arrive by call), *pull* (the consumer asks for
 * them) or, by default, *agnostic*: either, as the neighbours decide, but the same for the element's
 * input and first output. Further outputs of an agnostic element are push.
 */
export type Processing = 'push' | 'pull' | 'agnostic';

export interface PortSpec {
  readonly doc: string;
  readonly processing: Processing;
  /** An optional port may stay unconnected; packets for an unconnected output are dropped under its name. */
  readonly optional: boolean;
}

/** A row of like ports, numbered from 0. */
export interface PortRow {
  readonly row: true;
  readonly doc: string;
  readonly processing: Processing;
  readonly min: number;
  readonly max: number;
  /** As many as there are inputs (for outputs only). */
  readonly same: boolean;
  /** Ports of the row that may stay unconnected; their packets are dropped as `unconnected_output`. */
  readonly optional: boolean;
  /** Exactly how many there must be, by the element's arguments: one per pattern, say. */
  readonly count?: (config: any) => number;
  /**
   * `count` is the least: arguments that name more of them may come later. It is given the arguments and how many ports are connected where those are
   * fewer, for what Click's drivers say then.
   */
  readonly open?: (config: any, connected: number) => string;
  /** `count` is that of the positional arguments, as Click's drivers put it where they differ. */
  readonly perArgument?: boolean;
}

export type PortsSpec = Readonly<Record<string, string | PortSpec>> | PortRow;

type PortLike = string | PortSpec | PortRow;

/** Most ports of one element on one side. */
export const PORTS_MAX = 1024;

/** A port that may stay unconnected. */
export function optional<T extends string | PortSpec>(port: T): PortSpec {
  return { ...normalPort(port), optional: true };
}

export function push(port: PortRow): PortRow;
export function push(port: string | PortSpec): PortSpec;
export function push(port: PortLike): PortSpec | PortRow {
  return withProcessing(port, 'push');
}

export function pull(port: PortRow): PortRow;
export function pull(port: string | PortSpec): PortSpec;
export function pull(port: PortLike): PortSpec | PortRow {
  return withProcessing(port, 'pull');
}

function withProcessing(port: PortLike, processing: Processing): PortSpec | PortRow {
  if (isRow(port)) return { ...port, processing };
  return { ...normalPort(port), processing };
}

/** A row of `min` to `max` ports, or of as many as `count` makes of the arguments. */
export function many(
  doc: string,
  limits: { min?: number; max?: number; optional?: boolean; count?: (config: any) => number; open?: (config: any, connected: number) => string; perArgument?: boolean } = {},
): PortRow {
  const { min = 0, max = PORTS_MAX, optional: mayBeOpen = false, count, open, perArgument } = limits;
  return { row: true, doc, processing: 'agnostic', min, max, same: false, optional: mayBeOpen, count, ...(open !== undefined && { open }), ...(perArgument === true && { perArgument }) };
}

/** A row of as many outputs as the element has inputs. */
export function sameAsInputs(doc: string): PortRow {
  return { ...many(doc), same: true };
}

export function isRow(ports: unknown): ports is PortRow {
  return typeof ports === 'object' && ports !== null && 'row' in ports;
}

export function normalPort(port: string | PortSpec): PortSpec {
  return typeof port === 'string' ? { doc: port, processing: 'agnostic', optional: false } : port;
}
