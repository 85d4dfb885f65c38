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

/** What the control socket of one router can leave to that of the next. */
interface Offer {
  readonly place: Place & { readonly fd?: number };
  readonly server: Server;
  /** Leaves the server and its clients. */
  take(): ReadonlyMap<Socket, Conversation>;
}

export function startServer(host: ControlHost<ServerConfig>): ControlPart {
  const conversations = new Map<Socket, Conversation>();
  const place = host.built as Offer['place'];
  const accepted = acceptable(host.offered as Offer | undefined, place);
  const server = accepted?.server ?? createServer({ allowHalfOpen: true });
  const listening = new Listening(server, place, host);
  const options = { host, readOnly: host.config.readonly, proxy: host.config.proxy ?? '' };
  /** Whether the server is this one's, and not that of the router before or of the next one. */
  let isOwn = accepted === undefined;
  if (isOwn) server.on('connection', greet).maxConnections = CLIENTS_MAX;

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

  /** Goes on with the server and the clients of the router before. */
  function takeOver(): void {
    if (accepted === undefined) return;
    isOwn = true;
    for (const [socket, conversation] of accepted.take()) {
      conversation.turnTo(options);
      converse(socket, conversation);
    }
    server.on('connection', greet);
  }

  function leave(): ReadonlyMap<Socket, Conversation> {
    isOwn = false;
    server.removeListener('connection', greet);
    for (const socket of conversations.keys()) for (const event of ['data', 'end', 'error', 'close']) socket.removeAllListeners(event);
    return conversations;
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
    begin: () => (accepted !== undefined ? undefined : place.fd === undefined ? listening.begin() : adopt(place.fd)),
    offer: () => ({ place, server, take: leave }) satisfies Offer,
    takeOver,
    close() {
      if (!isOwn) return listening.giveUp();
      listening.close();
      for (const socket of conversations.keys()) socket.destroySoon();
    },
  };
}

/** The offer, if it is for the same place. */
function acceptable(offer: Offer | undefined, place: Offer['place']): Offer | undefined {
  if (offer === undefined) return undefined;
  const isSame = offer.place.path === place.path && offer.place.fd === place.fd && (offer.place.port === place.port || (place.several === true && offer.place.port !== undefined));
  return isSame && (offer.server.listening || place.fd !== undefined) ? offer : undefined;
}
