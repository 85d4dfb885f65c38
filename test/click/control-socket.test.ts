/** Conversations with a control socket, over TCP and over a Unix socket, as Click's clients have them (protocol 1.3). */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, type NetConnectOpts } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';

const WAIT_MS = 20_000;
const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-socket-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

interface Driver {
  readonly process: ChildProcess;
  readonly port: number;
  readonly ended: Promise<number | null>;
}

/** Begins a router; its script prints the port of `cs`. */
function start(config: string, options: readonly string[] = []): Promise<Driver> {
  const child = spawn(process.execPath, [path.join(packageRoot, 'src/cli/wirelet.cjs'), 'click', ...options, '-e', config], { cwd: folder, timeout: WAIT_MS, killSignal: 'SIGKILL' });
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  return new Promise((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (text) => {
      said += text;
      const match = /^(\d+)\n/.exec(said);
      if (match !== null) resolve({ process: child, port: Number(match[1]), ended });
    });
    void ended.then((code) => reject(new Error(`the router ended with ${code}: ${said}`)));
  });
}

/** Sends `pieces` one after the other and gives all that comes until the other side closes. */
function converse(place: NetConnectOpts, pieces: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(place, async () => {
      for (const piece of pieces) {
        socket.write(piece);
        await new Promise((done) => setTimeout(done, 20));
      }
    });
    socket.on('data', (text) => (answer += text));
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
  });
}

const CONFIG = `
  cs :: ControlSocket(tcp, 0, LOCALHOST true); u :: ControlSocket(unix, control, READONLY true);
  s :: Script(print cs.port); RatedSource(RATE 1) -> c :: Counter -> d :: Discard;`;

await t.test('a client reads and writes handlers', async (t) => {
  const driver = await start(CONFIG);
  const at = { host: '127.0.0.1', port: driver.port };
  const answer = await converse(at, [
    'READ d.class\r\n', 'READ c.', 'class\n', 'WRITE c.reset\r', 'READ s.add 3 4\n', 'CHECKREAD c.count\nCHECKREAD c.reset\nCHECKWRITE c.reset\n',
    'WRITEDATA s.set 7\r\nx hello', 'READ s.get x\n', 'READDATA s.length 5\nabcde', 'READUNTIL s.add END\n3\n6\nEND \n', 'read 1.name\n', 'QUIT\n',
  ]);
  t.equal(answer, [
    'Click::ControlSocket/1.3', "200 Read handler 'd.class' OK", 'DATA 7', "Discard200 Read handler 'c.class' OK", 'DATA 7',
    "Counter200 Write handler 'c.reset' OK", "200 Read handler 's.add' OK", 'DATA 1', "7200 Read handler 'c.count' OK", "511 Handler 'c.reset' not readable",
    "200 Write handler 'c.reset' OK", "200 Write handler 's.set' OK", "200 Read handler 's.get' OK", 'DATA 5', "hello200 Read handler 's.length' OK", 'DATA 1',
    "5200 Read handler 's.add' OK", 'DATA 1', "9200 Read handler '1.name' OK", 'DATA 2', 'cs200 Goodbye!', '',
  ].join('\r\n'));
  const refused = await converse(at, [
    'READ x.count\nREAD c.nothing\nREAD nothing\nREAD c.reset\nWRITE c.count 5\nNONSENSE\nREAD\nLLRPC c#1\nREAD s.cat /etc/hostname\nREAD s.mod 5 0\nWRITE s.goto nowhere\nREADDATA c.count x\nQUIT\n',
  ]);
  t.same(refused.split('\r\n').map((line) => line.slice(0, 4)), ['Clic', '510 ', '511 ', '511 ', '530 ', '530 ', '501 ', '500 ', '501 ', '530 ', '590-', '590 ', '520-', '520 ', '500 ', '200 ', '']);
  t.match(await converse(at, ['GET c.class\nSET c.reset\nHELP\nBYE\nREADDATA c.count\nLLRPC c#xyz\nLLRPC n#1\nCHECKREAD c.count 1\nREAD 0.driver\nREAD .driver\nREAD x\u0001y\nQUIT now\n']), new RegExp([
    'Counter200 Write', "200-Commands supported:\r\n200-READ handler \\[arg", "501 Command 'BYE' unimplemented", '500 Wrong number of arguments', "500 Syntax error in LLRPC name 'c#xyz'",
    "510 No element named 'n'", '500 Wrong number of arguments', 'userlevel200 [^]*userlevel511 ', "No handler named 'x\\^Ay'", '500 Bad command syntax\r\n200 Goodbye!',
  ].join('[^]*')));
  const until = await converse(at, ['WRITEUNTIL s.set END\nx a\r\nb\nEND\nREAD s.get x\nQUIT\n']);
  t.match(until, /DATA 5\r\na\r\nb\n?200/, 'lines keep their ends');
  const last = await new Promise<string>((resolve) => {
    let answer = '';
    connect(at).on('data', (text) => (answer += text)).on('end', () => resolve(answer)).end('READ d.class');
  });
  t.match(last, 'Discard', 'the last command needs no end of line');
  const unix = await converse({ path: path.join(folder, 'control') }, ['READ c.class\nWRITE c.reset\nQUIT\n']);
  t.match(unix, /Counter530 Permission denied for 'c\.reset'\r\n200 Goodbye!/, 'a socket with READONLY takes no writes');
  await converse(at, ['WRITE stop\nQUIT\n']);
  t.equal(await driver.ended, 0, 'the handler stop ends the run');
  t.notOk(existsSync(path.join(folder, 'control')), 'the Unix socket is gone with it');
});

