/**
 * An end of TCP connections (RFC 9293) for elements that send and receive streams: a server if it has PORT, a client if it has CONNECT.
 *
 * Input 0 takes IPv4 packets with checked TCP headers, output 0 sends such packets, with the other side as destination annotation; with
 * IPV6 both are IPv6 packets, too, as CheckIP6Header let them pass: the segment is checked here. Output 1
 * gives what arrives: packets that are pieces of a stream in order, nothing else in them. Their annotation `aggregate` (at 20) is
 * the number of the connection, from 0 to CONNECTIONS - 1, and their paint says what they are: 0 data, and of packets
 * without data 1 that the connection is open, 2 that the other side sends nothing more, 3 that the connection is no more.
 *
 * Input 1 takes what is to be sent, with the same annotation: packets of data with paint 0, or with paint 1 for the last, after which the
 * connection is closed; a packet with paint 2 resets the connection. A packet is taken whole or, when the buffer of its connection
 * has no room for it, dropped. What comes while a packet leaves by output 1 is sent together with the acknowledgement.
 *
 * A client connects when the graph starts, and again RECONNECT after the connection ended; its connection has no fixed number.
 */
import { checksummed, consumed, defineElement, drop, duration, example, integer, ipv4, tcp, TCP_FLAG, ipv4Address, kept, loadBytes, optional, parsed, parseIpv4, formatIpv4, push, array, register, storeBytes, u16, u32, type Counter, type Packet, type PacketTemplate, type Parsed, type Verdict } from 'wirelet';
import { COUNTERS, DROPS, connectionState, FLAG, initializeConnections, STATUS, type Tcp } from './connection.js';
import { tick } from './due.js';
import { allocate, initialSequence, portsOf, release } from './lifetime.js';
import { parametersOf, TCP_ARGUMENTS } from './parameters.js';
import { segmentArrives } from './segment.js';
import { transmit, writeReset } from './transmit.js';

/** What packets of output 1 and input 1 are, by their paint. */
const EVENT = Object.freeze({ data: 0, opened: 1, finished: 2, ended: 3 });
const COMMAND = Object.freeze({ data: 0, last: 1, reset: 2 });
/** The annotation with the number of the connection. */
const CONNECTION = 20;

interface Endpoint {
  readonly address: number;
  readonly port: number;
}

function readEndpoint(text: string): Parsed<Endpoint> {
  if (text === 'none') return { value: { address: 0, port: 0 } };
  const [address, port, ...rest] = text.replace(/^tcp:/, '').split(':');
  const value = { address: parseIpv4(address ?? '') ?? -1, port: /^\d+$/.test(port ?? '') ? Number(port) : 0 };
  if (value.address < 0 || value.port < 1 || value.port > 65_535 || rest.length > 0) return { error: `expected an address and a port, such as 192.0.2.1:6653, got "${text}"` };
  return { value };
}

/** Besides what all TCP elements have. */
interface Stream extends Tcp {
  readonly built: Tcp['built'] & { readonly buffer: number };
  readonly state: Tcp['state'] & { readonly buffers: { readonly length: number; [index: number]: number } };
  readonly outputs: Tcp['outputs'] & { readonly received: Verdict };
  readonly counters: Tcp['counters'] & { readonly bytes_received: Counter };
}

function fill(tcp: Stream, c: number, packet: Packet, place: u16, sequence: u32, length: u16): void {
  const size = tcp.built.buffer;
  const from = (sequence & (size - 1)) >>> 0;
  const first = Math.min(length, size - from);
  loadBytes(packet, place, tcp.state.buffers, c * size + from, first);
  const rest = length - first;
  if (rest > 0) loadBytes(packet, place + first, tcp.state.buffers, c * size, rest);
}

function deliver(tcp: Stream, c: number, packet: Packet): number {
  packet.setAnnotationU32(CONNECTION, c);
  packet.paint = EVENT.data;
  tcp.counters.bytes_received.add(packet.length);
  tcp.emit(tcp.outputs.received, packet);
  return 0;
}

/** Tells what happened by a packet without data. */
function tell(tcp: Stream, c: number, event: number): void {
  const packet = tcp.packets.ofLength(0);
  if (packet === null) return;
  packet.setAnnotationU32(CONNECTION, c);
  packet.paint = event & 3;
  tcp.emit(tcp.outputs.received, packet);
}

