/** What is to be run: a graph, or an image that `build` wrote. */
import { closeSync, openSync, readSync } from 'node:fs';
import { failure, type Diagnostic } from '../diagnostics.js';
import { loadGraph, type LoadOptions } from '../graph/load.js';
import { graphOfText } from './control/image-graph.js';
import { looksLikeImage, openImage } from '../image/image.js';
import type { Manifest } from '../image/manifest.js';
import { parseMac } from '../kit/address.js';
import { plan, type Plan } from '../plan/plan.js';

export interface OpenedSubject {
  readonly subject: Subject;
  readonly warnings: readonly Diagnostic[];
}

export type Subject =
  | { readonly kind: 'graph'; readonly file: string; readonly plan: Plan }
  | { readonly kind: 'image'; readonly file: string; readonly manifest: Manifest };

/** Opens a graph or an image; which one it is, the file's first bytes say. */
export async function openSubject(file: string, options: LoadOptions = {}): Promise<OpenedSubject> {
  if (beginsAsImage(file)) {
    if (Object.keys(options.set ?? {}).length > 0) {
      throw failure('WL4101', `--set has no effect on ${file}: an image is finished`, 'Set parameters when you build it, or run the graph.');
    }
    return { subject: { kind: 'image', file, manifest: openImage(file).manifest }, warnings: [] };
  }
  const { checked, warnings } = await loadGraph(file, options);
  return { subject: { kind: 'graph', file, plan: plan(checked) }, warnings };
}

/** A graph in Click's notation; files that it names lie beside `file`. Throws diagnostics. */
export async function subjectOfText(text: string, file: string, elementFolders: readonly string[]): Promise<OpenedSubject> {
  return { subject: { kind: 'graph', file, plan: plan(await graphOfText(text, file, elementFolders)) }, warnings: [] };
}

/** False also where the file cannot be read: the graph reader says so better. */
function beginsAsImage(file: string): boolean {
  try {
    const descriptor = openSync(file, 'r');
    try {
      const head = Buffer.alloc(4);
      readSync(descriptor, head, 0, 4, 0);
      return looksLikeImage(head);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return false;
  }
}

/** Names of a subject's interfaces, in order. */
export function interfaceNames(subject: Subject): string[] {
  const interfaces = subject.kind === 'graph' ? subject.plan.graph.interfaces : subject.manifest.interfaces;
  return interfaces.map(({ name }) => name);
}

/** The MAC address of one of a subject's interfaces. */
export function macOf(subject: Subject, name: string): number {
  if (subject.kind === 'graph') return subject.plan.graph.interfaces.find((item) => item.name === name)?.mac ?? 0;
  return parseMac(subject.manifest.interfaces.find((item) => item.name === name)?.mac ?? '') ?? 0;
}
