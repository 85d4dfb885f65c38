/**
 * A socket of the host as the end of a graph: what comes in leaves as packets, and what enters is sent. `Socket(TCP, 0.0.0.0, 80)` waits for a peer,
 * `Socket(UDP, 192.0.2.1, 53, CLIENT true)` goes to one; `Socket(UNIX, /run/x)`, too. Each datagram is a packet; of a stream, each piece of up to SNAPLEN
 * bytes. A server of TCP serves one peer after the other; one of UDP answers whoever was heard last.
 */
import { createSocket } from 'node:dgram';
import { rmSync } from 'node:fs';
import { createConnection, createServer, type Socket as Stream } from 'node:net';
import { bool, defineElement, integer, many, Packet, push, text, type ControlHost, type ControlPart } from 'wirelet';

interface Config {
  readonly type: string;
  readonly address: string;
  readonly port: number;
  readonly client: boolean;
  readonly snaplen: number;
  readonly local_addr: string;
  readonly local_port: number;
  readonly timestamp: boolean;
  readonly nodelay: boolean;
  /** Names of route tables; empty: none. */
  readonly allow: string;
  readonly deny: string;
}

/** Bytes that wait for a peer who reads slowly, at most. */
const BACKLOG_BYTES_MAX = 1 << 22;

interface Line {
  open(receive: (bytes: Uint8Array) => void): Promise<string | undefined>;
  send(bytes: Uint8Array): void;
  close(): void;
}

const failure = (what: string, { code, message }: NodeJS.ErrnoException) => `${what}: ${code === 'EADDRINUSE' ? 'Address already in use' : code === 'ECONNREFUSED' ? 'Connection refused' : message}`;

/** Whether a peer is heard: its address has a route in the table ALLOW, or none in DENY. */
function isWelcome({ type, allow, deny }: Config, host: ControlHost, address: string | undefined): boolean {
  const bare = address?.replace(/^::ffff:/, '');
  if (type === 'UNIX' || bare === undefined || bare.includes(':')) return true;
  const hasRoute = (table: string): boolean => !host.read(`${table}.lookup ${bare}`).startsWith('-1');
  if (allow !== '' && hasRoute(allow)) return true;
  if (deny !== '' && hasRoute(deny)) return false;
  return allow === '';
}

/** A stream: TCP or Unix. */
function streamLine(config: Config, host: ControlHost): Line {
  const { type, address, port, client, nodelay, local_addr: localAddress, local_port: localPort } = config;
  let peer: Stream | undefined;
  const place = type === 'UNIX' ? { path: address } : { host: address, port };
  const server = client ? undefined : createServer();
  function adopt(socket: Stream, receive: (bytes: Uint8Array) => void): void {
    if (!client && !isWelcome(config, host, socket.remoteAddress)) return void socket.destroy();
    peer?.destroy();
    peer = socket;
    if (nodelay) socket.setNoDelay(true);
    socket.on('data', receive);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      if (peer === socket) peer = undefined;
      host.wake();
    });
  }
  return {
    open: (receive) =>
      new Promise((resolve) => {
        if (server === undefined) {
          const bound = type === 'UNIX' || localAddress === '' ? {} : { localAddress, localPort };
          const socket = createConnection({ ...place, ...bound });
          socket.once('error', (error) => resolve(failure('connect', error)));
          socket.once('connect', () => {
            adopt(socket, receive);
            resolve(undefined);
          });
          return;
        }
        server.on('connection', (socket) => adopt(socket, receive));
        server.once('error', (error) => resolve(failure('bind', error)));
        server.listen(place, () => resolve(undefined));
      }),
    send(bytes) {
      if (peer !== undefined && peer.writableLength < BACKLOG_BYTES_MAX) peer.write(bytes);
    },
    close() {
      const listening = server?.listening === true;
      server?.close();
      peer?.destroySoon();
      if (listening && type === 'UNIX') rmSync(address, { force: true });
    },
  };
}

/** Datagrams: UDP. */
function datagramLine(config: Config, host: ControlHost): Line {
  const { address, port, client, local_addr: localAddress, local_port: localPort } = config;
  const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', reuseAddr: true });
  let peer: { address: string; port: number } | undefined = client ? { address, port } : undefined;
  return {
    open: (receive) =>
      new Promise((resolve) => {
        socket.once('error', (error) => resolve(failure('bind', error)));
        socket.on('message', (bytes, from) => {
          if (!isWelcome(config, host, from.address)) return;
        if (!client) peer = { address: from.address, port: from.port };
          receive(bytes);
        });
        const own = client ? { address: localAddress || undefined, port: localPort } : { address, port };
        socket.bind(own.port, own.address, () => {
          socket.on('error', () => undefined);
          resolve(undefined);
        });
      }),
    send(bytes) {
      if (peer !== undefined) socket.send(bytes, peer.port, peer.address);
    },
    close: () => void socket.close(),
  };
}

