/** The process `wirelet-switch` (native/vswitch), and what it is told to do. */
import { spawn, type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { failure } from '../diagnostics.js';
import { nativeFile } from '../native-files.js';
import type { StreamFigures } from '../run/outcome.js';
import type { SiteNetwork, SitePort, Vlans } from './site.js';

const START_TIMEOUT_MS = 10_000;
const START_LOOK_MS = 5;

/** Figures of one port, as the switch sees it: rx is what came from there. */
export interface SwitchPortFigures {
  readonly name: string;
  readonly network: string;
  readonly kind: string;
  readonly attached: boolean;
  /** Why its other side was parted with; absent: it was not. */
  readonly stopped?: string;
  readonly rx_packets: number;
  readonly rx_bytes: number;
  readonly tx_packets: number;
  readonly tx_bytes: number;
  readonly drops: Readonly<Record<string, number>>;
}

/** A frame that an appliance was given. */
export interface FlightFrame {
  /** Nanoseconds of the machine's monotonic clock. */
  readonly at_ns: number;
  /** Bytes that it had; of long ones fewer are kept. */
  readonly length: number;
  readonly data: Buffer;
}

export interface SwitchFigures {
  /** Nanoseconds of the machine's monotonic clock. */
  readonly at_ns: number;
  readonly ports: readonly SwitchPortFigures[];
  readonly networks: readonly { readonly name: string; readonly kind: string; readonly addresses: number }[];
}

type Answer = { readonly event: string; readonly code?: string; readonly message?: string; readonly hint?: string; readonly port?: string; readonly reason?: string };

const ENDED = { event: 'error', code: 'WL4212', message: 'the switch ended before it answered', hint: 'It is started again; wirelet ps tells.' };

/** What the switch says unasked. */
const EVENTS = ['attached', 'standing', 'away', 'failed', 'stopped'];

export class SwitchDaemon {
  private readonly waiting: ((answer: Answer | undefined) => void)[] = [];
  private readonly attaching = new Map<string, (problem?: Answer) => void>();
  private stopping = false;

  private constructor(private readonly child: ChildProcess, private readonly socket: Socket, private readonly onStopped: (port: string, why: string) => void) {
    createInterface({ input: socket, crlfDelay: Infinity }).on('line', (line) => this.hearLine(line));
    const end = () => {
      for (const resolve of this.waiting.splice(0)) resolve(undefined);
      for (const settle of this.attaching.values()) settle(ENDED);
      this.attaching.clear();
    };
    socket.on('error', end);
    socket.on('close', end);
  }

  /**
   * Starts it; `onEnd` is called if it ends without having been stopped, `onStopped` when it parts with what is at a port, which
   * scribbled over its rings; `cpus`: processors that it runs on. Fails with WL4212.
   */
  static async start(path: string, onEnd: (how: string) => void, onStopped: (port: string, why: string) => void, cpus?: readonly number[]): Promise<SwitchDaemon> {
    rmSync(path, { force: true });
    let said = '';
    let ended: string | undefined;
    let daemon: SwitchDaemon | undefined;
    const child = spawn(nativeFile('wirelet-switch'), [path, '--parent', String(process.pid), ...(cpus === undefined ? [] : ['--cpus', cpus.join(',')])], { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
    child.stderr!.on('data', (data: Buffer) => (said = (said + data.toString()).slice(-1000)));
    child.once('error', (error) => (ended = error.message));
    child.once('close', (status, signal) => {
      ended = said.trim() || (signal ?? `status ${status}`);
      if (daemon !== undefined && !daemon.stopping) onEnd(ended);
    });
    for (const begin = performance.now(); ended === undefined && performance.now() - begin < START_TIMEOUT_MS; ) {
      const socket = await connect(path);
      if (socket !== undefined) return (daemon = new SwitchDaemon(child, socket, onStopped));
      await new Promise((resolve) => setTimeout(resolve, START_LOOK_MS));
    }
    child.kill('SIGKILL');
    throw failure('WL4212', `the switch does not start: ${ended ?? 'it does not listen'}`, 'wirelet doctor shows what this machine lacks.');
  }

  get pid(): number {
    return this.child.pid!;
  }

  async addNetwork({ name, kind, ageingS, floodPps }: SiteNetwork): Promise<void> {
    await this.ask(`network ${name} ${kind} ${ageingS} ${floodPps}`);
  }

  /** Connects a port; of an appliance, `socket` is where its rings are handed over. */
  async addPort(network: string, { name, end, vlans }: Omit<SitePort, 'span'>, socket = ''): Promise<void> {
    await this.ask(`port ${name} ${network} ${formatVlans(vlans)} ${end.kind} ${end.kind === 'ring' ? socket : end.target}`);
  }

  async removePort(name: string): Promise<void> {
    await this.ask(`remove ${name}`);
  }

  /** The same, and waits until the rings are the switch's. */
  async attach(network: string, port: SitePort, socket: string): Promise<void> {
    await this.awaitRings(port.name, () => this.addPort(network, port, socket));
  }

  private async awaitRings(port: string, ask: () => Promise<unknown>): Promise<void> {
    const there = new Promise<Answer | undefined>((resolve) => this.attaching.set(port, resolve));
    await ask();
    const problem = await there;
    if (problem !== undefined) throw failure(problem.code!, problem.message!, problem.hint);
  }

  /** Takes the rings at that socket, of an appliance that is to take over the port; resolves once they stand by. */
  async stand(port: string, socket: string): Promise<void> {
    await this.awaitRings(port, () => this.ask(`stand ${port} ${socket}`));
  }

  /** Frames for these ports wait from now on, in order; what went there before is the appliance's. */
  async park(ports: readonly string[]): Promise<void> {
    await this.ask(`park ${ports.join(' ')}`);
  }

  /** All these ports turn to who stands by there, between two batches, and get the frames that waited. */
  async turn(ports: readonly string[]): Promise<void> {
    await this.ask(`turn ${ports.join(' ')}`);
  }

  /** Frames that waited go to who is there. */
  async unpark(ports: readonly string[]): Promise<void> {
    await this.ask(`unpark ${ports.join(' ')}`);
  }

  /** The last frames that the appliance was given which was at the port before, the oldest first. */
  async flight(port: string): Promise<FlightFrame[]> {
    const frames: FlightFrame[] = [];
    for (let first = 0; ; ) {
      const answer = (await this.ask(`flight ${port} ${first}`)) as unknown as { count: number; first: number; frames: { at_ns: number; length: number; data: string }[] };
      frames.push(...answer.frames.map(({ data, ...frame }) => ({ ...frame, data: Buffer.from(data, 'hex') })));
      first = answer.first + answer.frames.length;
      if (answer.frames.length === 0 || first >= answer.count) return frames;
    }
  }

  /** What has become of the frames of the generator at a port so far. Fails with WL4232 where there is none. */
  async stream(port: string): Promise<StreamFigures> {
    return ((await this.ask(`stream ${port}`)) as unknown as { stream: StreamFigures }).stream;
  }

  async figures(): Promise<SwitchFigures> {
    return (await this.ask('figures')) as unknown as SwitchFigures;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const closed = new Promise<void>((resolve) => this.child.once('close', () => resolve()));
    this.child.kill('SIGTERM');
    await closed;
    this.socket.destroy();
  }

  private async ask(line: string): Promise<Answer> {
    const answer = await new Promise<Answer | undefined>((resolve) => {
      if (this.socket.destroyed) return resolve(undefined);
      this.waiting.push(resolve);
      this.socket.write(`${line}\n`);
    });
    if (answer === undefined) throw failure(ENDED.code, ENDED.message, ENDED.hint);
    if (answer.event === 'error') throw failure(answer.code!, answer.message!, answer.hint === '' ? undefined : answer.hint);
    return answer;
  }

  private hearLine(line: string): void {
    let answer: Answer;
    try {
      answer = JSON.parse(line) as Answer;
    } catch {
      // Cut off by its end.
      this.socket.destroy();
      return;
    }
    this.hear(answer);
  }

  private hear(answer: Answer): void {
    if (!EVENTS.includes(answer.event)) return this.waiting.shift()?.(answer);
    if (answer.event === 'away') return;
    if (answer.event === 'stopped') return this.onStopped(answer.port!, answer.reason!);
    this.attaching.get(answer.port!)?.(answer.event === 'failed' ? answer : undefined);
    this.attaching.delete(answer.port!);
  }
}

function connect(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });
}

function formatVlans(vlans: Vlans): string {
  if (vlans.mode === 'plain') return '-';
  return vlans.mode === 'access' ? `access:${vlans.vlan}` : `trunk:${ranges(vlans.vlans)}`;
}

/** `1-1000,2000`. */
function ranges(numbers: readonly number[]): string {
  const found: [number, number][] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = found.at(-1);
    if (last !== undefined && number <= last[1] + 1) last[1] = number;
    else found.push([number, number]);
  }
  return found.map(([first, last]) => (first === last ? first : `${first}-${last}`)).join(',');
}
