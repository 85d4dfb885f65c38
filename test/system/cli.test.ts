/** The commands and their JSON are a contract; mistakes get one clear message with the fix and an exit code. */
import { generateKeyPairSync } from 'node:crypto';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import Ajv from 'ajv';
import { readCapture } from '#src/capture/read.js';
import { packageRoot } from '#src/package-root.js';
import { fileProblem } from '#src/cli/file-problem.js';
import { wirelet } from './command-line.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-cli-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => path.join(folder, name);
const TRAFFIC = path.join(packageRoot, 'configs/traffic/firewall');
const FIREWALL_PORTS = ['--port', `lan=pcap:in=${TRAFFIC}/lan-in.pcap`, '--port', `wan=pcap:in=${TRAFFIC}/wan-in.pcap`];

t.test('check says everything in JSON', async (t) => {
  writeFileSync(at('two.yaml'), 'interfaces: [lan, wan]\ngraph: |\n  lan -> Pant(1) -> wan\n  wan -> Paint(300) -> lan\n');
  const { status, stdout } = await wirelet(['check', at('two.yaml'), '--json']);
  t.equal(status, 1);
  const { ok, diagnostics } = JSON.parse(stdout);
  t.equal(ok, false);
  t.same(diagnostics.map(({ code, line }: { code: string; line: number }) => [code, line]), [['WL1220', 3], ['WL1240', 4]]);
  for (const diagnostic of diagnostics) t.same(Object.keys(diagnostic).sort(), ['code', 'column', 'file', 'hint', 'line', 'message', 'severity']);
});

t.test('a reader that has seen enough is no failure; what cannot be printed is one', async (t) => {
  const printedTo = (where: string) => wirelet(['elements', '--json'], { around: (words) => ['sh', '-c', `"$@" ${where}`, 'sh', ...words] });
  t.match(await printedTo('| head -n 1 >/dev/null'), { status: 0, stderr: '' });
  t.match(await printedTo('> /dev/full'), { status: 1, stderr: /^WL4900 error: what is printed cannot be written: ENOSPC\n.*df -h/ });
});

