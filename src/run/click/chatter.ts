/** Where the lines go that elements print: the terminal, the channels of ChatterSockets, files. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { readMark } from '../../kit/line-mark.js';

type Listener = (line: string) => void;

const DEFAULT = 'default';

export class Chatter {
  private readonly listeners = new Map<string, Listener[]>();
  /** Channels whose lines go to the terminal, too. */
  private readonly loud = new Set<string>();
  /** Descriptors of files by their names; undefined: one that could not be opened, which was reported. */
  private readonly files = new Map<string, number | undefined>();

  /** `few`: how many lines of a kind there were so far, where there are few at most. */
  constructor(
    private readonly terminal: Listener,
    private readonly few: Map<string, number>,
  ) {}

  /** A line of an element or of the driver; one with a mark goes where the mark says. A channel that nobody listens to is silent. */
  readonly take = (text: string): void => {
    const { kind, name, line } = readMark(text);
    if (kind === 'few' && !this.isOneOfFew(name)) return;
    if (kind === 'file') this.write(name, `${line}\n`);
    else {
      const channel = kind === 'channel' ? name : DEFAULT;
      if (channel === DEFAULT || this.loud.has(channel)) this.terminal(line);
      this.tell(channel, line);
    }
  };

  private isOneOfFew(name: string): boolean {
    const count = (this.few.get(name) ?? 0) + 1;
    this.few.set(name, count);
    return count <= Number.parseInt(name, 10);
  }

  /** The first that listens to a channel says whether it is loud. */
  listen(listener: Listener, channel: string, { loud }: { readonly loud: boolean }): void {
    const name = channel === '' ? DEFAULT : channel;
    if (loud && !this.listeners.has(name)) this.loud.add(name);
    this.listeners.set(name, [...(this.listeners.get(name) ?? []), listener]);
  }

  private tell(channel: string, line: string): void {
    for (const listener of this.listeners.get(channel) ?? []) listener(line);
  }

  private write(file: string, text: string): void {
    if (!this.files.has(file)) this.files.set(file, this.open(file));
    const descriptor = this.files.get(file);
    if (descriptor !== undefined) writeSync(descriptor, text);
  }

  private open(file: string): number | undefined {
    try {
      return openSync(file, 'w');
    } catch (error) {
      this.terminal(`${file}: ${(error as Error).message}`);
      return undefined;
    }
  }

  close(): void {
    for (const descriptor of this.files.values()) if (descriptor !== undefined) closeSync(descriptor);
    this.files.clear();
  }
}
