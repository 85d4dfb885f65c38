/** How FastClick's load balancers choose a server, and what they count of each: its arguments, modes, hashes and handlers. */
import { ANNOTATIONS, array, below, bool, byteSwapped, HandlerError, integer, IP_PROTOCOL, ipv4, oneOf, real, register, table, tcp, TIME_RANGE, u32, type HandlerContext, type Log, type Packet, type Random, type StateValues } from 'wirelet';
import { portsOf } from './servers.js';

const MODES = ['rr', 'hash', 'hash_ip', 'hash_agg', 'cst_hash_agg', 'wrr', 'least', 'pow2', 'random'] as const;
const METRICS = ['conn', 'packets', 'bytes', 'cpu'] as const;
/** Modes that go by how much servers have to do. */
const BY_LOAD: readonly string[] = ['wrr', 'least', 'pow2'];
/** Buckets of each server on the ring of `cst_hash_agg`. */
const BUCKETS = 100;
/** The bytes that `hash_ip` sums, from the packet's first on: FastClick's. */
const SUMMED_FROM = 32;
const SUMMED = 8;
/** Counts stay exact. */
const COUNT_MAX = 0x10_0000_0000_0000;
/** Bits of the TCP header that begin and end a connection. */
const FIN = 1;
const SYN = 2;
const RST = 4;

export const balanceArguments = {
  lb_mode: oneOf(MODES, {
    default: 'rr',
    keyword: true,
    doc: 'How a server is chosen: in turn (rr, wrr), by a hash of addresses and ports (hash) or of bytes 32 to 39 (hash_ip), by the aggregate annotation (hash_agg; cst_hash_agg: on a ring), the one with the least load (least), the better one of two (pow2), at random.',
  }),
  lst_mode: oneOf(METRICS, { default: 'conn', keyword: true, doc: 'What load is: connections, packets, bytes, or what is written to `load`.' }),
  force_track_load: bool({ default: false, keyword: true, doc: 'Whether loads are counted where no choice depends on them.' }),
  nserver: integer({ default: 0, max: 256, keyword: true, doc: 'How many of the servers are used, the first ones; 0: all. With wrr and least all are.' }),
  cst_buckets: integer({ required: false, min: 1, max: 65_536, keyword: true, doc: 'Buckets of the ring of cst_hash_agg; default: 100 for each server.' }),
  awrr_time: integer({ default: 100, keyword: true, doc: 'Accepted for compatibility: weights do not change by themselves.' }),
  awrr_alpha: real({ default: 0, keyword: true, doc: 'Accepted for compatibility.' }),
};

interface Arguments {
  readonly lb_mode: (typeof MODES)[number];
  readonly lst_mode: (typeof METRICS)[number];
  readonly force_track_load: boolean;
  readonly nserver: number;
  readonly cst_buckets: number | undefined;
}

export function balanceState(servers: number) {
  return {
    turn: register('u32'),
    connections: array('i32', servers),
    packets: array(TIME_RANGE, servers),
    bytes: array(TIME_RANGE, servers),
    load: array('u32', servers),
  };
}

/** Which server each flow was given, and what servers have to do; `capacity` flows. */
export function flowState(servers: number, capacity: number) {
  return {
    flows: table({ key: { source: 'u32', destination: 'u32', ports: 'u32', protocol: 'u8' }, fields: { server: below(servers), seen_us: TIME_RANGE }, capacity, evict: 'seen_us' }),
    ...balanceState(servers),
  };
}

type Loads = StateValues<ReturnType<typeof balanceState>>;

export interface Balance {
  /** All servers, and those that are used. */
  readonly count: number;
  readonly active: number;
  readonly mode: Arguments['lb_mode'];
  readonly metric: Arguments['lst_mode'];
  readonly tracks: boolean;
  /** The server of each bucket. */
  readonly ring: readonly number[];
}

/** What is fixed for a balancer; a string: what is wrong. */
export function balanceOf(config: Arguments, count: number): Balance | string {
  if (config.nserver > count) return `NSERVER is ${config.nserver}, there are ${count} servers`;
  const active = config.nserver === 0 ? count : config.nserver;
  const tracks = config.force_track_load || (BY_LOAD.includes(config.lb_mode) && config.lst_mode !== 'cpu');
  return { count, active, mode: config.lb_mode, metric: config.lst_mode, tracks, ring: config.lb_mode === 'cst_hash_agg' ? ringOf(active, config.cst_buckets ?? count * BUCKETS) : [0] };
}

/** Servers are put on the ring by Cantor's pairing of their number and that of the turn; a bucket that none has is that of who comes before. */
function ringOf(active: number, size: number): number[] {
  const ring = new Array<number>(size).fill(-1);
  const turns = Math.floor((size - 1) / active) + 1;
  for (let turn = 0; turn < turns; turn += 1) {
    for (let server = 0; server < active; server += 1) ring[((((server + turn) * (server + turn + 1)) / 2 + turn) >>> 0) % size] = server;
  }
  let current = 0;
  return ring.map((server) => (current = server < 0 ? current : server));
}

/** The upper half of a hash over its lower half. */
function folded(hash: u32): u32 {
  return (hash >>> 16) ^ (hash & 0xffff);
}

