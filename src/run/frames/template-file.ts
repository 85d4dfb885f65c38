/** Ports whose generators send frames described in a file get a capture of these for the time of a run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CaptureWriter } from '../../capture/write.js';
import { Diagnostics } from '../../diagnostics.js';
import { SourceFiles } from '../../graph/source-files.js';
import type { PortSpec } from '../port-spec.js';
import { describedFrames } from './frame-template.js';

/** Whether a template is a description of frames, and not a capture. */
export const isDescription = (file: string): boolean => /\.(ya?ml|json)$/i.test(file);

export interface ExpandedPorts {
  readonly ports: ReadonlyMap<string, PortSpec>;
  /** Removes what was made for the run. */
  dispose(): void;
}

/** `macOf` says the address of an interface. Throws diagnostics of all that is wrong with the descriptions. */
export function expandTemplates(ports: ReadonlyMap<string, PortSpec>, macOf: (name: string) => number): ExpandedPorts {
  const described = [...ports].flatMap(([name, spec]) => (spec.kind === 'gen' && spec.template !== undefined && isDescription(spec.template) ? [{ name, spec, file: spec.template }] : []));
  if (described.length === 0) return { ports, dispose() {} };
  const diagnostics = new Diagnostics();
  const files = new SourceFiles(diagnostics);
  const made = described.map(({ name, spec, file }) => {
    const source = files.open(file);
    return { name, spec, file, frames: source === undefined ? [] : describedFrames(source, files, macOf(name), diagnostics) };
  });
  diagnostics.throwIfFailed();
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-frames-'));
  const dispose = () => rmSync(folder, { recursive: true, force: true });
  try {
    const expanded = new Map(ports);
    for (const [index, { name, spec, file, frames }] of made.entries()) {
      const template = path.join(folder, `${index}-${path.basename(file)}.pcap`);
      const writer = new CaptureWriter(template);
      try {
        for (const frame of frames) writer.write(0n, frame);
      } finally {
        writer.close();
      }
      expanded.set(name, { ...spec, template });
    }
    return { ports: expanded, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}