function socketPart(host: ControlHost<Config>): ControlPart {
  const config = { ...host.config, ...(host.built as { type: string; address: string }) };
  const line = config.type === 'UDP' ? datagramLine(config, host) : streamLine(config, host);
  function receive(bytes: Uint8Array): void {
    if (host.outputs.length === 0) return;
    for (let at = 0; at < bytes.length; at += config.snaplen) {
      const packet = Packet.from(bytes.subarray(at, at + config.snaplen));
      if (config.timestamp) {
        packet.timestampSeconds = Math.floor(host.microseconds / 1e6);
        packet.timestampNanoseconds = (host.microseconds % 1e6) * 1000;
      }
      host.emit(0, packet);
      if (config.type === 'UDP') break;
    }
    host.wake();
  }
  return {
    begin: () => line.open(receive),
    process(packet) {
      line.send(Uint8Array.from(packet.data()));
      return host.verdict(undefined, packet);
    },
    run() {
      const packet = host.inputs.length > 0 ? host.pull(0) : null;
      if (packet === null) return false;
      line.send(Uint8Array.from(packet.data()));
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
    address: text({ default: '', doc: 'The address, or the file of the socket.' }),
    port: integer({ default: 0, max: 65_535, doc: 'The port.' }),
    local_addr: text({ default: '', doc: 'Own address of a client.' }),
    local_port: integer({ default: 0, max: 65_535, doc: 'Own port of a client.' }),
    addr: text({ default: '', keyword: true, doc: 'Another name of ADDRESS.' }),
    filename: text({ default: '', keyword: true, doc: 'Another name of ADDRESS, for UNIX.' }),
    local_filename: text({ default: '', keyword: true, doc: 'Not there: a client of a Unix socket has no name of its own.' }),
    allow: text({ default: '', keyword: true, doc: 'A route table: peers whose address has a route in it are heard, others are not.' }),
    deny: text({ default: '', keyword: true, doc: 'A route table: peers whose address has a route in it are not heard, unless ALLOW has one.' }),
    client: bool({ default: false, keyword: true, doc: 'Whether it goes to the address, rather than wait there.' }),
    snaplen: integer({ default: 2048, min: 1, max: 9216, keyword: true, doc: 'Bytes of a packet, at most.' }),
    timestamp: bool({ default: true, keyword: true, doc: 'Whether packets bear the time at which they came.' }),
    nodelay: bool({ default: true, keyword: true, doc: 'Whether pieces of a stream are sent at once.' }),
    verbose: bool({ default: false, keyword: true, doc: accepted }),
    headroom: integer({ default: 116, max: 116, keyword: true, doc: accepted }),
    rcvbuf: integer({ default: 0, keyword: true, doc: accepted }),
    sndbuf: integer({ default: 0, keyword: true, doc: accepted }),
    proper: bool({ default: false, keyword: true, doc: accepted }),
  },
  ports: { inputs: many('Packets to send.', { max: 1 }), outputs: push(many('What came in.', { max: 1 })) },
  build({ config, elements, fail }) {
    const type = config.type.toUpperCase();
    if (!['TCP', 'UDP', 'UNIX'].includes(type)) fail(`unknown socket type '${config.type}'`);
    const address = config.address || config.addr || config.filename;
    if (address === '') fail(`${type === 'UNIX' ? 'FILENAME' : 'ADDR'}: required argument missing`);
    if (type !== 'UNIX' && config.port === 0) fail('PORT: required argument missing');
    if (config.local_filename !== '') fail('a client of a Unix socket cannot have a name of its own', 'Leave LOCAL_FILENAME away.');
    for (const name of [config.allow, config.deny]) {
      if (name !== '' && !/IPLookup$/.test(elements.named(name)?.className ?? '')) fail(`"${name}" is no IP route table`, 'ALLOW and DENY take the name of a RadixIPLookup or another look-up.');
    }
    return { type, address };
  },
  endsLoops: 'What enters goes to the peer; what leaves comes from it.',
  control: { reason: 'opens a socket of the host', start: socketPart },
});
