/** BPF_FILTER of FromDevice: what it takes is what tcpdump takes of the same capture, in Node and in C. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { readCapture } from '#src/capture/read.js';
import { packageRoot } from '#src/package-root.js';

const CAPTURE = path.join(packageRoot, 'configs/traffic/dns-server/lan-in.pcap');
const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-filter-'));
t.teardown(() => rmSync(folder, { recursive: true }));
const LIMIT_MS = 60_000;

/** Loads of all kinds and sizes, arithmetic, memory, jumps over many instructions. */
const EXPRESSIONS = ['udp port 53 and udp[10] & 0x80 = 0', 'arp or icmp', 'not ip', 'len > 100 and ip[2:2] - ((ip[0] & 15) << 2) * 2 / 2 % 7 != 3', 'ether[0] & 1 = 0 and ip[8] >> 1 >= 16', 'ip6 or vlan or tcp[tcpflags] & tcp-syn != 0'];

const frames = (file: string) => [...readCapture(file)].map(({ bytes }) => Buffer.from(bytes).toString('hex'));

function click(configuration: string, ...more: string[]) {
  return spawnSync(process.execPath, [path.join(packageRoot, 'src/cli/wirelet.cjs'), 'click', '-e', configuration, ...more], { encoding: 'utf8', timeout: LIMIT_MS });
}

t.setTimeout(LIMIT_MS * 4);
if (spawnSync('tcpdump', ['--version']).error !== undefined) t.pass('skipped', { skip: 'tcpdump is not installed' });
else {
  const all = frames(CAPTURE);
  for (const engine of ['node', 'native']) {
    t.test(`${engine}: what tcpdump takes`, (t) => {
      EXPRESSIONS.forEach((expression, index) => {
        const [wanted, out] = [path.join(folder, 'wanted.pcap'), path.join(folder, `${index}.pcap`)];
        t.equal(spawnSync('tcpdump', ['-r', CAPTURE, '-w', wanted, expression]).status, 0);
        const { stderr, status } = click(`FromDevice(eth0, BPF_FILTER "${expression}") -> ToDump(${out}); DriverManager(wait 100s, stop)`, '--simtime', '--engine', engine, '--device', `eth0=pcap:in=${CAPTURE}`);
        t.equal(status, 0, stderr);
        t.same(frames(out), frames(wanted), expression);
        t.ok(frames(wanted).length < all.length, 'some frames are not taken');
      });
      t.end();
    });
  }

  t.test('expressions that are none are told, and METHOD LINUX has no filters', (t) => {
    const wrong = click('FromDevice(eth0, BPF_FILTER "tcp pory") -> Discard', '-q', '--device', 'eth0=null');
    t.equal(wrong.status, 1);
    t.match(wrong.stderr, /While configuring[^]*can't parse filter expression: syntax error/);
    const linux = click('FromDevice(eth0, METHOD LINUX, BPF_FILTER "tcp pory") -> Discard', '-q', '--device', 'eth0=null');
    t.equal(linux.status, 0);
    t.match(linux.stderr, 'warning: not using METHOD PCAP, BPF filter ignored');
    t.end();
  });
}