t.test('a signed image runs as it was signed, and not otherwise', async (t) => {
  const [key, other] = [0, 1].map(() => generateKeyPairSync('ed25519'));
  writeFileSync(at('key.pem'), key!.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(at('key.pub'), key!.publicKey.export({ type: 'spki', format: 'pem' }));
  writeFileSync(at('other.pub'), other!.publicKey.export({ type: 'spki', format: 'pem' }));
  const built = JSON.parse((await wirelet(['build', 'configs/wire.yaml', '-o', at('signed.elf'), '--sign', at('key.pem'), '--json'])).stdout);
  t.equal(built.signature, at('signed.elf.sig'));
  const inspect = (publicKey: string) => wirelet(['inspect', at('signed.elf'), '--verify', at(publicKey)]);
  t.equal((await inspect('key.pub')).status, 0);
  t.match(await inspect('other.pub'), { status: 1, stderr: /^WL3104 error: .* is not what was signed, or was signed with another key/ });
  t.match(await inspect('key.pem.none'), { status: 1, stderr: /^WL3103 error: .* there is no such file/ });
  const bytes = readFileSync(at('signed.elf'));
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(at('signed.elf'), bytes);
  t.match(await wirelet(['run', at('signed.elf'), '--verify', at('key.pub'), '--until-idle']), { status: 1, stderr: /^WL3104/ });
  rmSync(at('signed.elf.sig'));
  t.match(await inspect('key.pub'), { status: 1, stderr: /has no signature/ });
  t.match(await wirelet(['build', 'configs/wire.yaml', '-o', at('x.elf'), '--sign', at('key.pub')]), { status: 1, stderr: /^WL3103/ });
});

t.test('build, inspect and run agree about an image', async (t) => {
  const built = JSON.parse((await wirelet(['build', 'configs/firewall.yaml', '-o', at('fw.elf'), '--json'])).stdout);
  for (const field of ['image', 'bytes', 'memory_bytes', 'sha256', 'elements', 'cached', 'seconds']) t.ok(field in built, field);
  t.ok(built.bytes <= 96 * 1024, `the image has ${built.bytes} bytes, at most 96 KiB`);
  t.ok(built.memory_bytes <= 2 * 2 ** 20, `it needs ${built.memory_bytes} bytes, at most 2 MiB`);
  const again = JSON.parse((await wirelet(['build', 'configs/firewall.yaml', '-o', at('fw2.elf'), '--json'])).stdout);
  t.equal(again.cached, true);
  t.equal(again.sha256, built.sha256, 'the same graph gives the same bytes');
  const inspected = JSON.parse((await wirelet(['inspect', at('fw.elf'), '--json'])).stdout);
  for (const field of ['name', 'version', 'graph_sha256', 'elements', 'interfaces', 'memory_bytes', 'limits', 'sbom']) t.ok(field in inspected, field);
  t.equal(inspected.name, 'firewall');
  t.equal(inspected.sbom.bomFormat, 'CycloneDX');
  const run = JSON.parse((await wirelet(['run', at('fw.elf'), ...FIREWALL_PORTS, '--until-idle', '--json'])).stdout);
  for (const field of ['vmm', 'boot', 'memory', 'ports', 'elements']) t.ok(field in run, field);
  t.same(Object.keys(run.boot).sort(), ['first_frame_us', 'guest_us', 'vmm_us']);
  t.same(Object.keys(run.ports.lan).sort(), ['drops', 'rx_bytes', 'rx_packets', 'tx_bytes', 'tx_packets']);
  t.match(run.elements.outbound, { class: 'IPFilter', counters: { packets: 211 }, drops: { denied: 6 } });
});

t.test('the schema accepts every appliance that comes along', async (t) => {
  const schema = JSON.parse((await wirelet(['schema'])).stdout);
  const { default: errors } = await import('ajv-errors');
  const { parse } = await import('yaml');
  const ajv = new (Ajv as unknown as typeof Ajv.default)({ allErrors: true, strict: false });
  (errors as unknown as (ajv: unknown) => void)(ajv);
  const valid = ajv.compile(schema);
  for (const name of ['wire', 'bridge', 'firewall', 'router', 'nat']) {
    t.ok(valid(parse(readFileSync(path.join(packageRoot, `configs/${name}.yaml`), 'utf8'))), `${name}: ${JSON.stringify(valid.errors?.slice(0, 2))}`);
  }
  t.notOk(valid({ graph: 'x', elemnts: {} }), 'and refuses a misspelt key');
});

t.test('every stage can be looked at', async (t) => {
  for (const stage of ['read', 'check', 'plan', 'lower', 'link']) {
    const { status, stdout } = await wirelet(['explain', 'configs/firewall.yaml', `--after=${stage}`, '--json']);
    t.equal(status, 0, stage);
    t.ok(JSON.parse(stdout), stage);
  }
  const text = await wirelet(['explain', 'configs/firewall.yaml', '--report']);
  t.match(text.stdout, /^firewall: 22 elements, /);
  t.match(text.stdout, /^outbound +IPFilter +fused +one by one +[\d.]+ (bytes|KiB) +- /m, 'a line for each element');
  t.match(text.stdout, /\n- Put the same chain .*\n {4}the choice of an output is a branch, as .*: .*from_lan, /, 'what to change');
  const { elements, report } = JSON.parse((await wirelet(['explain', 'configs/firewall.yaml', '--report', '--json'])).stdout) as { elements: unknown[]; report: { elements: unknown[] } };
  t.equal(report.elements.length, elements.length, 'the same beside the value of a stage');
  const { stdout } = await wirelet(['explain', 'configs/firewall.yaml', '--element', 'check_lan']);
  t.match(stdout, /elements\/ip\/\S+\.ts:\d+ .*\n\s+\| /, 'TypeScript and C side by side');
  const wrong = await wirelet(['explain', 'configs/firewall.yaml', '--element', 'outbuond']);
  t.equal(wrong.status, 1);
  t.match(wrong.stderr, 'Did you mean "outbound"?');
});

t.test('a new element is right at once, beside the built-in ones', async (t) => {
  const made = await wirelet(['new-element', 'HopLimit', folder]);
  t.equal(made.status, 0, made.stderr);
  const graph = at('hop-limit.yaml');
  const checked = await wirelet(['check', graph]);
  t.equal(checked.status, 0, checked.stderr + checked.stdout);
  for (const vmm of ['node', 'process']) {
    const { status, stdout, stderr } = await wirelet(['run', graph, '--vmm', vmm, '--port', 'lan=gen:count=100', '--until-idle', '--json']);
    t.equal(status, 0, stderr);
    t.equal(JSON.parse(stdout).ports.wan.tx_packets, 100, vmm);
  }
  t.match((await wirelet(['docs', 'HopLimit', '--elements', at('elements')])).stdout, 'The packet had too few hops left.');
});

t.test('commands that are shown can be copied, whatever the folder is called', async (t) => {
  const folder = at("it's mine");
  const quoted = `'${folder.replace("'", "'\\''")}`;
  t.match((await wirelet(['new-element', 'Spacious', folder])).stdout, `wirelet check ${quoted}/spacious.yaml'`);
  t.match((await wirelet(['init', folder, '--from', 'wire'])).stdout, `cd ${quoted}' && npm test`);
});

t.test('what the operating system refuses is told as such, with what to do', async (t) => {
  const long = at('n'.repeat(300));
  t.match(await wirelet(['new-element', 'Long', long]), { status: 1, stderr: /^WL4900 error: the name \S+ is too long\n {2}A part of a path/ });
  t.match(await wirelet(['build', 'configs/wire.yaml', '-o', long]), { status: 1, stderr: /WL3102 error: \S+ cannot be written \(ENAMETOOLONG\)\n {2}hint: A part of a path/ });
  t.match(await wirelet(['export', 'configs/wire.yaml', '-o', at('nowhere/wire.click')]), { status: 1, stderr: `WL4900 error: there is no folder ${at('nowhere')}\n` });
  writeFileSync(at('file'), '');
  t.match(await wirelet(['init', at('file/folder'), '--from', 'wire']), { status: 1, stderr: `WL4900 error: a part of ${at('file/folder')}` });
  t.match(fileProblem({ name: '', message: '', code: 'EROFS', path: 'there/x' })?.message, 'there/x is on a file system that can only be read');
  t.match(fileProblem({ name: '', message: '', code: 'ENOSPC', path: 'from', dest: 'to' })?.message, 'the disk is full: to');
});

t.test('mistakes of a configuration are a document when asked for, where they are lines of Click else', async (t) => {
  const file = at('wrong.click');
  writeFileSync(file, 'a :: Idle -> ;');
  const plain = await wirelet(['click-flatten', file]);
  t.match(plain, { status: 1, stdout: '', stderr: /^.*wrong\.click:1: / });
  const { status, stdout } = await wirelet(['click-flatten', file, '--json']);
  t.equal(status, 1);
  t.match(JSON.parse(stdout), { ok: false, diagnostics: [{ file, line: 1 }] });
});

t.test('a shell completes commands, and the options of each', async (t) => {
  const { stdout: script } = await wirelet(['completion', 'bash']);
  const completed = (...words: string[]) => execFileSync('bash', ['-c', `${script}\nCOMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _wirelet; echo "\${COMPREPLY[@]}"`, 'bash', ...words], { encoding: 'utf8' }).trim();
  t.equal(completed('wirelet', 'che'), 'check');
  t.equal(completed('wirelet', 'check', '--el'), '--elements');
  t.equal(completed('wirelet', 'click', '--simt'), '--simtime', "Click's driver has options of its own");
  t.equal(completed('wirelet', 'check', '/dev/nul'), '/dev/null', 'all else is a file');
});

t.test('usage that is wrong gets code 2, with the nearest right one', async (t) => {
  for (const [args, hint] of [
    [['chek', 'x.yaml'], 'Did you mean "check"?'],
    [['check'], 'wirelet check GRAPH...'],
    [['run', 'configs/wire.yaml', '--prot', 'lan=null'], 'Did you mean --port?'],
    [['run', 'configs/wire.yaml', '--vmm', 'kwm'], 'Did you mean "kvm"?'],
    [['build', 'configs/wire.yaml'], '-o IMAGE'],
  ] as const) {
    const { status, stderr } = await wirelet(args);
    t.equal(status, 2, args.join(' '));
    t.match(stderr, hint);
    t.notMatch(stderr, /\n\s+at /, 'no stack trace');
  }
});

t.test('bad input gets one message with the fix, and code 1', async (t) => {
  writeFileSync(at('not-ours.elf'), readFileSync(process.execPath).subarray(0, 4096));
  cpSync(at('fw.elf'), at('cut.elf'));
  truncateSync(at('cut.elf'), 30_000);
  writeFileSync(at('noise.pcap'), 'this is no capture at all, but long enough to be one');
  for (const [args, text] of [
    [['run', 'configs/wire.yaml', '--port', 'lna=null'], 'Did you mean "lan"?'],
    [['run', 'configs/wire.yaml', '--port', 'lan=pcap:in=missing.pcap'], 'missing.pcap'],
    [['run', 'configs/wire.yaml', '--port', `lan=pcap:in=${at('noise.pcap')}`], 'noise.pcap'],
    [['run', 'configs/wire.yaml', '--port', `lan=pcap:out=${folder}/nowhere/out.pcap`, '--until-idle'], 'nowhere/out.pcap'],
    [['run', at('not-ours.elf')], 'is not an image of Wirelet'],
    [['run', at('cut.elf')], 'is not an image of Wirelet'],
    [['inspect', 'configs/wire.yaml'], 'is not an image of Wirelet'],
    [['run', at('fw.elf'), '--vmm', 'node'], 'Give the graph file instead'],
    [['check', at('missing.yaml')], 'there is no file'],
    [['build', 'configs/wire.yaml', '-o', `${folder}/nowhere/../../proc/version/x`], '/proc'],
  ] as const) {
    const { status, stdout, stderr } = await wirelet(args);
    t.equal(status, 1, `${args.join(' ')}\n${stderr}`);
    t.match(stdout + stderr, text);
    t.notMatch(stderr, /\n\s+at /, 'no stack trace');
    t.notMatch(stderr, 'within Wirelet', 'not an internal error');
  }
});

t.test('an image is written into a pipe, and does not take its place', async (t) => {
  execFileSync('mkfifo', [at('pipe')]);
  const reader = spawn('cat', [at('pipe')], { stdio: ['ignore', 'pipe', 'ignore'] });
  const pieces: Buffer[] = [];
  reader.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  const closed = once(reader, 'close');
  const { status, stderr } = await wirelet(['build', 'configs/wire.yaml', '-o', at('pipe')]);
  t.equal(status, 0, stderr);
  await closed;
  t.equal((await wirelet(['build', 'configs/wire.yaml', '-o', at('piped.elf')])).status, 0);
  t.ok(Buffer.concat(pieces).equals(readFileSync(at('piped.elf'))));
  t.ok(statSync(at('pipe')).isFIFO());
});

t.test('a capture that breaks off is used up to there, with a warning', async (t) => {
  cpSync(`${TRAFFIC}/lan-in.pcap`, at('broken.pcap'));
  truncateSync(at('broken.pcap'), 5000);
  for (const vmm of ['node', 'process']) {
    const { status, stdout, stderr } = await wirelet(['run', 'configs/wire.yaml', '--vmm', vmm, '--port', `lan=pcap:in=${at('broken.pcap')}`, '--port', `wan=pcap:out=${at(`${vmm}.pcap`)}`, '--json']);
    t.equal(status, 0, stderr);
    t.match(stderr, 'warning: ');
    t.ok(JSON.parse(stdout).ports.wan.tx_packets > 0, vmm);
  }
  t.same(readFileSync(at('node.pcap')), readFileSync(at('process.pcap')));
});

t.test('Ctrl-C ends a run that never rests', async (t) => {
  writeFileSync(at('endless.yaml'), 'interfaces: [lan, wan]\ngraph: |\n  lan -> Queue(8) -> ReplayUnqueue(LIMIT 8) -> wan\n  wan -> lan\n');
  const { stdout, milliseconds } = await wirelet(['run', at('endless.yaml'), '--vmm', 'node', '--until-idle', '--port', `lan=pcap:in=${TRAFFIC}/lan-in.pcap`], { stopAfter: /^running/m });
  t.match(stdout, /^ended +after .*: stopped/m);
  t.ok(milliseconds < 30_000, `${milliseconds.toFixed(0)} ms`);
});

t.test('Ctrl-C ends a run in order, captures complete up to then', async (t) => {
  for (const vmm of ['node', 'process']) {
    const { stderr, stdout } = await wirelet(['run', 'configs/wire.yaml', '--vmm', vmm, '--port', 'lan=gen:rate=1000', '--port', `wan=pcap:out=${at('stopped.pcap')},speed=1000`, '--json'], { stopAfter: /^running/m });
    t.equal(JSON.parse(stdout).ended, 'signal', stderr);
    t.equal([...readCapture(at('stopped.pcap'))].length, JSON.parse(stdout).ports.wan.tx_packets, `${vmm}: every frame that left is in the capture`);
  }
});

t.test('metrics are served while an appliance runs', async (t) => {
  const port = await freePort();
  const running = wirelet(['run', 'configs/firewall.yaml', '--vmm', 'process', '--port', 'lan=gen:rate=10000', '--for', '4', '--metrics', `127.0.0.1:${port}`, '--json']);
  let text = '';
  for (let attempt = 0; attempt < 60 && !/wirelet_port_rx_packets_total\{port="lan"\} [1-9]/.test(text); attempt += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    text = await fetch(`http://127.0.0.1:${port}/metrics`).then((response) => response.text(), () => '');
  }
  t.match(text, /wirelet_port_rx_packets_total\{port="lan"\} [1-9]/);
  t.match(text, /wirelet_element_packets_total\{element="outbound",class="IPFilter"\} [1-9]/);
  t.match(text, /wirelet_element_drops_total\{element="outbound",class="IPFilter",reason="denied"\} \d/);
  t.match(text, /wirelet_memory_bytes\{part="guest"\} [1-9]/);
  t.match(text, /wirelet_info\{name="firewall",version="[^"]*",vmm="process"\} 1/);
  const busy = await wirelet(['run', 'configs/wire.yaml', '--metrics', `127.0.0.1:${port}`]);
  t.equal(busy.status, 1);
  t.match(busy.stderr, 'choose another port');
  t.equal((await running).status, 0);
});

t.test('the library builds and runs what a program wants', async (t) => {
  mkdirSync(at('app'), { recursive: true });
  const { buildAppliance, runAppliance } = await import('#src/index.js');
  const image = await buildAppliance('configs/wire.yaml', { output: at('app/wire.elf') });
  t.equal(image.file, at('app/wire.elf'));
  const outcome = await runAppliance(image.file, { vmm: 'process', ports: { lan: 'gen:count=500', wan: 'null' } });
  t.equal(outcome.ports['wan']!.tx_packets, 500);
  await t.rejects(runAppliance('configs/wire.yaml', { ports: { lna: 'null' } }), /Did you mean "lan"/);
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

t.test("check looks at a user's own elements: types, what compiles, examples", async (t) => {
  t.equal((await wirelet(['new-element', 'OwnLimit', at('own')])).status, 0);
  const file = at('own/elements/OwnLimit.ts');
  const right = readFileSync(file, 'utf8');
  const graph = at('own/own-limit.yaml');
  const said = async (from: string, to: string) => {
    t.ok(right.includes(from), from);
    writeFileSync(file, right.replace(from, to));
    return JSON.parse((await wirelet(['check', graph, '--json'])).stdout) as { ok: boolean; diagnostics: { code: string; line: number; message: string }[] };
  };
  t.same(await said('header', 'header'), { ok: true, diagnostics: [] });
  t.match(await said('const header =', 'const header: string ='), { ok: false, diagnostics: [{ code: 'WL2018', message: /not assignable to type 'string'/ }] });
  t.match(await said('config.hops)', 'config.hop)'), { ok: false, diagnostics: [{ code: 'WL2002', message: /no member "hop"/ }] });
  t.match(await said("ttl: 1 }), { drop: 'too_far' }", 'ttl: 1 }), { out: ipv4.make({ ttl: 1 }) }'), { ok: false, diagnostics: [{ code: 'WL2019', message: /the example "drops a packet on its last hop" of OwnLimit does not hold/ }] });
  writeFileSync(file, right.replace('const header =', 'const header: string ='));
  t.match(await wirelet(['build', graph, '-o', at('own.elf')]), { status: 1, stderr: /WL2018/ });
});
