/** Handlers by which frames at the edges of an appliance are looked at: what `wirelet tap` and `wirelet trace VM` call. */
import type { CheckedGraph } from '../../graph/graph.js';
import { HandlerError } from '../../kit/element.js';
import { FRAME_BYTES_MAX } from '../../kit/limits.js';
import { suggestion } from '../../suggest.js';
import type { Handler } from '../click/handler.js';
import { FrameTaps, type Edge, type TapSource } from './frame-taps.js';

/**
 * `tap_open EDGE [BYTES]` begins and answers with a word and the edges, as JSON; `tap_read WORD` gives the frames since then, as JSON `{lost, frames}`
 * with base64 (packet-buffer.ts); `tap_close WORD` ends it. EDGE is an interface, INTERFACE/rx, INTERFACE/tx, or
 * ELEMENT[PORT]; `*\/rx` is all that is received.
 */
export function tapHandlers(graph: CheckedGraph, source: TapSource): Handler[] {
  const taps = new FrameTaps(source);
  return [
    {
      name: 'tap_open', parameter: true,
      read(parameter) {
        const [edge = '', bytes = String(FRAME_BYTES_MAX)] = parameter.trim().split(/\s+/);
        if (!/^\d{1,4}$/.test(bytes) || Number(bytes) > FRAME_BYTES_MAX) throw new HandlerError(`expected a number of bytes up to ${FRAME_BYTES_MAX}, got "${bytes}"`);
        const edges = edge === '*/rx' ? graph.interfaces.filter(({ receives }) => receives).map(({ index }): Edge => ({ kind: 'interface', interface: index, direction: 'rx' })) : edgesNamed(graph, edge);
        const word = taps.open(edges, Number(bytes));
        return JSON.stringify({ word, edges: edges.map((each) => shown(each, graph)) });
      },
    },
    {
      name: 'tap_read', parameter: true,
      read(parameter) {
        const { frames, lost } = taps.collect(parameter.trim());
        return JSON.stringify({ lost, frames: frames.pack().toString('base64') });
      },
    },
    { name: 'tap_close', write: (value) => taps.close(value.trim()) },
  ];
}

function shown(edge: Edge, { interfaces, instances }: CheckedGraph): { name: string; direction: 'in' | 'out' | null } {
  if (edge.kind === 'interface') return { name: interfaces[edge.interface]!.name, direction: edge.direction === 'rx' ? 'in' : 'out' };
  const { name, outputs } = instances[edge.instance]!;
  return { name: outputs.length > 1 ? `${name}[${edge.port}]` : name, direction: null };
}

/** The edges that a name means; an interface's name means both directions. Throws HandlerError. */
function edgesNamed({ interfaces, instances }: CheckedGraph, text: string): Edge[] {
  const [, name, direction] = /^(.*?)(?:\/(rx|tx))?$/.exec(text)!;
  const port = interfaces.find((each) => each.name === name);
  if (port !== undefined) {
    const directions = direction === undefined ? (['rx', 'tx'] as const) : [direction as 'rx' | 'tx'];
    return directions.map((each) => ({ kind: 'interface', interface: port.index, direction: each }));
  }
  const [, element, output = '0'] = /^(.*?)(?:\[(\w+)\])?$/.exec(text)!;
  const instance = instances.find((each) => each.name === element);
  const number = instance?.outputs.findIndex((each, index) => each.name === output || String(index) === output);
  if (instance !== undefined && number !== undefined && number >= 0) return [{ kind: 'output', instance: instance.index, port: number }];
  const names = [...interfaces.map((each) => each.name), ...instances.filter(({ outputs }) => outputs.length > 0).map((each) => each.name)];
  const what = instance === undefined ? `there is no edge "${text}"` : `${element} has no output "${output}"`;
  const near = suggestion(element!, names) ?? `An edge is an interface (${interfaces.map((each) => each.name).join(', ')}), INTERFACE/rx, INTERFACE/tx, or ELEMENT[PORT].`;
  throw new HandlerError(`${what}\n${near}`);
}
