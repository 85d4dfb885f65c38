/**
 * The connections of a TCP element (RFC 9293, 3.3.1): a fixed number of them, each a number that stays the same while it lives, its
 * variables in arrays. What is sent lies with the application, not here: it is asked for the bytes of the stream again when they
 * are sent again.
 */
import {
  array, below, packetLists, register, table, TIME_RANGE, type Clock, type Counter, type Outputs, type Packet, type Packets, type Random, type StateValues, type Verdict, type u16, type u32,
} from 'wirelet';

/** States of a connection (RFC 9293, 3.3.2); a listener has none. */
export const STATUS = Object.freeze({
  closed: 0, syn_sent: 1, syn_received: 2, established: 3, fin_wait_1: 4, fin_wait_2: 5, close_wait: 6, closing: 7, last_ack: 8, time_wait: 9,
});

/** Bits of `flags`. */
export const FLAG = Object.freeze({
  /** Both sides send timestamps (RFC 7323), or selective acknowledgements (RFC 2018). */
  timestamps: 0x0001,
  sack: 0x0002,
  /** The application has closed: a FIN follows its last byte. */
  closing: 0x0004,
  /** An acknowledgement is due at once, or soon. */
  ack_now: 0x0008,
  ack_soon: 0x0010,
  /** The other side's FIN was taken. */
  finished: 0x0020,
  /** Fast recovery (RFC 6582, RFC 6675). */
  recovery: 0x0040,
  /** A segment is being timed (RFC 6298, 3). */
  timing: 0x0080,
  /** The next segment is a probe of a closed window. */
  probe: 0x0100,
  /** The application takes nothing now: the window is shut. */
  shut: 0x0200,
  /** The connection was opened by this side. */
  active: 0x0400,
  /** The application was told that it is open. */
  told: 0x0800,
  /** Windows are shifted (RFC 7323, 2). */
  scaled: 0x1000,
  /** One segment is to be sent again whatever the windows say. */
  lost: 0x2000,
  /** The next acknowledgement asks for one. */
  asks: 0x4000,
});

/** Blocks of the scoreboard of selective acknowledgements. */
export const BLOCKS = 4;
/** Packets that a connection keeps because they came out of order, whatever room there is for those of all. */
export const HELD_MAX = 64;
/** Buckets of the wheel of timers, and microseconds of each. */
export const WHEEL_BUCKETS = 256;
export const WHEEL_TICK_US = 10_000;

/** What `build` of an element decides about its connections. */
export interface Parameters {
  readonly connections: number;
  /** The port that is listened on; 0: none. */
  readonly port: u16;
  /** Bytes of data in a segment at most, without options. */
  readonly mss: u16;
  /** Bytes that the other side may send unasked. */
  readonly window: u32;
  /** Bits by which windows are shifted when they are sent. */
  readonly scale: number;
  readonly min_rto_us: number;
  /** Silence after which the other side is asked whether it is there, 0: never; between questions; how often. */
  readonly keepalive_us: number;
  readonly keepalive_interval_us: number;
  readonly keepalive_probes: number;
  /** How long a connection stays known after it was closed. */
  readonly time_wait_us: number;
  /** Half-open connections above which cookies stand for them. */
  readonly half_open: number;
  /** Whether what is refused gets a RST. */
  readonly resets: boolean;
  /** Packets out of order that a connection keeps, HELD_MAX at most. */
  readonly held: number;
  /** Whether there are connections over IPv6, too. */
  readonly ipv6: boolean;
}

