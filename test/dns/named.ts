/** BIND's named on the loopback, with one zone, for comparison. */
import { spawnSync } from 'node:child_process';
import dgram from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Program } from '../system/lab/program.js';

const READY_TIMEOUT_MS = 20_000;
const ANSWER_TIMEOUT_MS = 3_000;
const RUN_TIMEOUT_MS = 180_000;

export const namedProblem = spawnSync('named', ['-v']).status === 0 ? undefined : 'named is not installed (Debian: bind9)';

/** A configuration for one zone; the server asks nobody, tells nobody unless whole zones may be had, and answers `port` of the loopback. */
export function namedConfig(folder: string, zoneFile: string, origin: string, port: number, transfers = false): string {
  return `
options {
  directory "${path.dirname(zoneFile)}"; pid-file none; session-keyfile none; managed-keys-directory "${folder}";
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };
  recursion no; allow-transfer { ${transfers ? 'any' : 'none'}; }; notify no; empty-zones-enable no; dnssec-validation no;
  minimal-responses no-auth; minimal-any yes; zero-no-soa-ttl no; answer-cookie no; max-udp-size 1232; edns-udp-size 1232;
};
controls { };
zone "${origin}" { type primary; file "${zoneFile}"; check-integrity no; check-names ignore; check-mx ignore; check-mx-cname ignore; check-srv-cname ignore; check-wildcard no; };
`;
}

export class Named {
  private readonly socket = dgram.createSocket('udp4');
  private readonly waiting = new Map<number, (message: Buffer) => void>();

  private constructor(
    private readonly program: Program,
    private readonly folder: string,
    readonly port: number,
  ) {
    this.socket.on('message', (message) => this.waiting.get(message.readUInt16BE(0))?.(message));
  }

  /** Serves a zone file; waits until it answers. */
  static async start(zoneFile: string, origin: string, { transfers = false } = {}, port = 20_000 + (process.pid % 20_000)): Promise<Named> {
    const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-named-'));
    const config = path.join(folder, 'named.conf');
    // Files that a zone includes are looked for in the directory.
    writeFileSync(config, namedConfig(folder, path.resolve(zoneFile), origin, port, transfers));
    const program = new Program(['named', '-g', '-4', '-n', '1', '-c', config], RUN_TIMEOUT_MS);
    try {
      await program.says(/ running$/m, READY_TIMEOUT_MS);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
    return new Named(program, folder, port);
  }

  /** The response to a request, whose identification must be unlike those of others that wait; undefined: none came. */
  ask(message: Buffer): Promise<Buffer | undefined> {
    const id = message.readUInt16BE(0);
    return new Promise((resolve) => {
      const done = (answer: Buffer | undefined) => {
        clearTimeout(timer);
        this.waiting.delete(id);
        resolve(answer);
      };
      const timer = setTimeout(() => done(undefined), ANSWER_TIMEOUT_MS);
      this.waiting.set(id, done);
      this.socket.send(message, this.port, '127.0.0.1');
    });
  }

  async stop(): Promise<void> {
    this.socket.close();
    await this.program.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
