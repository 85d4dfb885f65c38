/** A running appliance in the studio: its graph, and its figures as they change. */
import { setTimeout as pause } from 'node:timers/promises';
import { failure } from '../../diagnostics.js';
import type { CheckedGraph } from '../../graph/graph.js';
import { ControlClient, Refused } from '../../run/control/control-client.js';
import { graphOfText } from '../../run/control/image-graph.js';
import { traceAppliance } from '../../run/control/live-trace.js';
import { findRegistered } from '../../run/control/run-folder.js';
import { SEED_DEFAULT } from '../../run/run-request.js';
import type { Snapshot } from '../../run/snapshot.js';
import { traceText } from '../../run/trace/trace-text.js';
import { draw, type Drawing } from './drawing.js';
import { elementOf, elementsOf, listingOf, type ElementView, type StudioEvent, type Subject, type TraceRequest, type View } from './subject.js';

const PERIOD_MS = 1000;

/** The handler `appliance` (docs/control.md). */
interface Facts {
  readonly name: string;
  readonly vmm: string;
  readonly pid: number;
  readonly started_ms: number;
  readonly graph: string;
  readonly graph_sha256: string;
}

export class LiveSubject implements Subject {
  /** Drawn once for each appliance that has the name. */
  private known: { readonly key: string; readonly graph: CheckedGraph; readonly drawing: Drawing } | undefined;

  constructor(
    readonly name: string,
    private readonly elementFolders: readonly string[],
  ) {}

  async view(): Promise<View> {
    const { facts, graph, drawing } = await this.ask((client) => this.look(client));
    const about = `runs by ${facts.vmm}, process ${facts.pid}, from ${facts.graph}, since ${new Date(facts.started_ms).toISOString()}`;
    return { title: this.name, about, live: true, stale: false, elements: elementsOf(graph), ...drawing, diagnostics: [] };
  }

  async element(name: string): Promise<ElementView | undefined> {
    return this.ask(async (client) => {
      const { graph } = await this.look(client);
      const rows = (await client.read(`${name}.handlers`)).toString('utf8').split('\n').filter((row) => row !== '');
      const handlers = rows.map((row) => row.split('\t')).map(([handler, flags = '']) => ({ name: handler!, flags, doc: '' }));
      return elementOf(graph, name, this.elementFolders, handlers);
    });
  }

  async listing(name: string): Promise<string> {
    return listingOf((await this.ask((client) => this.look(client))).graph, name);
  }

  async trace({ match, count, signal }: TraceRequest): Promise<string> {
    return this.ask(async (client) => {
      const lines: string[] = [];
      const result = await traceAppliance(client, { vm: this.name, match, count, seed: SEED_DEFAULT, elementFolders: this.elementFolders, signal, log: (line) => lines.push(line) });
      return [traceText(result), ...lines].join('\n');
    });
  }

  async read(handler: string, parameter: string): Promise<string> {
    return this.ask(async (client) => (await client.read(handler, parameter)).toString('utf8'));
  }

  async write(handler: string, value: string): Promise<string> {
    return this.ask(async (client) => (await client.write(handler, value)).message);
  }

  /** Figures every second; where another appliance took the name, the view is another. */
  async watch(tell: (event: StudioEvent) => void, signal: AbortSignal): Promise<void> {
    let shown: string | undefined;
    while (!signal.aborted) {
      try {
        await this.ask(async (client) => {
          while (!signal.aborted) {
            const key = keyOf(await factsOf(client));
            if (shown !== key && shown !== undefined) tell({ kind: 'view' });
            shown = key;
            const figures = JSON.parse((await client.read('figures')).toString('utf8')) as Snapshot;
            tell({ kind: 'figures', at_ms: Date.now(), figures });
            await wait(signal);
          }
        });
      } catch (error) {
        tell({ kind: 'gone', reason: (error as Error).message });
        // One that begins anew counts from nothing.
        shown = '';
        await wait(signal);
      }
    }
  }

  private async look(client: ControlClient): Promise<{ facts: Facts; graph: CheckedGraph; drawing: Drawing }> {
    const facts = await factsOf(client);
    const key = keyOf(facts);
    if (this.known?.key !== key) {
      const graph = await graphOfText((await client.read('configuration')).toString('utf8'), facts.graph, this.elementFolders);
      this.known = { key, graph, drawing: draw(graph) };
    }
    return { facts, ...this.known };
  }

  /** Handlers refuse as commands do. */
  private async ask<T>(question: (client: ControlClient) => Promise<T>): Promise<T> {
    const client = await ControlClient.connect({ path: findRegistered(this.name).socket });
    try {
      return await question(client);
    } catch (error) {
      throw error instanceof Refused ? failure('WL4146', `${this.name}: ${error.message}`) : error;
    } finally {
      client.close();
    }
  }
}

const factsOf = async (client: ControlClient) => JSON.parse((await client.read('appliance')).toString('utf8')) as Facts;
const keyOf = ({ graph_sha256, started_ms, pid }: Facts) => `${graph_sha256} ${started_ms} ${pid}`;
const wait = (signal: AbortSignal) => pause(PERIOD_MS, undefined, { signal }).catch(() => undefined);
