/**
 * Lets other programs read and write handlers, over a TCP port or a Unix socket: Click's line protocol, version 1.3.
 *
 * `ControlSocket(tcp, 7777, LOCALHOST true)`, `ControlSocket(unix, /run/router.sock, READONLY true)`. Whoever may
 * connect controls the router: without LOCALHOST a TCP port takes connections from everywhere, as Click's does.
 */
import { bool, defineElement, integer, text } from 'wirelet';
import { startServer } from './socket/server.js';

export default defineElement({
  name: 'ControlSocket',
  config: {
    type: text({ doc: 'tcp or unix.' }),
    address: text({ doc: 'The port, or the file of the socket.' }),
    readonly: bool({ default: false, keyword: true, doc: 'Whether handlers may only be read.' }),
    verbose: bool({ default: false, keyword: true, doc: 'Whether connections are reported.' }),
    localhost: bool({ default: false, keyword: true, doc: 'Whether only this host may connect.' }),
    retries: integer({ default: 0, max: 1_000_000, keyword: true, doc: 'Tries to open the socket, one a second, besides the first.' }),
    retry_warnings: bool({ default: true, keyword: true, doc: 'Whether tries that fail are reported.' }),
  },
  ports: {},
  build({ config, scope, fail }) {
    const type = config.type.toUpperCase();
    if (type === 'UNIX') {
      // sun_path of unix(7) has 108 bytes, the last of them zero.
      if (Buffer.byteLength(config.address) > 107) return fail('filename too long');
      return { path: config.address };
    }
    if (type !== 'TCP') return fail(`unknown socket type '${config.type}'`);
    const port = /^\d+$/.test(config.address) ? Number(config.address) : scope.port(config.address, 'tcp');
    if (port === undefined || port > 65_535) return fail(`PORT: expected TCP port, got '${config.address}'`);
    return { port, host: config.localhost ? '127.0.0.1' : '0.0.0.0' };
  },
  control: { reason: 'listens on a socket of the host', start: (host) => startServer(host) },
});