/** State of `capacity` connections, over IPv6 too if so, that hold at most `held` packets together, and one that comes in order. */
export function connectionState(capacity: number, held: number, over6: boolean) {
  const link = below(capacity + 1);
  const words6 = over6 ? capacity * 4 : 4;
  return {
    by_address: table({ key: { peer: 'u32', own: 'u32', ports: 'u32' }, fields: { connection: below(capacity) }, capacity }),
    /** The first free connection; `capacity`: none. Free ones are linked by `next`. */
    free: register(link, 0),
    half_open: register('u32'),
    open: register('u32'),
    /** Cookies are accepted until then. */
    cookies_until: register(TIME_RANGE),
    secret0: register('u32'),
    secret1: register('u32'),
    /** Of the options that were read last. */
    option_mss: register('u16'),
    option_scale: register({ low: -1, high: 14 }),
    option_sack: register('u8'),
    option_timestamps: register('u8'),
    option_value: register('u32'),
    option_echo: register('u32'),
    status: array(below(10), capacity),
    flags: array('u16', capacity),
    /** Addresses; over IPv6 what stands for them, and the addresses, four words each (ipv6.ts). */
    peer: array('u32', capacity),
    own: array('u32', capacity),
    peer6: array('u32', words6),
    own6: array('u32', words6),
    ports: array('u32', capacity),
    snd_una: array('u32', capacity),
    snd_nxt: array('u32', capacity),
    /** The highest that `snd_nxt` was; what lies before it is sent again. */
    snd_max: array('u32', capacity),
    /** Behind the last byte that the application wants to send. */
    snd_end: array('u32', capacity),
    snd_wnd: array('u32', capacity),
    snd_wl1: array('u32', capacity),
    snd_wl2: array('u32', capacity),
    snd_scale: array(below(15), capacity),
    mss: array({ low: 64, high: 1460 }, capacity, 536),
    rcv_nxt: array('u32', capacity),
    /** The right edge of the window that was told. */
    rcv_edge: array('u32', capacity),
    cwnd: array('u32', capacity),
    ssthresh: array('u32', capacity),
    recover: array('u32', capacity),
    /** Where recovery goes on to fill holes. */
    hole: array('u32', capacity),
    duplicates: array('u8', capacity),
    srtt_us: array('u32', capacity),
    rttvar_us: array('u32', capacity),
    rto_us: array('u32', capacity),
    /** Times that the same was sent again, or asked, in a row. */
    tries: array('u8', capacity),
    timed: array('u32', capacity),
    timed_at: array(TIME_RANGE, capacity),
    ts_recent: array('u32', capacity),
    /** Times when something is due; 0: never. */
    retransmit_at: array(TIME_RANGE, capacity),
    ack_at: array(TIME_RANGE, capacity),
    idle_at: array(TIME_RANGE, capacity),
    /** A time that the application sets. */
    wish_at: array(TIME_RANGE, capacity),
    block_start: array('u32', capacity * BLOCKS),
    block_end: array('u32', capacity * BLOCKS),
    /** Bucket of the wheel, and neighbours there; WHEEL_BUCKETS and `capacity`: none. */
    bucket: array(below(WHEEL_BUCKETS + 1), capacity, WHEEL_BUCKETS),
    next: array(link, capacity),
    previous: array(link, capacity),
    wheel: array(link, WHEEL_BUCKETS, capacity),
    /** The bucket that is due next, and connections in all. */
    wheel_at: register(TIME_RANGE),
    wheel_count: register('u32'),
    /** When the timer fires, if it is set. */
    tick_at: register(TIME_RANGE),
    /** Edges of blocks that are to be told. */
    told: array('u32', 6),
    /** Where the last packet that was kept begins. */
    newest: register('u32'),
    held: packetLists(capacity, held + 1),
  };
}

type Connections = StateValues<ReturnType<typeof connectionState>>;
/** As the packet path has it: a cell of a proved index is there. */
type Cells<T> = { [K in keyof T]: T[K] extends { readonly length: number; [index: number]: number } ? { readonly length: number; [index: number]: any } : T[K] };

export const COUNTERS = {
  opened: 'Connections that were opened, by either side.',
  connections_refused: 'Connections that were refused, for want of room or because nothing listens.',
  cookies_sent: 'Connections that were answered with a cookie, because many were half open.',
  aborted: 'Connections that were ended by a reset or because nobody answered.',
  retransmitted: 'Segments that were sent again.',
  fast_recoveries: 'Losses that were noticed by duplicate acknowledgements.',
  timeouts: 'Losses that were noticed because no acknowledgement came.',
  out_of_order: 'Segments that were kept until what comes before them came.',
  no_buffers: 'Segments that had to wait because no buffer was free.',
} as const;

export const DROPS = {
  not_tcp: 'Not a whole TCP segment, or a fragment; or over IPv6 one with a wrong checksum, or where IPV6 is not said.',
  bad_source: 'The source cannot be that of a host, or its port is 0.',
  bad_options: 'Its options are malformed.',
  no_connection: 'It belongs to no connection, and needs or gets no answer.',
  not_listening: 'It asks for a connection, but nobody listens, or there is no room; the refusal is silent.',
} as const;

/** What the functions here use of the context of an element. */
export interface Tcp {
  readonly built: { readonly tcp: Parameters };
  readonly state: Cells<Connections>;
  readonly counters: Readonly<Record<keyof typeof COUNTERS, Counter>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly packets: Packets;
  /** `tick` is the one that this code uses. */
  readonly timers: any;
  readonly outputs: Outputs<{ out: string }>;
  emit(output: Verdict, packet: Packet): void;
}

/** Why a connection is no more, for the application. */
export const END = Object.freeze({ closed: 0, reset: 1, timed_out: 2 });

/** Whether sequence number `a` comes before `b` (RFC 9293, 3.4). */
export function before(a: u32, b: u32): boolean {
  return ((a - b) | 0) < 0;
}

/** Links all connections as free ones, and draws what nobody may guess. */
export function initializeConnections(tcp: Tcp): void {
  const { state, random } = tcp;
  for (let index = 0; index < state.next.length; index += 1) state.next[index] = index + 1;
  state.free = 0;
  state.secret0 = random.u32();
  state.secret1 = random.u32();
}
