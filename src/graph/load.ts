import type { CheckedGraph } from './graph.js';

export interface LoadOptions {
  /** Values of the graph's parameters. */
  readonly set?: Readonly<Record<string, string>>;
  /** Folders of the user's own elements. */
  readonly elementFolders?: readonly string[];
}

export async function loadGraph(_file: string, _options: LoadOptions = {}): Promise<{ checked: CheckedGraph }> {
  throw new Error('not here yet');
}
