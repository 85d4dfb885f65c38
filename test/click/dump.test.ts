/** FromDump lets out what is in a capture, ToDump writes what comes: through both it stays what it was. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { readCapture } from '#src/capture/read.js';
import { packageRoot } from '#src/package-root.js';

const CAPTURE = path.join(packageRoot, 'configs/traffic/dns-server/lan-in.pcap');
const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-dump-'));
t.teardown(() => rmSync(folder, { recursive: true }));
const out = path.join(folder, 'out.pcap');

function click(configuration: string, ...more: string[]) {
  return spawnSync(process.execPath, [path.join(packageRoot, 'src/cli/wirelet.cjs'), 'click', '-e', configuration, ...more], { encoding: 'utf8', timeout: 30_000 });
}

const frames = (file: string) => [...readCapture(file)].map(({ timestamp, bytes }) => `${timestamp} ${Buffer.from(bytes).toString('hex')}`);

t.test('a capture through FromDump and ToDump is the same capture', (t) => {
  const { status, stderr } = click(`FromDump(${CAPTURE}, STOP true) -> ToDump(${out}, NANO true)`);
  t.equal(status, 0, stderr);
  t.same(frames(out), frames(CAPTURE));
  t.end();
});

t.test('through a queue, too, with times in microseconds', (t) => {
  const { status, stderr } = click(`FromDump(${CAPTURE}, STOP true) -> Queue(1000) -> ToDump(${out}); DriverManager(pause, wait 0.05s, stop)`);
  t.equal(status, 0, stderr);
  t.same(frames(out), frames(CAPTURE).map((line) => line.replace(/^(\d+)\d{3} /, '$1000 ')));
  t.end();
});

t.test('compressed captures are read and written', (t) => {
  for (const [ending, program] of [['gz', 'gzip'], ['bz2', 'bzip2'], ['Z', 'compress']] as const) {
    const packed = path.join(folder, `in.${program}`);
    const made = spawnSync('sh', ['-c', `${program} -c < ${CAPTURE} > ${packed}`]);
    if (made.status !== 0) {
      t.comment(`${program} is not installed`);
      continue;
    }
    const { status, stderr } = click(`FromDump(${packed}, STOP true) -> ToDump(${out}.${ending}, NANO true)`);
    t.equal(status, 0, stderr);
    t.not(readFileSync(`${out}.${ending}`).readUInt32BE(0), 0x4d3cb2a1, `${program}: the file is compressed`);
    t.same(frames(`${out}.${ending}`), frames(CAPTURE));
    writeFileSync(packed, readFileSync(packed).subarray(0, 100));
    const damaged = click(`FromDump(${packed}, STOP true) -> Discard`);
    if (program !== 'compress') t.equal(damaged.status, 1, `${program}: what is cut off is told`);
  }
  t.end();
});

t.test('compressed lists of packets are read', (t) => {
  const packed = path.join(folder, 'lines.gz');
  writeFileSync(packed, gzipSync('!IPSummaryDump 1.3\n!data ip_src ip_len\n1.0.0.1 40\n'));
  t.equal(click(`FromIPSummaryDump(${packed}, STOP true) -> ToIPSummaryDump(-, FIELDS ip_src ip_len, HEADER false)`).stdout, '1.0.0.1 40\n');
  t.end();
});

t.test('a capture comes by standard input', (t) => {
  const input = { input: readFileSync(CAPTURE) };
  const args = [path.join(packageRoot, 'src/cli/wirelet.cjs'), 'click', '-e', `FromDump(-, STOP true) -> ToDump(${out}, NANO true)`];
  t.equal(spawnSync(process.execPath, args, { ...input, timeout: 30_000 }).status, 0);
  t.same(frames(out), frames(CAPTURE));
  const text = spawnSync(process.execPath, args, { input: 'this is a text, and not a capture', encoding: 'utf8', timeout: 30_000 });
  t.match(text.stderr, '<stdin>: not a tcpdump file (bad magic number)');
  t.end();
});

t.test('a full disk is told once', { skip: existsSync('/dev/full') ? false : 'there is no /dev/full' }, (t) => {
  const { status, stderr } = click(`FromDump(${CAPTURE}, STOP true) -> d :: ToDump(/dev/full, UNBUFFERED true) -> c :: Counter -> Discard`, '-h', 'd.count');
  t.equal(status, 0);
  t.equal(stderr, 'ToDump(/dev/full): No space left on device\n');
  t.end();
});

t.test('FORCE_IP lets IPv4 packets out, and other frames by the second output', (t) => {
  const { status, stderr, stdout } = click(`d :: FromDump(${CAPTURE}, STOP true, FORCE_IP true) -> Strip(14) -> CheckIPHeader -> ip :: Counter -> Discard; d[1] -> other :: Counter -> Discard`, '-h', 'ip.count', '-h', 'other.count', '-h', 'd.count', '-h', 'd.encap');
  t.equal(status, 0, stderr);
  const isIp = (line: string) => line.slice(line.indexOf(' ') + 25).startsWith('0800');
  const ip = frames(CAPTURE).filter(isIp).length;
  t.match(stdout.replace(/\n+/g, '\n'), `ip.count:\n${ip}\nother.count:\n${frames(CAPTURE).length - ip}\nd.count:\n${ip}\nd.encap:\nETHER`);
  t.end();
});

t.test('a packet is cut to SNAPLEN, its length is kept', (t) => {
  const { status, stderr } = click(`FromDump(${CAPTURE}, STOP true) -> ToDump(${out}, 20)`);
  t.equal(status, 0, stderr);
  t.ok(frames(out).every((line) => line.slice(line.indexOf(' ') + 1).length <= 40));
  t.end();
});

t.test('an interval lets out a part', (t) => {
  const { stdout } = click(`d :: FromDump(${CAPTURE}, STOP true, START_AFTER 0.1s, INTERVAL 0.5s) -> Discard`, '-h', 'd.count');
  const times = frames(CAPTURE).map((line) => Number(BigInt(line.slice(0, line.indexOf(' '))) / 1000n));
  t.equal(Number(stdout), times.filter((time) => time >= times[0]! + 100_000 && time < times[0]! + 600_000).length);
  t.end();
});

t.test('what cannot be read or written is said', (t) => {
  const missing = click('FromDump(nowhere.pcap) -> Discard');
  t.equal(missing.status, 1);
  t.match(missing.stderr, 'nowhere.pcap: No such file or directory');
  const closed = click(`FromDump(${CAPTURE}) -> ToDump(${folder}/none/x.pcap)`);
  t.equal(closed.status, 1);
  t.match(closed.stderr, 'No such file or directory');
  const text = click(`FromDump(${path.join(packageRoot, 'package.json')}) -> Discard`);
  t.match(text.stderr, 'not a tcpdump file (bad magic number)');
  t.end();
});

t.test('FromDump knows its place in the file, and goes to another one', (t) => {
  const records = [...readCapture(CAPTURE)];
  const [second, last] = [records[1]!, records[records.length - 1]!];
  const { stdout, stderr } = click(
    `d :: FromDump(${CAPTURE}, FILEPOS ${second.offset}) -> c :: Counter -> Discard; Script(label again, wait 10ms, goto again $(ne $(c.count) ${records.length - 1}), print $(d.packet_filepos) $(d.filesize) $(d.filepos), write d.filepos ${last.offset}, write d.active true, wait 50ms, print $(c.count) $(d.packet_filepos), stop)`,
  );
  t.equal(stdout, `${last.end} ${last.end} ${last.end}\n${records.length} ${last.end}\n`, stderr);
  t.end();
});

t.test('flows as records of bytes say the same as lines', (t) => {
  const summary = path.join(folder, 'in.dump');
  const lines = ['100.5 1.0.0.1 1000 2.0.0.2 80 T S 1000 0 mss1460;ts1:2 0 9 7', '100.75 2.0.0.2 80 1.0.0.1 1000 T SA 9000 1001 . 0 8 6', '101 1.0.0.1 1000 2.0.0.2 80 T PA 1001 9001 sack9100-9200 5 10 5'];
  writeFileSync(summary, ['!IPSummaryDump 1.3', '!data timestamp ip_src sport ip_dst dport ip_proto tcp_flags tcp_seq tcp_ack tcp_opt payload_len ip_id tcp_window', ...lines, ''].join('\n'));
  const wanted = 'ntimestamp direction ip_id tcp_flags tcp_seq payload_len tcp_ack tcp_window tcp_ntopt';
  const summaries = [true, false].map((binary) => {
    const dump = path.join(folder, `flow-${binary}`);
    const made = click(`FromIPSummaryDump(${summary}, STOP true) -> AggregateIPFlows -> ToIPFlowDumps(${dump}-%n, BINARY ${binary}, TCP_OPT true, TCP_WINDOW true, IP_ID true) -> Discard`);
    t.equal(made.status, 0, made.stderr);
    return click(`FromIPSummaryDump(${dump}-1, STOP true) -> ToIPSummaryDump(-, FIELDS ${wanted})`).stdout;
  });
  t.match(summaries[1], /0\.500000001 > 10 PA 1 5 1 5 sack100-200/);
  t.equal(summaries[0], summaries[1]);
  t.end();
});

t.test('AggregateIPFlows tells where in the file its flows begin', (t) => {
  const trace = path.join(folder, 'trace.xml');
  const { status, stderr } = click(`d :: FromDump(${CAPTURE}, STOP true, FORCE_IP true) -> Strip(14) -> CheckIPHeader -> AggregateIPFlows(TRACEINFO ${trace}, SOURCE d) -> Discard; d[1] -> Discard`);
  t.equal(status, 0, stderr);
  const text = readFileSync(trace, 'utf8');
  t.match(text, `<trace file='${CAPTURE}'>`);
  const offsets = new Set([...readCapture(CAPTURE)].map(({ offset }) => String(offset)));
  const places = [...text.matchAll(/ filepos='(\d+)'/g)].map(([, place]) => place!);
  t.equal(places.length, text.match(/<flow /g)?.length);
  t.ok(places.length > 0 && new Set(places).size === places.length && places.every((place) => offsets.has(place)), places.join());
  t.end();
});
