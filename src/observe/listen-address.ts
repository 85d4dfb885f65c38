/** Addresses of the user's at which we answer HTTP. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { failure } from '../diagnostics.js';

export interface ListenAddress {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

/** `127.0.0.1:9464`, `[::1]:9464` or `:9464`, which is of this machine only. `option` is named where it is none. */
export function readListenAddress(text: string, option: string): ListenAddress {
  const match = /^(\[[0-9a-fA-F:]+\]|[^:\s]*):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) throw failure('WL4120', `${option} ${text} is not an address and a port`, `Write for example ${option} 127.0.0.1:9464.`);
  return { host: match[1]!.replace(/^\[|\]$/g, '') || '127.0.0.1', port };
}

/** Until the server listens there. Fails with WL4121. */
export async function listen(server: Server, { host, port }: ListenAddress, option: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const busy = error.code === 'EADDRINUSE';
      const hint = busy ? 'Another program has it: choose another port, or find that one with ss -ltnp.' : 'Choose an address of this machine and a port above 1023.';
      reject(failure('WL4121', `${option}: ${host}:${port} cannot be opened (${error.code})`, hint));
    });
    server.listen(port, host, resolve);
  });
}

/** `http://127.0.0.1:9464`, where the server listens; the port is the one that it got. */
export function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