await t.test('with PROXY all handlers are those of the proxy', async (t) => {
  const driver = await start('cs :: ControlSocket(tcp, 0, LOCALHOST true, PROXY p); p :: HandlerProxy(c); Script(print cs.port); Idle -> c :: Counter -> Discard');
  const answer = await converse({ host: '127.0.0.1', port: driver.port }, ['READ count\nREAD nothing\nQUIT\n']);
  t.match(answer, /DATA 1\r\n0511 No proxied handler named 'nothing'/);
  driver.process.kill('SIGINT');
  t.equal(await driver.ended, 0);
});

await t.test('what a handler warns of is told to who writes it', async (t) => {
  const driver = await start('cs :: ControlSocket(tcp, 0, LOCALHOST true); Script(print cs.port); s :: StrideSched(1, 2) -> Discard; Idle -> s; Idle -> [1]s');
  const answer = await converse({ host: '127.0.0.1', port: driver.port }, ['WRITE s.tickets0 100000\nREAD s.config\nQUIT\n']);
  t.match(answer, "220-Write handler 's.tickets0' OK with warnings:\r\n220 warning: port 0's tickets reduced to 32767\r\n200 Read handler 's.config' OK\r\nDATA 8\r\n32767, 2");
  driver.process.kill('SIGINT');
  t.equal(await driver.ended, 0);
});

await t.test('a connection outlives the configuration that it controls', async (t) => {
  const config = (name: string, more = '') => `cs :: ControlSocket(tcp, 0, LOCALHOST true); Script(print cs.port); Idle -> ${name} :: Counter -> Discard; ${more}`;
  const driver = await start(config('first'), ['-R']);
  const hotconfig = (text: string) => `WRITEDATA hotconfig ${text.length}\n${text}`;
  const client = connect({ host: '127.0.0.1', port: driver.port });
  let answer = '';
  client.on('data', (text) => (answer += text));
  /** Sends a command again and again until the answer ends so: the next configuration begins a moment after it was taken. */
  const ask = async (command: string, end: RegExp) => {
    for (answer = ''; !end.test(answer); await new Promise((done) => setTimeout(done, 20))) client.write(command);
  };
  const told = async (text: string) => {
    for (answer = ''; !/\n\d\d\d [^\n]*\n$|^\d\d\d [^\n]*\n$/.test(answer); ) await new Promise((done) => (client.once('data', done), answer === '' && client.write(text)));
    return answer;
  };
  await ask('READ first.count\n', /DATA 1\r\n0$/);
  t.match(await told(hotconfig('Idle -> Discard(1); x :: Nothing;')), /^520-Write handler 'hotconfig' error:\r\n520-config:1: /, 'what is wrong with a configuration is the answer');
  await ask('READ first.count\n', /DATA 1\r\n0$/);
  const same = `cs :: ControlSocket(tcp, 0, LOCALHOST true); `;
  t.match(
    await told(hotconfig(`${same}FromDump(/nowhere/in.pcap) -> Discard`)),
    /^520-Write handler 'hotconfig' error:\r\n520-config:1: While initializing 'FromDump@\d+ :: FromDump':\r\n520-  \/nowhere\/in.pcap: No such file or directory\r\n520 Router could not be initialized!/,
    'so is why it cannot begin',
  );
  await ask('READ first.count\n', /DATA 1\r\n0$/);
  client.write(hotconfig(config('second')));
  await ask('READ second.class\n', /Counter$/);
  t.pass('the same connection is answered by another configuration');
  const end = new Promise((resolve) => client.once('end', resolve));
  client.write(hotconfig('Idle -> third :: Counter -> Discard'));
  await end;
  t.pass('it ends when there is no such socket any more');
  client.destroy();
  driver.process.kill('SIGINT');
  t.equal(await driver.ended, 0);
});

await t.test('what no client would send does no harm', async (t) => {
  const driver = await start(CONFIG);
  const at = { host: '127.0.0.1', port: driver.port };
  t.match(await converse(at, [`READ ${'x'.repeat(70_000)}`]), /500 Line too long/, 'a line without end is refused');
  t.match(await converse(at, ['WRITEDATA c.reset 999999999999\n']), /521 Data too large/, 'so are data without end');
  t.match(await converse(at, ['READ c.class\u0000\nREAD \u0001\u0002\nQUIT\n']), /200 Goodbye!/, 'strange bytes are only strange names');
  driver.process.kill('SIGINT');
  t.equal(await driver.ended, 0, 'SIGINT ends the run as it should end');
});
