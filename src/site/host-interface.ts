/** What an interface of the host is: `{ tap: DEVICE }`, `{ vhost-user: "SOCKET,server" }`, `{ generator: "size=64,rate=10k" }`. */
import path from 'node:path';
import type { Diagnostics, Span } from '../diagnostics.js';
import { entryOf, textOf, type MapNode } from '../graph/document.js';
import { formatPort, readPort, type PortSpec } from '../run/port-spec.js';
import { HOST_KINDS, type HostEnd } from './site.js';

/** Reads it; files and sockets are relative to `folder`. What is wrong is told: WL4201, WL4206. */
export function readHostEnd(name: string, span: Span, map: MapNode, folder: string, diagnostics: Diagnostics): HostEnd | undefined {
  const given = HOST_KINDS.flatMap((kind) => {
    const value = entryOf(map, kind)?.value;
    const found = value && textOf(value);
    return found === undefined ? [] : [{ kind, text: found.value, span: found.span }];
  });
  if (given.length !== 1) {
    diagnostics.error('WL4201', span, `the interface "${name}" is ${given.length === 0 ? 'nothing' : 'two things'}`, `Write { tap: DEVICE }, or another one of ${HOST_KINDS.join(', ')}.`);
    return undefined;
  }
  const [{ kind, text, span: place }] = given as [(typeof given)[number]];
  const port = kind === 'generator' ? 'gen' : kind;
  const spec = readPort(port, text, (message, hint) => {
    diagnostics.error('WL4206', place, `the interface "${name}": ${message}`, hint);
    return undefined;
  });
  if (spec === undefined) return undefined;
  return { kind: port, target: formatPort('', inFolder(spec, folder)).slice(`=${port}:`.length) };
}

function inFolder(spec: PortSpec, folder: string): PortSpec {
  const at = (file: string | undefined) => file && path.resolve(folder, file);
  if (spec.kind === 'vhost-user') return { ...spec, socket: at(spec.socket)! };
  if (spec.kind === 'pcap') return { ...spec, in: at(spec.in), out: at(spec.out) };
  return spec.kind === 'gen' ? { ...spec, template: at(spec.template) } : spec;
}
