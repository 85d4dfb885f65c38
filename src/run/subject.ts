/** What is to be run: a graph, or an image that `build` wrote. */
import { closeSync, openSync, readSync } from 'node:fs';
import { failure } from '../diagnostics.js';
import { loadGraph, type LoadOptions } from '../graph/load.js';
import { looksLikeImage, openImage } from '../image/image.js';
import type { Manifest } from '../image/manifest.js';
import { plan, type Plan } from '../plan/plan.js';

export type Subject =
  | { readonly kind: 'graph'; readonly file: string; readonly plan: Plan }
  | { readonly kind: 'image'; readonly file: string; readonly manifest: Manifest };

/** Opens a graph or an image; which one it is, the file's first bytes say. */
export async function openSubject(file: string, options: LoadOptions = {}): Promise<Subject> {
  if (beginsAsImage(file)) {
    if (Object.keys(options.set ?? {}).length > 0) {
      throw failure('WL4101', `--set has no effect on ${file}: an image is finished`, 'Set parameters when you build it, or run the graph.');
    }
    return { kind: 'image', file, manifest: openImage(file).manifest };
  }
  const { checked } = await loadGraph(file, options);
  return { kind: 'graph', file, plan: plan(checked) };
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
