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
    type: text({ doc: 'tcp, unix or socket.' }),
    address: { ...text({ required: false, doc: 'The port, PORT+ if one after it will do, or the file of the socket, or the descriptor of a connection.' }), behindKeywords: true },
    port: text({ required: false, keyword: true, doc: 'Another name of the address of tcp.' }),
    filename: text({ required: false, keyword: true, doc: 'Another name of the address of unix.' }),
    fd: text({ required: false, keyword: true, doc: 'Another name of the address of socket.' }),
    proxy: text({ default: '', keyword: true, doc: 'An element, such as a HandlerProxy, whose handlers are read and written in place of those of the router.' }),
    readonly: bool({ default: false, keyword: true, doc: 'Whether handlers may only be read.' }),
    verbose: bool({ default: false, keyword: true, doc: 'Whether connections are reported.' }),
    localhost: bool({ default: false, keyword: true, doc: 'Whether only this host may connect.' }),
    retries: integer({ default: 0, max: 1_000_000, keyword: true, doc: 'Tries to open the socket, one a second, besides the first.' }),
    retry_warnings: bool({ default: true, keyword: true, doc: 'Whether tries that fail are reported.' }),
  },
  ports: {},
  build({ config, scope, elements, fail }) {
    const type = config.type.toUpperCase();
    const name = { UNIX: 'filename', TCP: 'port', SOCKET: 'fd' }[type] as 'filename' | 'port' | 'fd' | undefined;
    if (name === undefined) return fail(`unknown socket type '${type}'`);
    const address = config.address ?? config[name];
    if (address === undefined) return fail(`${name.toUpperCase()}: required argument missing`);
    if (config.proxy !== '' && elements.named(config.proxy) === undefined) return fail(`there is no element named ${config.proxy}`, undefined, 'PROXY: does not name an element');
    if (type === 'UNIX') {
      // sun_path of unix(7) has 108 bytes, the last of them zero.
      if (Buffer.byteLength(address) > 107) return fail('filename too long');
      return { path: address, replaces: true };
    }
    if (type === 'SOCKET') return /^\d+$/.test(address) ? { fd: Number(address) } : fail('FD: invalid number');
    const several = address.endsWith('+');
    const plain = several ? address.slice(0, -1) : address;
    const port = /^\d+$/.test(plain) ? Number(plain) : scope.port(plain, 'tcp');
    if (port === undefined || port > 65_535 || (several && port === 0)) return fail('PORT requires TCP port');
    return { port, several, host: config.localhost ? '127.0.0.1' : '0.0.0.0' };
  },
  control: { reason: 'listens on a socket of the host', start: (host) => startServer(host) },
});
