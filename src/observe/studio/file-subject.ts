/** A graph's file in the studio: drawn anew whenever it, or what it includes, is saved. */
import { watch, type FSWatcher } from 'node:fs';
import path from 'node:path';
import { DiagnosticError, failure, formatDiagnostic, toJson } from '../../diagnostics.js';
import { tryLoadGraph, type LoadedGraph, type LoadOptions } from '../../graph/load.js';
import type { CheckedGraph } from '../../graph/graph.js';
import { SEED_DEFAULT } from '../../run/run-request.js';
import { arrivalsAt } from '../../run/trace/arrivals.js';
import { traceText } from '../../run/trace/trace-text.js';
import { trace } from '../../run/trace/trace.js';
import { draw, type Drawing } from './drawing.js';
import { elementOf, elementsOf, listingOf, type ElementView, type StudioEvent, type Subject, type TraceRequest, type View } from './subject.js';

/** Editors save in several steps. */
const SETTLE_MS = 150;
const LIVE_ONLY = 'That is for running appliances: wirelet run GRAPH --name NAME, then wirelet studio NAME.';

export class FileSubject implements Subject {
  readonly name: string;
  /** What the file says, as of the last time that it was saved. */
  private loading: Promise<LoadedGraph> | undefined;
  /** The last that had no errors. */
  private good: { readonly graph: CheckedGraph; readonly drawing: Drawing } | undefined;

  constructor(
    private readonly file: string,
    private readonly options: LoadOptions,
  ) {
    this.name = path.basename(file);
  }

  async view(): Promise<View> {
    const { checked, diagnostics } = await this.load();
    const graph = this.good?.graph;
    return {
      title: graph?.name ?? this.name, about: this.file, live: false,
      stale: checked === undefined,
      elements: graph === undefined ? [] : elementsOf(graph),
      ...(this.good?.drawing ?? { svg: null, edges: [] }),
      diagnostics: diagnostics.map((diagnostic) => ({ ...toJson(diagnostic), text: formatDiagnostic(diagnostic) })),
    };
  }

  async element(name: string): Promise<ElementView | undefined> {
    const graph = await this.graph();
    return elementOf(graph, name, this.options.elementFolders ?? []);
  }

  async listing(name: string): Promise<string> {
    return listingOf(await this.graph(), name);
  }

  /** Made-up frames, one each to the first interface that takes some. */
  async trace({ match, count }: TraceRequest): Promise<string> {
    const graph = await this.graph();
    const first = graph.interfaces.find(({ receives }) => receives);
    if (first === undefined) return 'No interface of this graph receives frames.';
    const arrivals = arrivalsAt(graph, new Map([[first.name, { kind: 'gen', size: 64, count, flows: count, rate: 'max' }]]), count);
    const lines: string[] = [];
    const result = trace(graph, { arrivals, match, count, seed: SEED_DEFAULT, log: (line) => lines.push(line) });
    return [traceText(result), ...lines].join('\n');
  }

  async read(): Promise<string> {
    throw failure('WL4146', 'a file has no handlers', LIVE_ONLY);
  }

  async write(): Promise<string> {
    throw failure('WL4146', 'a file has no handlers', LIVE_ONLY);
  }

  async watch(tell: (event: StudioEvent) => void, signal: AbortSignal): Promise<void> {
    const watchers: FSWatcher[] = [];
    let timer: NodeJS.Timeout | undefined;
    const changed = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        const say = () => tell({ kind: 'view' });
        this.reload().then(say, say);
      }, SETTLE_MS);
    };
    // Folders, as many editors write another file and rename it.
    for (const [folder, names] of await this.watched()) {
      watchers.push(watch(folder, (_, name) => {
        if (name === null || names.has(name)) changed();
      }));
    }
    await new Promise<void>((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })));
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  }

  /** Folders, and names of what was read from them. */
  private async watched(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    const { graph } = await this.load();
    const folders = new Map<string, Set<string>>();
    for (const file of new Set([this.file, ...(graph?.files.map((source) => source.file) ?? [])])) {
      const folder = path.dirname(path.resolve(file));
      folders.set(folder, (folders.get(folder) ?? new Set()).add(path.basename(file)));
    }
    return folders;
  }

  private load(): Promise<LoadedGraph> {
    return this.loading ?? this.reload();
  }

  /** One after the other, so that what is read last is what is kept. */
  private reload(): Promise<LoadedGraph> {
    const before = this.loading?.catch(() => undefined) ?? Promise.resolve();
    return (this.loading = before.then(() => this.readFile()));
  }

  private async readFile(): Promise<LoadedGraph> {
    const loaded = await tryLoadGraph(this.file, this.options);
    if (loaded.checked !== undefined) this.good = { graph: loaded.checked, drawing: draw(loaded.checked) };
    return loaded;
  }

  private async graph(): Promise<CheckedGraph> {
    const { diagnostics } = await this.load();
    if (this.good === undefined) throw new DiagnosticError(diagnostics);
    return this.good.graph;
  }
}
