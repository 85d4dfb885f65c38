/** Listens for the clients of a ControlSocket. */
import { rmSync, statSync } from 'node:fs';
import { createServer, Socket, type AddressInfo, type Server } from 'node:net';
import type { ControlHost, ControlPart } from 'wirelet';
import { Conversation } from './protocol.js';

/** Clients at the same time, at most. */
const CLIENTS_MAX = 64;
const RETRY_MS = 1000;
/** Ports that are tried where the next one will do. */
const PORTS_TRIED = 100;

interface ServerConfig {
  readonly readonly: boolean;
  readonly verbose: boolean;
  readonly retries: number;
  readonly retry_warnings: boolean;
  readonly proxy: string;
}

export function startServer(host: ControlHost<ServerConfig>): ControlPart {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => converse(socket));
  server.maxConnections = CLIENTS_MAX;
  let retry: NodeJS.Timeout | undefined;
  const place = host.built as { path?: string; port?: number; host?: string; several?: boolean; fd?: number };

  function converse(socket: Socket): void {
    const conversation = new Conversation({ host, readOnly: host.config.readonly, proxy: host.config.proxy ?? '' });
    sockets.add(socket);
    const number = descriptorOf(socket);
    const from = place.port === undefined ? '' : ` from ${(socket.remoteAddress ?? '').replace(/^::ffff:/, '')}.${socket.remotePort ?? 0}`;
    if (host.config.verbose && place.fd === undefined) host.message(`${host.name} :: ${host.className}: opened connection ${number}${from}`);
    const answer = () => {
      socket.write(conversation.take());
      if (conversation.closed) socket.end();
    };
    answer();
    socket.on('data', (bytes) => {
      if (conversation.closed) return;
      conversation.receive(bytes);
      answer();
      host.wake();
    });
    socket.on('end', () => {
      conversation.end();
      answer();
    });
    // A client that goes without a word is no error of ours.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      if (host.config.verbose) host.message(`${host.name} :: ${host.className}: closed connection ${number}`);
    });
  }

  /** Undefined when it listens; else why not. */
  async function listen(triesLeft: number): Promise<string | undefined> {
    if (place.fd !== undefined) {
      try {
        converse(new Socket({ fd: place.fd }));
        return undefined;
      } catch {
        return `${place.fd}: Bad file descriptor`;
      }
    }
    let problem = await tryToListen(server, place);
    for (let next = 1; next < PORTS_TRIED && problem !== undefined && place.several === true; next += 1) problem = await tryToListen(server, { ...place, port: place.port! + next });
    if (problem === undefined || triesLeft === 0) return problem;
    if (host.config.retry_warnings) host.message(`warning: ${problem} (${triesLeft} ${triesLeft === 1 ? 'try' : 'tries'} left)`);
    retry = setTimeout(() => {
      void listen(triesLeft - 1).then((final) => {
        if (final === undefined) return;
        host.error(final);
        host.adjustRunCount(-1);
      });
    }, RETRY_MS);
    return undefined;
  }

  return {
    handlers: {
      ...(place.port !== undefined && { port: { read: () => String((server.address() as AddressInfo | null)?.port ?? place.port) } }),
      ...(place.path !== undefined && { filename: { read: () => place.path! } }),
    },
    begin: () => listen(host.config.retries),
    close() {
      clearTimeout(retry);
      const listening = server.listening;
      server.close();
      for (const socket of sockets) socket.destroySoon();
      if (listening && place.path !== undefined) rmSync(place.path, { force: true });
    },
  };
}

/** The number of a connection's descriptor; Node keeps it in what it calls its handle. */
function descriptorOf(socket: Socket): number {
  return (socket as unknown as { _handle?: { fd?: number } })._handle?.fd ?? -1;
}

/** Undefined when it listens; else why not. A Unix socket that is left from before gives way. */
export function tryToListen(server: Server, place: { path?: string; port?: number; host?: string }): Promise<string | undefined> {
  if (place.path !== undefined && statSync(place.path, { throwIfNoEntry: false })?.isSocket() === true) rmSync(place.path);
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException) => resolve(`bind: ${error.code === 'EADDRINUSE' ? 'Address already in use' : (error.code ?? error.message)}`);
    server.once('error', failed);
    server.listen(place, () => {
      server.removeListener('error', failed);
      resolve(undefined);
    });
  });
}
