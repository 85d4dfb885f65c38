/**
 * Sends what the router prints to everyone who connects to a TCP port or Unix socket: `ChatterSocket(tcp, 7778)`, `ChatterSocket(unix, /run/chatter)`. Whoever
 * connects is greeted with `Click::ChatterSocket/1.0`; without LOCALHOST a TCP port takes connections from everywhere, as Click's does.
 */
import { createServer, type Socket } from 'node:net';
import { bool, defineElement, integer, portComplaint, readPort, text, type ControlHost, type ControlPart } from 'wirelet';
import { Listening, type Place, type RetryConfig } from './socket/listen.js';

const CLIENTS_MAX = 64;
/** A client that has so much waiting is too slow, and is let go. */
const BACKLOG_BYTES_MAX = 1 << 20;

interface Config extends RetryConfig {
  readonly greeting: boolean;
  readonly channel: string;
  readonly quiet_channel: boolean;
}

function chat(host: ControlHost<Config>): ControlPart {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    if (host.config.greeting) socket.write('Click::ChatterSocket/1.0\r\n');
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    socket.resume();
  });
  const listening = new Listening(server, host.built as Place, host);
  server.maxConnections = CLIENTS_MAX;
  host.onMessage((line) => {
    for (const socket of sockets) {
      if (socket.writableLength > BACKLOG_BYTES_MAX) socket.destroy();
      else socket.write(`${line}\n`);
    }
  }, host.config.channel, { loud: !host.config.quiet_channel });
  return {
    begin: () => listening.begin(),
    close() {
      listening.close();
      for (const socket of sockets) socket.destroySoon();
    },
  };
}

export default defineElement({
  name: 'ChatterSocket',
  config: {
    type: text({ doc: 'tcp or unix.' }),
    address: { ...text({ required: false, doc: 'The port, or the file of the socket.' }), behindKeywords: true },
    port: text({ required: false, keyword: true, doc: 'Another name of the address of tcp.' }),
    filename: text({ required: false, keyword: true, doc: 'Another name of the address of unix.' }),
    channel: text({ default: '', keyword: true, doc: 'The channel whose lines are sent: that of elements whose CHANNEL it is; default: what is printed.' }),
    quiet_channel: bool({ default: true, keyword: true, doc: 'Whether lines to CHANNEL are not printed besides.' }),
    greeting: bool({ default: true, keyword: true, doc: 'Whether clients are greeted.' }),
    localhost: bool({ default: false, keyword: true, doc: 'Whether only this host may connect.' }),
    retries: integer({ default: 0, max: 1_000_000, keyword: true, doc: 'Tries to open the socket, one a second, besides the first.' }),
    retry_warnings: bool({ default: true, keyword: true, doc: 'Whether tries that fail are reported.' }),
  },
  ports: {},
  build({ config, scope, fail }) {
    const type = config.type.toUpperCase();
    if (type !== 'TCP' && type !== 'UNIX') return fail(`unknown socket type \`${type}'`);
    const address = config.address ?? (type === 'TCP' ? config.port : config.filename);
    if (address === undefined) return fail(`${type === 'TCP' ? 'PORT' : 'FILENAME'}: required argument missing`);
    if (type === 'UNIX') return Buffer.byteLength(address) > 107 ? fail('filename too long') : { path: address };
    const port = readPort(address, scope, 'tcp');
    if (port === undefined) return fail(`"${address}" is no TCP port`, undefined, `PORT: ${portComplaint(address)}`);
    return { port, host: config.localhost ? '127.0.0.1' : '0.0.0.0' };
  },
  control: { reason: 'listens on a socket of the host', start: chat },
});
