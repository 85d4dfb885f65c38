/**
 * One end of a TCP connection that asks for it: the handler `ctrl` takes `connect SRC SPORT DST DPORT`, which sends a SYN by the third output, or `listen SRC SPORT`. What
 * the TCPDemux in front lets pass goes from the first input to the first output; a SYN with ACK there opens the connection. From then on, packets that are pulled get the
 * connection's addresses, ports and sequence numbers. Checksums are for others to set: SetIPChecksum, SetTCPChecksum.
 *
 * It is a beginning, as in Click: it does not answer who asks a listening end, sends nothing again, and ends a connection by the handler `reset` alone.
 */
import { consumed, defineElement, example, flag, HandlerError, ipv4, parseIpv4, portComplaint, pull, push, readPort, register, splitWords, tcp, TCP_FLAG, u32, type HandlerContext, type Packet, type u16 } from 'wirelet';
import { sequenceLength } from './sequence-length.js';

const TTL = 255;
const TOS = 0x10;
const WINDOW = 32_120;

const segment = ipv4.make({ protocol: 6 }, tcp.make({}));

type Connection = HandlerContext<any, string, any>;

/** The cell of the connection's flow, as its TCPDemux remembers it; -1: it does not. */
function cellOf({ peers }: Connection, source: number, sport: number, destination: number, dport: number): number {
  const flows = peers[0]!.state;
  return Array.from<number>(flows.used).findIndex((used, index) => used === 1 && flows.source[index] === source && flows.sport[index] === sport && flows.destination[index] === destination && flows.dport[index] === dport);
}

function open(element: Connection, source: number, sport: number, destination: number, dport: number): boolean {
  const { state, peers } = element;
  const flows = peers[0]!.state;
  const free = Array.from<number>(flows.used).indexOf(0);
  if (free < 0 || cellOf(element, source, sport, destination, dport) >= 0) return false;
  flows.source[free] = source;
  flows.sport[free] = sport;
  flows.destination[free] = destination;
  flows.dport[free] = dport;
  flows.used[free] = 1;
  Object.assign(state, { active: true, established: false, source, sport, destination, dport });
  return true;
}

function close(element: Connection): void {
  const state = element.state as unknown as { active: boolean; source: number; sport: number; destination: number; dport: number };
  if (!state.active) return;
  const cell = cellOf(element, state.source, state.sport, state.destination, state.dport);
  if (cell >= 0) element.peers[0]!.state.used[cell] = 0;
  state.active = false;
}

/** Reads `ACTION SRC SPORT [DST DPORT]` and does it. */
function control(element: Connection, value: string): void {
  const { state, scope, timers } = element;
  if (state.active) throw new HandlerError('TCPConn already active');
  const [action, source, sport, destination = '', dport = '0', ...more] = splitWords(value);
  const missing = [['ACTION', action], ['SRC', source], ['SPORT', sport]].flatMap(([name, word]) => (word === undefined ? [`${name}: required argument missing`] : []));
  const wrong = [['SPORT', sport], ['DPORT', dport]].flatMap(([name, word]) => (word !== undefined && readPort(word, scope, 'tcp') === undefined ? [`${name}: ${portComplaint(word)}`] : []));
  const complaints = [...missing, ...wrong, ...(more.length > 0 ? ['too many arguments'] : [])];
  if (complaints.length > 0) throw new HandlerError(complaints.join('\n'));
  // What is no address is 0.0.0.0.
  const addresses = [source!, destination].map((word) => parseIpv4(word) ?? 0);
  const ports = [sport!, dport].map((word) => readPort(word, scope, 'tcp')!);
  if (action === 'connect') {
    if (!open(element, addresses[0]!, ports[0]!, addresses[1]!, ports[1]!)) throw new HandlerError('cannot connect');
    state.listening = false;
    timers['ask']!.after(0);
  } else if (action === 'listen') {
    if (!open(element, addresses[0]!, ports[0]!, 0, 0)) throw new HandlerError('cannot listen');
    state.listening = true;
  } else {
    throw new HandlerError('action must be connect or listen');
  }
}
interface Sending {
  readonly state: { readonly source: u32; readonly destination: u32; readonly sport: u16; readonly dport: u16; readonly next: u32 };
}

/** Gives a segment its addresses, ports and number. */
function address(packet: Packet, { state }: Sending): void {
  const header = ipv4.at(packet);
  header.source = state.source;
  header.destination = state.destination;
  const segment = tcp.at(packet);
  segment.source_port = state.sport;
  segment.destination_port = state.dport;
  segment.sequence = state.next;
}

export default defineElement({
  name: 'TCPConn',
  ports: {
    inputs: { in: push('Segments from the other end, with marked headers.'), send: pull('Segments to send.') },
    outputs: { in: push('The segments from the other end.'), send: pull('The segments to send, with addresses, ports and numbers.'), control: push('Requests for a connection.') },
  },
  counters: { ended: 'Segments that came to a listening end, where they end.' },
  nearPeer: { className: 'TCPDemux', upstream: true },
  split: { never: 'it has one connection' },
  state: {
    active: flag(), listening: flag(), established: flag(),
    source: register('u32'), sport: register('u16'), destination: register('u32'), dport: register('u16'),
    next: register('u32'),
  },
  build: () => ({ request: ipv4.make({ protocol: 6, ttl: TTL, tos: TOS, dont_fragment: 1, identification: 0, source: 0, destination: 0, checksum: 0 }, tcp.make({ flags: TCP_FLAG.syn, window: WINDOW })).bytes }),
  process(packet, { state, counters, outputs }) {
    if (state.listening) {
      counters.ended.add(1);
      return consumed;
    }
    if ((tcp.at(packet).flags & (TCP_FLAG.syn | TCP_FLAG.ack)) === (TCP_FLAG.syn | TCP_FLAG.ack)) {
      state.established = true;
      state.next = u32(state.next + 1);
    }
    return outputs.in;
  },
  pull(context): Packet | null {
    const { state, inputs } = context;
    if (!state.active || state.listening || !state.established) return null;
    const packet = inputs.send.pull();
    if (packet === null) return null;
    address(packet, context);
    state.next = u32(state.next + sequenceLength(packet));
    return packet;
  },
  timers: {
    ask(context) {
      const { built, state, random, packets, outputs, emit } = context;
      if (!state.active || state.listening) return;
      state.next = random.u32();
      const packet = packets.copyOf(built.request);
      if (packet === null) return;
      packet.markNetworkHeader(0);
      packet.markTransportHeader(ipv4.size);
      address(packet, context);
      emit(outputs.control, packet);
    },
  },
  handlers: {
    ctrl: { doc: 'Opens it: `connect SRC SPORT DST DPORT` or `listen SRC SPORT`.', write: control },
    reset: { doc: 'Ends the connection.', write: close },
  },
  examples: [example('passes nothing before it was told to open', segment, {}, { before: 'TCPDemux' })],
});
