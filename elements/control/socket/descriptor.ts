import type { Server, Socket } from 'node:net';

/** The number of a socket's descriptor; Node keeps it in what it calls its handle. -1: it has none any more. */
export function descriptorOf(socket: Socket | Server): number {
  return (socket as unknown as { _handle?: { fd?: number } })._handle?.fd ?? -1;
}
