/**
 * A socket of the host as the end of a graph: what comes in leaves as packets, and what enters is sent. `Socket(TCP, 0.0.0.0, 80)` waits for a peer,
 * `Socket(UDP, 192.0.2.1, 53, CLIENT true)` goes to one; `Socket(UNIX, /run/x)`, too. Each datagram is a packet; of a stream, each piece of up to SNAPLEN
 * bytes. A server of TCP serves one peer after the other: who comes meanwhile waits. One of UDP answers whoever was heard last. Without outputs, or with an address
 * of its own, it is a client; one of UDP to 0.0.0.0 sends each packet to its destination annotation.
 */
import { createSocket } from 'node:dgram';
import { rmSync } from 'node:fs';
import { createConnection, createServer, type Socket as Stream } from 'node:net';
import { ANNOTATIONS, bool, defineElement, formatIpv4, integer, many, Packet, portComplaint, push, readPort, systemMessage, text, type ControlHost, type ControlPart } from 'wirelet';
import { descriptorOf } from '../control/socket/descriptor.js';

interface Config {
  readonly snaplen: number;
  readonly local_addr: string;
  readonly verbose: boolean;
  readonly timestamp: boolean;
  readonly nodelay: boolean;
  /** Names of route tables; empty: none. */
  readonly allow: string;
  readonly deny: string;
}

/** What is made of the arguments. */
interface Ends {
  readonly type: string;
  readonly address: string;
  readonly port: number;
  readonly localPort: number;
  readonly client: boolean;
}

type Wishes = Config & Ends;

/** Bytes that wait for a peer who reads slowly, at most. */
const BACKLOG_BYTES_MAX = 1 << 22;
/** Peers that wait until the one before is through, at most. */
const PEERS_MAX = 64;
const ANYWHERE = '0.0.0.0';

interface Line {
  open(receive: (bytes: Uint8Array) => void): Promise<string | undefined>;
  send(packet: Packet): void;
  close(): void;
}

const failure = (what: string, error: NodeJS.ErrnoException) => `${what}: ${systemMessage(error)}`;

/** An address of IPv4 without what Node puts before it. */
const plain = (address = '') => address.replace(/^::ffff:/, '');

/** Whether a peer is heard: unless its address has a route in the table DENY, and none in ALLOW. */
function isWelcome({ type, client, allow, deny }: Wishes, host: ControlHost, address: string | undefined): boolean {
  const bare = plain(address);
  if (client || type === 'UNIX' || bare === '' || bare.includes(':')) return true;
  const hasRoute = (table: string): boolean => !host.read(`${table}.lookup ${bare}`).startsWith('-1');
  if (allow !== '' && hasRoute(allow)) return true;
  return deny === '' || !hasRoute(deny);
}

