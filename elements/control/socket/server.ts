/** Listens for the clients of a ControlSocket. */
import { createServer, Socket, type AddressInfo, type Server } from 'node:net';
import type { ControlHost, ControlPart } from 'wirelet';
import { descriptorOf } from './descriptor.js';
import { Listening, type Place, type RetryConfig } from './listen.js';
import { Conversation } from './protocol.js';

/** Clients at the same time, at most. */
const CLIENTS_MAX = 64;

interface ServerConfig extends RetryConfig {
  readonly readonly: boolean;
  readonly verbose: boolean;
  readonly proxy: string;
}

/** What one router's control socket leaves to that of the next. */
interface Kept {
  readonly place: Place & { readonly fd?: number };
  readonly server: Server;
  readonly conversations: ReadonlyMap<Socket, Conversation>;
}

export function startServer(host: ControlHost<ServerConfig>): ControlPart {
  const conversations = new Map<Socket, Conversation>();
  const place = host.built as Kept['place'];
  const kept = inheritedBy(host, place);
  const server = kept?.server ?? createServer({ allowHalfOpen: true });
  const listening = new Listening(server, place, host);
  const options = { host, readOnly: host.config.readonly, proxy: host.config.proxy ?? '' };
  server.removeAllListeners('connection').on('connection', greet);
  server.maxConnections = CLIENTS_MAX;
  let isHandedOver = false;

  function greet(socket: Socket): void {
    const from = place.port === undefined ? '' : ` from ${(socket.remoteAddress ?? '').replace(/^::ffff:/, '')}.${socket.remotePort ?? 0}`;
    if (host.config.verbose && place.fd === undefined) host.message(`${host.name} :: ${host.className}: opened connection ${descriptorOf(socket)}${from}`);
    converse(socket, new Conversation(options));
  }

  function converse(socket: Socket, conversation: Conversation): void {
    conversations.set(socket, conversation);
    const number = descriptorOf(socket);
    const answer = () => {
      socket.write(conversation.take());
      if (conversation.closed) socket.end();
    };
    answer();
    conversation.answered = answer;
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
      conversations.delete(socket);
      if (host.config.verbose) host.message(`${host.name} :: ${host.className}: closed connection ${number}`);
    });
  }

  /** Goes on with the clients of the router before. */
  function takeOver({ conversations: before }: Kept): undefined {
    for (const [socket, conversation] of before) {
      conversation.turnTo(options);
      converse(socket, conversation);
    }
  }

  /** Undefined when the connection that it was given is there; else why not. */
  function adopt(fd: number): string | undefined {
    try {
      greet(new Socket({ fd }));
      return undefined;
    } catch {
      return `${fd}: Bad file descriptor`;
    }
  }

  return {
    handlers: {
      ...(place.port !== undefined && { port: { read: () => String((server.address() as AddressInfo | null)?.port ?? place.port) } }),
      ...(place.path !== undefined && { filename: { read: () => place.path! } }),
    },
    begin: () => (kept !== undefined ? takeOver(kept) : place.fd === undefined ? listening.begin() : adopt(place.fd)),
    handOver() {
      isHandedOver = true;
      for (const socket of conversations.keys()) for (const event of ['data', 'end', 'error', 'close']) socket.removeAllListeners(event);
      return { place, server, conversations } satisfies Kept;
    },
    close() {
      if (isHandedOver) return listening.giveUp();
      listening.close();
      for (const socket of conversations.keys()) socket.destroySoon();
    },
  };
}

/** What the router before left, if it is for the same place; else it is closed. */
function inheritedBy({ inherited }: ControlHost, place: Kept['place']): Kept | undefined {
  const kept = inherited as Kept | undefined;
  if (kept === undefined) return undefined;
  const isSame = kept.place.path === place.path && kept.place.fd === place.fd && (kept.place.port === place.port || (place.several === true && kept.place.port !== undefined));
  if (isSame && (kept.server.listening || place.fd !== undefined)) return kept;
  kept.server.close();
  for (const socket of kept.conversations.keys()) socket.destroy();
  return undefined;
}