function opened(tcp: Stream, c: number): void {
  tell(tcp, c, EVENT.opened);
}

function finished(tcp: Stream, c: number): void {
  tell(tcp, c, EVENT.finished);
}

function acknowledged(): void {}
function wish(): void {}

function ended(tcp: any, c: number): void {
  if ((tcp.state.flags[c] & FLAG.told) !== 0) tell(tcp, c, EVENT.ended);
  if ((tcp.state.flags[c] & FLAG.active) !== 0) tcp.timers.connect.after(tcp.config.reconnect);
}

const ends = { source: 0x0a00_0002, destination: 0x0a00_0001 };
const segment = (values: Parameters<typeof tcp.make>[0], content?: Uint8Array): PacketTemplate =>
  checksummed(ipv4.make({ ...ends, protocol: 6 }, tcp.make({ source_port: 4000, destination_port: 7, window: 1000, ...values }, content)));
const answer = (values: Parameters<typeof tcp.make>[0]): PacketTemplate => ({
  ...checksummed(ipv4.make({ source: ends.destination, destination: ends.source, protocol: 6, dont_fragment: 1 }, tcp.make({ source_port: 7, destination_port: 4000, ...values }))),
  destinationAddress: ends.source,
});

export default defineElement({
  name: 'TCPEndpoint',
  config: {
    port: integer({ default: 0, min: 0, max: 65_535, keyword: true, doc: 'Port to accept connections on; 0: none.' }),
    address: ipv4Address({ required: false, keyword: true, doc: 'Own address, to connect from.' }),
    connect: parsed<Endpoint>('address and port', { required: false, keyword: true, doc: 'Where to connect to: ADDRESS:PORT, with tcp: in front if you like; or none.' }, readEndpoint, ({ address, port }) => (port === 0 ? 'none' : `${formatIpv4(address)}:${port}`)),
    reconnect: duration({ default: 1e6, keyword: true, doc: 'Time after the end of a connection, or of trying, after which a client tries again.' }),
    connections: integer({ default: 16, min: 1, max: 65_536, keyword: true, doc: 'Connections at once; others are refused.' }),
    buffer: integer({ default: 65_536, min: 2048, max: 2 ** 22, unit: 'bytes', keyword: true, doc: 'What a connection may have sent, or want to send, without acknowledgement; a power of two.' }),
    window: integer({ default: 131_072, min: 2048, max: 2 ** 24, unit: 'bytes', keyword: true, doc: 'What the other side may send without acknowledgement.' }),
    held: integer({ default: 256, min: 4, max: 65_536, keyword: true, doc: 'Packets kept that came out of order, of all connections together.' }),
    ...TCP_ARGUMENTS,
  },
  ports: {
    inputs: { in: push('IPv4 packets with marked headers and checked TCP segments.'), send: push(optional('Pieces of streams to send.')) },
    outputs: { out: push('Segments, as IPv4 packets with a destination annotation.'), received: push('Pieces of streams, and what became of connections.') },
  },
  counters: { ...COUNTERS, bytes_received: 'Bytes of streams that were given on.', bytes_sent: 'Bytes of streams that were taken.' },
  drops: { ...DROPS, no_stream: 'It is to be sent on a connection that is not open.', buffer_full: 'The other side takes less than is to be sent: the buffer has no room.' },
  endsLoops: 'A segment becomes at most one segment without data; data that comes back ends in the buffer of its connection.',
  state: ({ config }) => ({
    ...connectionState(config.connections, config.held, config.ipv6),
    buffers: array('u8', config.connections * config.buffer),
    attempts: register('u32'),
  }),
  build({ config, fail }) {
    if ((config.buffer & (config.buffer - 1)) !== 0) return fail('BUFFER is not a power of two', 'Write 65536, for example.');
    if (config.connections * config.buffer > 2 ** 28) return fail('the buffers of all connections take more than 256 MiB', 'Lower CONNECTIONS or BUFFER.');
    const connects = config.connect !== undefined && config.connect.port !== 0;
    if (connects && config.address === undefined) return fail('it is to connect, but has no address of its own', 'Add ADDRESS.');
    if (!connects && config.port === 0) return fail('it neither accepts connections nor connects', 'Add PORT, or CONNECT and ADDRESS.');
    return { tcp: parametersOf(config, config.connections, config.port, config.window), buffer: config.buffer, connect: config.connect ?? { address: 0, port: 0 }, address: config.address ?? 0, active: connects };
  },
  split: ({ built }) => (built.active ? { never: 'each copy would connect once more' } : 'flows'),
  initialize(context) {
    initializeConnections(context);
    if (context.built.active) context.timers.connect.after(0);
  },
  process(packet, context) {
    if (context.port === 0) return segmentArrives(packet, context, fill, deliver, finished, opened, acknowledged, ended);
    const { state, built, counters } = context;
    const c = packet.annotationU32(CONNECTION);
    if (c >= built.tcp.connections) return drop('no_stream');
    const status = state.status[c]!;
    if (status < STATUS.established) return drop('no_stream');
    if (packet.paint === COMMAND.reset) {
      state.flags[c] = state.flags[c]! & ~FLAG.told & 0xffff;
      ended(context, c);
      writeReset(packet, context, c);
      release(context, c);
      return context.outputs.out;
    }
    if ((state.flags[c]! & FLAG.closing) !== 0) return drop('no_stream');
    const end = state.snd_end[c]!;
    const length = packet.length;
    const used = u32(end - state.snd_una[c]!);
    if (used + length > built.buffer) return drop('buffer_full');
    const from = (end & (built.buffer - 1)) >>> 0;
    const first = Math.min(length, built.buffer - from);
    storeBytes(state.buffers, c * built.buffer + from, packet, 0, first);
    const rest = length - first;
    if (rest > 0) storeBytes(state.buffers, c * built.buffer, packet, first, rest);
    state.snd_end[c] = u32(end + length);
    counters.bytes_sent.add(length);
    if (packet.paint === COMMAND.last) state.flags[c] = state.flags[c]! | FLAG.closing;
    context.emit(consumed, packet);
    transmit(context, c, fill);
    return kept;
  },
  timers: {
    tick: (context) => tick(context, fill, ended, wish),
    connect(context) {
      const { state, built, config, random, timers } = context;
      const ports = portsOf(49_152 + random.below(16_384), u16(built.connect.port));
      const { address } = built;
      let c = -1;
      if (state.by_address.find(built.connect.address, address, ports) < 0) c = allocate(context, built.connect.address, address, ports, initialSequence(context, built.connect.address, address, ports));
      state.attempts = Math.min(state.attempts + 1, 0xffff_ffff);
      if (c < 0) return timers.connect.after(config.reconnect);
      state.status[c] = STATUS.syn_sent;
      state.flags[c] = FLAG.active;
      transmit(context, c, fill);
    },
  },
  examples: [
    example('refuses connections to a port that nobody listens on', segment({ destination_port: 9, sequence: 99, flags: TCP_FLAG.syn }), { out: answer({ source_port: 9, acknowledgement: 100, flags: TCP_FLAG.rst | TCP_FLAG.ack }) }, { config: 'PORT 7', counters: { connections_refused: 1 } }),
    example('says that it knows of no connection', segment({ sequence: 5, acknowledgement: 77, flags: TCP_FLAG.ack }, Uint8Array.of(1, 2)), { out: answer({ sequence: 77, flags: TCP_FLAG.rst }) }, { config: 'PORT 7' }),
    example('refuses silently if it is to', segment({ destination_port: 9, flags: TCP_FLAG.syn }), { drop: 'not_listening' }, { config: 'PORT 7, REFUSE false', counters: { connections_refused: 1 } }),
    example('does not answer resets', segment({ flags: TCP_FLAG.rst }), { drop: 'no_connection' }, { config: 'PORT 7' }),
    example('drops options that do not fit', segment({ data_offset: 6, flags: TCP_FLAG.syn }, Uint8Array.of(2, 9, 0, 0)), { drop: 'bad_options' }, { config: 'PORT 7' }),
    example('drops what is not TCP', ipv4.make({ ...ends, protocol: 17 }, new Uint8Array(20)), { drop: 'not_tcp' }, { config: 'PORT 7' }),
    example('does not answer what nobody sent', segment({ source_port: 0, flags: TCP_FLAG.syn }), { drop: 'bad_source' }, { config: 'PORT 7' }),
    example('sends nothing without a connection', Uint8Array.of(1, 2, 3), { drop: 'no_stream' }, { config: 'PORT 7', input: 'send' }),
  ],
});