/** Click's hash of what tells flows apart. */
export function flowHash(packet: Packet): u32 {
  const header = ipv4.at(packet);
  const ports = portsOf(packet);
  const left = (ports >>> 16) % 16;
  const right = 31 - (ports & 0xf);
  const source = byteSwapped(header.source);
  const destination = byteSwapped(header.destination);
  const one = left === 0 ? source : ((source << left) | (source >>> (32 - left))) >>> 0;
  const other = ((destination << right) | (destination >>> (32 - right))) >>> 0;
  return (one ^ other ^ (((ports & 0xffff) << 16) | (ports >>> 16))) >>> 0;
}

/** The sum of the bytes that `hash_ip` looks at. */
function summed(packet: Packet, servers: number): u32 {
  if (packet.length < SUMMED_FROM + SUMMED) return 0;
  let sum = 0;
  for (let index = 0; index < SUMMED; index += 1) sum += packet.loadU8(SUMMED_FROM + index);
  return servers === 2 || servers === 4 || servers === 8 ? (sum ^ (sum >>> 4)) & (servers - 1) : sum % servers;
}

function loadOf(state: Loads, balance: Balance, server: number): number {
  if (balance.metric === 'conn') return state.connections[server]!;
  if (balance.metric === 'packets') return state.packets[server]!;
  if (balance.metric === 'bytes') return state.bytes[server]!;
  return state.load[server]!;
}

/** The server that a packet, or its flow, gets. */
export function pickServer(packet: Packet, balance: Balance, state: Loads, random: Random): u32 {
  if (balance.mode === 'rr' || balance.mode === 'wrr') {
    // FastClick's weights are of all servers, however few are used.
    const server = state.turn % (balance.mode === 'rr' ? balance.active : balance.count);
    state.turn = u32(server + 1);
    return server;
  }
  if (balance.mode === 'random') return random.below(balance.active) % balance.active;
  if (balance.mode === 'hash') return folded(flowHash(packet)) % balance.active;
  if (balance.mode === 'hash_ip') return summed(packet, balance.active) % balance.active;
  if (balance.mode === 'hash_agg') return folded(packet.annotationU32(ANNOTATIONS.aggregate.offset)) % balance.active;
  if (balance.mode === 'cst_hash_agg') return balance.ring[folded(packet.annotationU32(ANNOTATIONS.aggregate.offset)) % balance.ring.length]!;
  if (balance.mode === 'pow2') {
    const one = random.below(balance.active) % balance.active;
    const other = random.below(balance.active) % balance.active;
    return loadOf(state, balance, one) > loadOf(state, balance, other) ? other : one;
  }
  let least = 0;
  for (let server = 1; server < balance.count; server += 1) if (loadOf(state, balance, server) < loadOf(state, balance, least)) least = server;
  return least;
}

/** Counts a packet for its server. */
export function trackLoad(packet: Packet, balance: Balance, state: Loads, server: u32): void {
  if (!balance.tracks || server >= balance.count) return;
  if (ipv4.at(packet).protocol === IP_PROTOCOL.tcp && packet.transportLength >= tcp.size) {
    const flags = tcp.at(packet).flags;
    if ((flags & SYN) !== 0) state.connections[server] = (state.connections[server]! + 1) | 0;
    else if ((flags & (FIN | RST)) !== 0) state.connections[server] = (state.connections[server]! - 1) | 0;
  }
  state.packets[server] = Math.min(COUNT_MAX, state.packets[server]! + 1);
  state.bytes[server] = Math.min(COUNT_MAX, state.bytes[server]! + packet.length);
}

/** Says how many servers there are, or outputs in their place, as FastClick does when it reads a configuration. */
export function sayServers({ built, log }: { readonly built: { readonly declaration: string; readonly balance: Balance }; readonly log: Log }): void {
  if (built.declaration.length === 0) return;
  log.text(built.declaration);
  log.text(' has ');
  log.decimal(built.balance.count);
  log.text(' routes');
  log.end();
}

type Balancing = Omit<HandlerContext<any, any, any>, 'state'> & { readonly state: any };

const all = (context: Balancing, column: 'connections' | 'packets' | 'bytes' | 'load'): string =>
  Array.from({ length: (context.built.balance as Balance).count }, (_, server) => String(BigInt.asUintN(64, BigInt(context.state[column][server] as number)))).join(' ');

export const balanceHandlers = {
  load: {
    doc: 'The loads that were written, of all servers or the one with a number; written as SERVER:LOAD, with commas between them.',
    read(context: Balancing, parameter: string) {
      if (parameter.trim() === '') return all(context, 'load');
      return all(context, 'load').split(' ')[parseInt(parameter, 10) || 0] ?? 'unknown';
    },
    write(context: Balancing, value: string) {
      for (const item of value.split(',').filter((text) => text.trim() !== '')) {
        const [server, load] = item.split(':').map((text) => parseInt(text, 10) || 0);
        if (!(server! >= 0 && server! < (context.built.balance as Balance).count)) throw new HandlerError(`Invalid server id ${server}`);
        context.state.load[server!] = load ?? 0;
      }
    },
  },
  nb_active_servers: { doc: 'Servers that are used.', read: ({ built }: Balancing) => String((built.balance as Balance).active) },
  nb_total_servers: { doc: 'Servers.', read: ({ built }: Balancing) => String((built.balance as Balance).count) },
  load_conn: { doc: 'Connections of each server, with LST_MODE conn or where loads are counted.', read: (context: Balancing) => all(context, 'connections') },
  load_packets: { doc: 'Packets of each server, where loads are counted.', read: (context: Balancing) => all(context, 'packets') },
  load_bytes: { doc: 'Bytes of each server, where loads are counted.', read: (context: Balancing) => all(context, 'bytes') },
};