/** A stream: TCP or Unix. */
function streamLine(config: Wishes, host: ControlHost): Line {
  const { type, address, port, client, nodelay, local_addr: localAddress, localPort } = config;
  const place = type === 'UNIX' ? { path: address } : { host: address, port };
  const server = client ? undefined : createServer({ pauseOnConnect: true });
  const waiting: Stream[] = [];
  let peer: Stream | undefined;
  let listener = -1;
  const tell = (text: string) => {
    if (config.verbose) host.message(`${host.name} :: ${host.className}: ${text}`);
  };
  function adopt(socket: Stream, receive: (bytes: Uint8Array) => void): void {
    peer = socket;
    const number = descriptorOf(socket);
    if (nodelay) socket.setNoDelay(true);
    socket.on('data', receive);
    socket.on('error', (error) => {
      tell(systemMessage(error));
      socket.destroy();
    });
    socket.on('close', () => {
      tell(`closed connection ${number}`);
      peer = undefined;
      host.wake();
      const next = waiting.shift();
      if (next !== undefined) welcome(next, receive);
    });
  }
  /** The peer that waits longest. */
  function welcome(socket: Stream, receive: (bytes: Uint8Array) => void): void {
    const number = descriptorOf(socket);
    const from = type === 'UNIX' ? '' : `${plain(socket.remoteAddress)}:${socket.remotePort ?? 0}`;
    if (!isWelcome(config, host, socket.remoteAddress)) {
      tell(`denied connection ${number} from ${from}`);
      socket.destroy();
      const next = waiting.shift();
      if (next !== undefined) welcome(next, receive);
      return;
    }
    tell(`opened connection ${number} from ${from}`);
    adopt(socket, receive);
    socket.resume();
  }
  return {
    open: (receive) =>
      new Promise((resolve) => {
        if (server === undefined) {
          const bound = type === 'UNIX' || (localAddress === '' && localPort === 0) ? {} : { localAddress: localAddress || ANYWHERE, localPort };
          const socket = createConnection({ ...place, ...bound });
          const failed = (error: Error) => resolve(failure('connect', error));
          socket.once('error', failed);
          socket.once('connect', () => {
            socket.removeListener('error', failed);
            // Click tells address and port of a Unix socket, too, which has none.
            tell(`opened connection ${descriptorOf(socket)} to ${type === 'UNIX' ? address : `${plain(socket.remoteAddress)}:${port}`}`);
            adopt(socket, receive);
            resolve(undefined);
          });
          return;
        }
        server.on('connection', (socket) => {
          if (peer === undefined) welcome(socket, receive);
          else if (waiting.length < PEERS_MAX) waiting.push(socket);
          else socket.destroy();
        });
        server.once('error', (error) => resolve(failure('bind', error)));
        server.listen(place, () => {
          listener = descriptorOf(server);
          tell(`listening for connections on ${type === 'UNIX' ? address : `${address}:${port}`} (${listener})`);
          resolve(undefined);
        });
      }),
    send(packet) {
      if (peer !== undefined && peer.writableLength < BACKLOG_BYTES_MAX) peer.write(Uint8Array.from(packet.data()));
    },
    close() {
      const listening = server?.listening === true;
      server?.close();
      for (const socket of waiting.splice(0)) socket.destroy();
      peer?.destroySoon();
      if (listening && type === 'UNIX') rmSync(address, { force: true });
    },
  };
}

/** Datagrams: UDP. */
function datagramLine(config: Wishes, host: ControlHost): Line {
  const { address, port, client, verbose, local_addr: localAddress, localPort } = config;
  const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', reuseAddr: true });
  let peer: { address: string; port: number } | undefined = client ? { address, port } : undefined;
  return {
    open: (receive) =>
      new Promise((resolve) => {
        socket.once('error', (error) => resolve(failure('bind', error)));
        socket.on('message', (bytes, from) => {
          if (!isWelcome(config, host, from.address)) {
            if (verbose) host.message(`${host.name} :: ${host.className}: dropped datagram from ${from.address}:${from.port}`);
            return;
          }
          if (!client) peer = { address: from.address, port: from.port };
          receive(bytes);
        });
        const own = client ? { address: localAddress || undefined, port: localPort } : { address, port };
        socket.bind(own.port, own.address, () => {
          socket.on('error', () => undefined);
          resolve(undefined);
        });
      }),
    send(packet) {
      if (peer === undefined) return;
      const to = client && peer.address === ANYWHERE ? formatIpv4(packet.annotationU32(ANNOTATIONS.destination_address.offset)) : peer.address;
      socket.send(Uint8Array.from(packet.data()), peer.port, to);
    },
    close: () => void socket.close(),
  };
}

function socketPart(host: ControlHost<Config>): ControlPart {
  const config: Wishes = { ...host.config, ...(host.built as Ends) };
  const line = config.type === 'UDP' ? datagramLine(config, host) : streamLine(config, host);
  function receive(bytes: Uint8Array): void {
    if (host.outputs.length === 0) return;
    for (let at = 0; at < bytes.length; at += config.snaplen) {
      const packet = Packet.from(bytes.subarray(at, at + config.snaplen));
      if (config.timestamp) {
        packet.timestampSeconds = Math.floor(host.microseconds / 1e6);
        packet.timestampNanoseconds = (host.microseconds % 1e6) * 1000;
      }
      if (config.type === 'UDP') packet.setAnnotationU32(ANNOTATIONS.extra_length.offset, Math.max(0, bytes.length - config.snaplen));
      host.emit(0, packet);
      if (config.type === 'UDP') break;
    }
    host.wake();
  }
  return {
    begin: () => line.open(receive),
    process(packet) {
      line.send(packet);
      return host.verdict(undefined, packet);
    },
    run() {
      const packet = host.inputs.length > 0 ? host.pull(0) : null;
      if (packet === null) return false;
      line.send(packet);
      return true;
    },
    close: () => line.close(),
  };
}

