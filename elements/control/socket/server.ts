/** Listens for the clients of a ControlSocket. */
import { rmSync } from 'node:fs';
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
  const server = createServer((socket) => converse(socket));
  server.maxConnections = CLIENTS_MAX;
  let retry: NodeJS.Timeout | undefined;
  const place = host.built as { path?: string; port?: number; host?: string; several?: boolean; fd?: number };

  function converse(socket: Socket): void {
    const conversation = new Conversation({ host, readOnly: host.config.readonly, proxy: host.config.proxy ?? '' });
    sockets.add(socket);
    if (host.config.verbose) host.message(`${host.name}: opened connection`);
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
    // A client that goes without a word is no error of ours.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      if (host.config.verbose) host.message(`${host.name}: closed connection`);
    });
  }

  /** Undefined when it listens; else why not. */
  async function listen(triesLeft: number): Promise<string | undefined> {
    if (place.fd !== undefined) {
      converse(new Socket({ fd: place.fd }));
      return undefined;
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
      port: { read: () => (place.path === undefined ? String((server.address() as AddressInfo | null)?.port ?? place.port) : '') },
      filename: { read: () => place.path ?? '' },
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

/** Undefined when it listens; else why not. */
export function tryToListen(server: Server, place: { path?: string; port?: number; host?: string }): Promise<string | undefined> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException) => resolve(`bind: ${error.code === 'EADDRINUSE' ? 'Address already in use' : (error.code ?? error.message)}`);
    server.once('error', failed);
    server.listen(place, () => {
      server.removeListener('error', failed);
      resolve(undefined);
    });
  });
}
