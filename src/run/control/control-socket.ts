/** A place where other programs read and write the handlers of an appliance: by the element ControlSocket itself. */
import { DiagnosticError, Diagnostics, failure } from '../../diagnostics.js';
import { Registry, type LoadedElement } from '../../graph/registry.js';
import type { ControlPart } from '../../kit/control.js';
import type { Appliance } from './appliance.js';

/** sun_path of unix(7) has 108 bytes, the last of them zero. */
const PATH_BYTES_MAX = 107;

export type ControlAddress = { readonly path: string } | { readonly host: string; readonly port: number };

/** `127.0.0.1:7777`, `[::1]:7777`, `:7777` (of this host only), or `unix:PATH`. */
export function readControlAddress(text: string): ControlAddress {
  if (text.startsWith('unix:') && text.length > 5) return { path: text.slice(5) };
  const match = /^(\[[0-9a-fA-F:]+\]|[^:\s]*):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) throw failure('WL4140', `--control ${text} is no address`, 'Write --control 127.0.0.1:7777, or --control unix:PATH.');
  return { host: match[1]!.replace(/^\[|\]$/g, '') || '127.0.0.1', port };
}

let controlSocket: Promise<LoadedElement> | undefined;

async function loadControlSocket(): Promise<LoadedElement> {
  const diagnostics = new Diagnostics();
  const element = await new Registry([], diagnostics).load('ControlSocket');
  if (element === undefined) throw new DiagnosticError(diagnostics.list);
  return element;
}

/** Listens there; what closes it. Throws diagnostics. */
export async function openControlSocket(appliance: Appliance, address: ControlAddress): Promise<ControlPart> {
  const shown = 'path' in address ? address.path : `${address.host}:${address.port}`;
  if ('path' in address && Buffer.byteLength(address.path) > PATH_BYTES_MAX) {
    throw failure('WL4141', `the path of the control socket is longer than ${PATH_BYTES_MAX} bytes: ${shown}`, 'Choose a shorter one, such as in /run or /tmp.');
  }
  const element = await (controlSocket ??= loadControlSocket());
  const config = { readonly: false, verbose: false, retries: 0, retry_warnings: false };
  const part = element.class.definition.control!.start!(appliance.host(config, address));
  const problem = await part.begin?.();
  if (problem !== undefined) {
    const hint = 'path' in address ? 'Remove the file if nothing uses it, or choose another.' : 'Another program has it: choose another port, or find that one with ss -ltnp.';
    throw failure('WL4141', `the control socket ${shown} cannot be opened: ${problem.replace(/^bind: /, '')}`, hint);
  }
  return part;
}