const accepted = 'Accepted for compatibility.';

export default defineElement({
  name: 'Socket',
  config: {
    type: text({ doc: 'TCP, UDP or UNIX.' }),
    address: { ...text({ default: '', doc: 'The address, or the file of the socket.' }), behindKeywords: true },
    port: text({ default: '', doc: 'The port.' }),
    local_addr: text({ default: '', doc: 'Own address of a client.' }),
    local_port: text({ default: '', doc: 'Own port of a client.' }),
    addr: text({ default: '', keyword: true, doc: 'Another name of ADDRESS.' }),
    filename: text({ default: '', keyword: true, doc: 'Another name of ADDRESS, for UNIX.' }),
    local_filename: text({ default: '', keyword: true, doc: 'Not there: a client of a Unix socket has no name of its own.' }),
    allow: text({ default: '', keyword: true, doc: 'A route table: peers whose address has a route in it are heard, whatever DENY says.' }),
    deny: text({ default: '', keyword: true, doc: 'A route table: peers whose address has a route in it are not heard, unless ALLOW has one.' }),
    client: bool({ required: false, keyword: true, doc: 'Whether it goes to the address, rather than wait there; default: without outputs, or with an address of its own.' }),
    snaplen: integer({ default: 2048, min: 1, max: 9216, keyword: true, doc: 'Bytes of a packet, at most.' }),
    timestamp: bool({ default: true, keyword: true, doc: 'Whether packets bear the time at which they came.' }),
    nodelay: bool({ default: true, keyword: true, doc: 'Whether pieces of a stream are sent at once.' }),
    verbose: bool({ default: false, keyword: true, doc: 'Whether connections are reported, and datagrams that DENY keeps out.' }),
    headroom: integer({ default: 116, max: 116, keyword: true, doc: accepted }),
    rcvbuf: integer({ default: 0, keyword: true, doc: accepted }),
    sndbuf: integer({ default: 0, keyword: true, doc: accepted }),
    proper: bool({ default: false, keyword: true, doc: accepted }),
  },
  ports: { inputs: many('Packets to send.', { max: 1 }), outputs: push(many('What came in.', { max: 1 })) },
  build({ config, elements, outputs, scope, fail }) {
    const type = config.type.toUpperCase();
    if (!['TCP', 'UDP', 'UNIX'].includes(type)) fail(`unknown socket type "${config.type}"`, 'It is TCP, UDP or UNIX.', `unknown socket type \`${type}'`);
    const address = config.address || config.addr || config.filename;
    if (address === '') fail(`${type === 'UNIX' ? 'FILENAME' : 'ADDR'}: required argument missing`);
    const port = (name: string, given: string): number => {
      if (given === '' || type === 'UNIX') return 0;
      return readPort(given, scope, type === 'TCP' ? 'tcp' : 'udp') ?? fail(`"${given}" is no port`, undefined, `${name}: ${portComplaint(given)}`);
    };
    if (type !== 'UNIX' && config.port === '') fail('PORT: required argument missing');
    if (config.local_filename !== '') fail('a client of a Unix socket cannot have a name of its own', 'Leave LOCAL_FILENAME away.');
    for (const name of [config.allow, config.deny]) {
      if (name !== '' && !/IPLookup$/.test(elements.named(name)?.className ?? '')) fail(`"${name}" is no IP route table`, 'ALLOW and DENY take the name of a RadixIPLookup or another look-up.');
    }
    const local = config.local_addr !== '' || config.local_port !== '';
    return { type, address, port: port('PORT', config.port), localPort: port('LOCAL_PORT', config.local_port), client: config.client ?? (outputs.length === 0 || local) };
  },
  endsLoops: 'What enters goes to the peer; what leaves comes from it.',
  control: { reason: 'opens a socket of the host', start: socketPart },
});
