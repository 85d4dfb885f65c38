/** The ports of compound elements: what a definition uses of `input` and `output`, and what its users do. */
import type { Diagnostics } from '../diagnostics.js';
import type { Compound, End, GraphBody, Located } from './graph.js';

/** The ports of one side, by number. */
export interface CompoundSide {
  readonly names?: readonly string[];
  /** Ports that arrows inside use. */
  readonly used: ReadonlySet<number>;
  readonly count: number;
}

export interface CompoundPorts {
  readonly inputs: CompoundSide;
  readonly outputs: CompoundSide;
}

/** What a definition uses of its own ports; wrong names and gaps are reported. */
export function portsOf(compound: Compound, diagnostics: Diagnostics): CompoundPorts {
  const { body, inputs, outputs } = compound;
  const from = body.connections.map((connection) => connection.from).filter(({ element }) => element.value === 'input');
  const to = body.connections.map((connection) => connection.to).filter(({ element }) => element.value === 'output');
  return {
    inputs: sideOf(from, inputs, 'input', compound, diagnostics),
    outputs: sideOf(to, outputs, 'output', compound, diagnostics),
  };
}

function sideOf(
  ends: readonly End[],
  declared: readonly Located<string>[] | undefined,
  what: 'input' | 'output',
  compound: Compound,
  diagnostics: Diagnostics,
): CompoundSide {
  const names = declared?.map(({ value }) => value);
  const used = new Set<number>();
  for (const { element, port } of ends) {
    const number = portNumber(port?.value, names);
    if (number === undefined || (names !== undefined && number >= names.length)) {
      const known = names === undefined ? `List its names under \`${what}s:\`, or use numbers.` : `It has ${names.join(', ')}.`;
      diagnostics.error('WL1205', port?.span ?? element.span, `${titleOf(compound)} has no ${what} "${port?.value ?? 0}"`, known);
    } else {
      used.add(number);
    }
  }
  const count = names?.length ?? (used.size === 0 ? 0 : Math.max(...used) + 1);
  for (let number = 0; number < count && names === undefined; number += 1) {
    if (used.has(number)) continue;
    const hint = 'The ports of a compound are numbered from 0 without a gap.';
    diagnostics.error('WL1205', compound.name.span, `${titleOf(compound)} uses its ${what} ${count - 1}, but not ${what} ${number}`, hint, undefined, { text: `'${compound.name.value === '{...}' ? '<anonymous>' : compound.name.value}' ${what} ${number} missing` });
  }
  return { names, used, count };
}

/** The number of a port given by name or number, or not given at all. */
export function portNumber(port: string | number | undefined, names: readonly string[] | undefined): number | undefined {
  if (port === undefined) return 0;
  if (typeof port === 'number') return port;
  const found = names?.indexOf(port) ?? -1;
  return found < 0 ? undefined : found;
}

export function titleOf({ name }: Compound): string {
  return name.value === '{...}' ? 'this compound' : `the compound ${name.value}`;
}

/** The ports of an element that the arrows of a body use, for choosing among overloads. */
export class PortsInUse {
  private readonly inputs = new Map<string, (string | number)[]>();
  private readonly outputs = new Map<string, (string | number)[]>();

  constructor(body: GraphBody) {
    for (const { from, to } of body.connections) {
      note(this.outputs, from);
      note(this.inputs, to);
    }
  }

  of(element: string): { inputs: readonly (string | number)[]; outputs: readonly (string | number)[] } {
    return { inputs: this.inputs.get(element) ?? [], outputs: this.outputs.get(element) ?? [] };
  }
}

function note(ports: Map<string, (string | number)[]>, { element, port }: End): void {
  const list = ports.get(element.value);
  if (list === undefined) ports.set(element.value, [port?.value ?? 0]);
  else list.push(port?.value ?? 0);
}

/** Whether a side has exactly the ports that are used, or at least these. */
export function fits({ names, count }: CompoundSide, used: readonly (string | number)[], exactly: boolean): boolean {
  const numbers = used.map((port) => portNumber(port, names));
  if (numbers.includes(undefined)) return false;
  const needed = numbers.length === 0 ? 0 : Math.max(...(numbers as number[])) + 1;
  return exactly ? needed === count : needed <= count;
}
