/** Copies of frames at the edges of a running appliance, for those who look; and for nobody, nothing. */
import { randomBytes } from 'node:crypto';
import { HandlerError } from '../../kit/element.js';
import { PacketBuffer } from './packet-buffer.js';
import type { TappedFrame } from './tapped-frame.js';

/** An edge: what comes from or goes to an interface, or leaves an element by an output. */
export type Edge =
  | { readonly kind: 'interface'; readonly interface: number; readonly direction: 'rx' | 'tx' }
  | { readonly kind: 'output'; readonly instance: number; readonly port: number };

/** Where copies come from. */
export interface TapSource {
  /** Throws HandlerError for an edge that cannot be looked at here. */
  check(edge: Edge): void;
  /** From now on frames of exactly these edges are copied, so many bytes of each at most. */
  look(edges: readonly Edge[], frameBytes: number): void;
  /** Gives `take` what has come since, and says how many frames were written over before they could be read. */
  collect(take: (edge: Edge, frame: TappedFrame) => void): number;
}

/** Time between looks at the source, in milliseconds. */
const LOOK_MS = 5;
/** So many times as long as a look took is at least what others then have. */
const LOOK_SHARE = 2;
/** Who does not ask for his frames for so long has gone. */
const IDLE_MS_MAX = 10_000;
const SESSIONS_MAX = 16;

interface Session {
  readonly edges: readonly Edge[];
  readonly frameBytes: number;
  readonly frames: PacketBuffer;
  lost: number;
  asked: number;
}

export interface Collected {
  readonly frames: PacketBuffer;
  readonly lost: number;
}

export class FrameTaps {
  private readonly sessions = new Map<string, Session>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly source: TapSource) {}

  /** Begins to look; what to ask for the frames with. Throws HandlerError. */
  open(edges: readonly Edge[], frameBytes: number): string {
    if (this.sessions.size >= SESSIONS_MAX) throw new HandlerError(`${SESSIONS_MAX} taps are open already`);
    edges.forEach((edge) => this.source.check(edge));
    const id = randomBytes(6).toString('hex');
    this.sessions.set(id, { edges, frameBytes, frames: new PacketBuffer(), lost: 0, asked: Date.now() });
    this.look();
    return id;
  }

  /** The frames since the last time, and how many are missing among them. Throws HandlerError. */
  collect(id: string): Collected {
    const session = this.sessions.get(id);
    if (session === undefined) throw new HandlerError('there is no such tap, or nobody asked for its frames for ten seconds');
    this.poll();
    const result = { frames: session.frames.take(), lost: session.lost };
    Object.assign(session, { lost: 0, asked: Date.now() });
    return result;
  }

  close(id: string): void {
    if (this.sessions.delete(id)) this.look();
  }

  private look(): void {
    const all = [...this.sessions.values()];
    const edges = new Map(all.flatMap((session) => session.edges).map((edge) => [keyOf(edge), edge]));
    this.source.look([...edges.values()], Math.max(0, ...all.map(({ frameBytes }) => frameBytes)));
    clearTimeout(this.timer);
    this.timer = undefined;
    if (all.length > 0) this.lookIn(LOOK_MS);
  }

  private lookIn(milliseconds: number): void {
    this.timer = setTimeout(() => this.tick(), milliseconds).unref();
  }

  private tick(): void {
    const begin = performance.now();
    this.timer = undefined;
    try {
      this.poll();
      const now = Date.now();
      for (const [id, { asked }] of this.sessions) if (now - asked > IDLE_MS_MAX) this.close(id);
      // By a serial port a look takes its time, in which nobody else is served.
      if (this.sessions.size > 0 && this.timer === undefined) this.lookIn(Math.max(LOOK_MS, LOOK_SHARE * (performance.now() - begin)));
    } catch (error) {
      // The appliance has ended; who asks next is told so.
      if (!(error instanceof HandlerError)) throw error;
    }
  }

  private poll(): void {
    const lost = this.source.collect((edge, frame) => {
      const key = keyOf(edge);
      for (const session of this.sessions.values()) {
        const number = session.edges.findIndex((each) => keyOf(each) === key);
        if (number >= 0 && !session.frames.add(number, frame, session.frameBytes)) session.lost += 1;
      }
    });
    if (lost > 0) for (const session of this.sessions.values()) session.lost += lost;
  }
}

function keyOf(edge: Edge): string {
  return edge.kind === 'interface' ? `${edge.interface} ${edge.direction}` : `${edge.instance}[${edge.port}]`;
}
