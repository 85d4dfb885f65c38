/** Listens on a TCP port or a Unix socket of the host, trying again where that cannot be. */
import { existsSync, rmSync, statSync } from 'node:fs';
import type { Server } from 'node:net';
import path from 'node:path';
import { systemMessage, type ControlHost } from 'wirelet';

const RETRY_MS = 1000;
/** Ports besides the first that are tried where one after it will do. */
const FURTHER_PORTS = 11;
const PORT_MAX = 65_534;

export interface Place {
  readonly path?: string;
  readonly port?: number;
  readonly host?: string;
  /** One of the ports after it will do. */
  readonly several?: boolean;
  /** A Unix socket that is left from before gives way. */
  readonly replaces?: boolean;
}

export interface RetryConfig {
  readonly retries: number;
  readonly retry_warnings: boolean;
}

export class Listening {
  private retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly server: Server,
    private readonly place: Place,
    private readonly host: ControlHost<RetryConfig>,
  ) {}

  /** Undefined when it listens, or will try again; else why not. */
  begin(): Promise<string | undefined> {
    return this.listen(this.host.config.retries);
  }

  private async listen(triesLeft: number): Promise<string | undefined> {
    const { host } = this;
    const problem = await this.bind();
    if (problem === undefined || triesLeft <= 0) return problem;
    if (host.config.retry_warnings) host.note(`warning: ${problem} (${triesLeft} ${triesLeft === 1 ? 'try' : 'tries'} left)`);
    this.retry = setTimeout(() => {
      void this.listen(triesLeft - 1).then((final) => {
        if (final === undefined) return;
        host.error(final);
        host.adjustRunCount(-1);
      });
    }, RETRY_MS);
    return undefined;
  }

  private async bind(): Promise<string | undefined> {
    const { place } = this;
    let problem = await tryToListen(this.server, place);
    for (let next = 1; problem !== undefined && place.several === true && next <= FURTHER_PORTS && place.port! + next <= PORT_MAX; next += 1) {
      problem = await tryToListen(this.server, { ...place, port: place.port! + next });
    }
    return problem;
  }

  /** Tries no more, and leaves the socket to another. */
  giveUp(): void {
    clearTimeout(this.retry);
  }

  close(): void {
    const { server, place } = this;
    this.giveUp();
    const { listening } = server;
    server.close();
    if (listening && place.path !== undefined) rmSync(place.path, { force: true });
  }
}

/** Undefined when it listens; else why not. */
function tryToListen(server: Server, place: Place): Promise<string | undefined> {
  if (place.replaces === true && place.path !== undefined && statSync(place.path, { throwIfNoEntry: false })?.isSocket() === true) rmSync(place.path);
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException) => resolve(`bind: ${systemMessage(isFolderMissing(error, place) ? { ...error, code: 'ENOENT' } : error)}`);
    server.once('error', failed);
    server.listen(place, () => {
      server.removeListener('error', failed);
      resolve(undefined);
    });
  });
}

/** Node tells of a folder that there is not as of one that is forbidden. */
function isFolderMissing({ code }: NodeJS.ErrnoException, { path: file }: Place): boolean {
  return code === 'EACCES' && file !== undefined && !existsSync(path.dirname(file));
}
