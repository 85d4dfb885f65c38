/**
 * Elements that exchange packets with the network stack of the host: KernelTap, KernelTun, FromHost with ToHost, ChatterSocket, McastSocket, RawSocket, IPFlowRawSockets and LinuxIPLookup, in a network
 * namespace of the test's own.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';

const wirelet = path.join(packageRoot, 'src/cli/wirelet.cjs');
const LIMIT_MS = 60_000;

function whyNot(): string | undefined {
  if (process.getuid?.() !== 0) return 'it needs the rights to make namespaces';
  if (!existsSync('/dev/net/tun')) return 'there is no /dev/net/tun';
  try {
    execFileSync('unshare', ['-n', 'ip', 'link', 'set', 'lo', 'up'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'there are no network namespaces, or no ip';
  }
}

/** Runs the configuration in a namespace of its own, beside the shell commands and after those of `before`; what all of it printed. */
function inNamespace(config: string, commands: string, before = ':', options = ''): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-host-'));
  writeFileSync(path.join(folder, 'config.click'), config);
  const script = `ip link set lo up; ${before}; timeout 40 ${process.execPath} ${wirelet} click ${options} config.click 2>&1 & router=$!; ${commands}; wait $router`;
  return new Promise((resolve) => {
    const child = spawn('unshare', ['-n', 'sh', '-c', script], { cwd: folder, timeout: LIMIT_MS, killSignal: 'SIGKILL' });
    let out = '';
    child.stdout.on('data', (bytes: Buffer) => (out += bytes.toString()));
    child.stderr.on('data', (bytes: Buffer) => (out += bytes.toString()));
    child.on('close', () => {
      rmSync(folder, { recursive: true, force: true });
      resolve(out);
    });
  });
}

const ANSWER = 'CheckIPHeader -> IPFilter(allow icmp type echo, deny all) -> ICMPPingResponder';
const ping = 'for i in 1 2 3 4 5 6 7 8 9 10; do ping -c 1 -W 2 192.0.2.9 && break; sleep 1; done';
const reason = whyNot();

if (reason !== undefined) t.pass('skipped', { skip: reason });
else {
  t.test('KernelTun answers pings of the host', { timeout: LIMIT_MS }, async (t) => {
    const out = await inNamespace(`tun :: KernelTun(192.0.2.1/24) -> ${ANSWER} -> c :: Counter(COUNT_CALL 1 stop) -> tun;`, ping);
    t.match(out, /1 received/);
  });
  t.test('KernelTap answers ARP requests and pings of the host', { timeout: LIMIT_MS }, async (t) => {
    const arrival = 'tap :: KernelTap(192.0.2.1/24) -> c :: Classifier(12/0806, 12/0800); c[0] -> ARPResponder(192.0.2.9 02:00:00:00:00:09) -> tap;';
    const out = await inNamespace(`${arrival} c[1] -> Strip(14) -> ${ANSWER} -> Counter(COUNT_CALL 1 stop) -> EtherEncap(0x0800, 02:00:00:00:00:09, 00:01:02:03:04:05) -> tap;`, ping);
    t.match(out, /1 received/);
  });
  t.test('FromHost and ToHost share a device', { timeout: LIMIT_MS }, async (t) => {
    const arrival = 'FromHost(fake0, 192.0.2.1/24) -> c :: Classifier(12/0806, 12/0800); to :: ToHost(fake0); c[0] -> ARPResponder(192.0.2.9 02:00:00:00:00:09) -> to;';
    const out = await inNamespace(`${arrival} c[1] -> Strip(14) -> ${ANSWER} -> Counter(COUNT_CALL 1 stop) -> EtherEncap(0x0800, 02:00:00:00:00:09, 00:01:02:03:04:05) -> to;`, ping);
    t.match(out, /1 received/);
  });
  t.test('FromHost and ToHost go on with their device in another configuration', { timeout: LIMIT_MS }, async (t) => {
    const hosts = 'FromHost(fake0, 192.0.2.1/24) -> c :: Classifier(12/0806, 12/0800); to :: ToHost(fake0); c[0] -> ARPResponder(192.0.2.9 02:00:00:00:00:09) -> to;';
    const answers = `c[1] -> Strip(14) -> ${ANSWER} -> Counter(COUNT_CALL 1 stop) -> EtherEncap(0x0800, 02:00:00:00:00:09, 00:01:02:03:04:05) -> to;`;
    const second = (more: string) => `writeq hotconfig '${hosts.replace('FromHost', 'h :: FromHost')} ${answers} ${more}', print $?`;
    const config = `${hosts.replace('FromHost', 'h :: FromHost')} c[1] -> Discard; Script(wait 500ms, ${second('FromDump(missing.pcap) -> Discard')}, ${second('')});`;
    const out = await inNamespace(config, ping, ':', '-R');
    t.match(out, /^-22\n[^]*^0\n/m);
    t.match(out, /1 received/);
    t.notMatch(out, /busy/i);
  });
  t.test('names of devices that are down stand for their addresses, too', { timeout: LIMIT_MS }, async (t) => {
    const config = 'a :: SetIPAddress(down0); f :: IPFilter(allow src net down0:net, deny all); Idle -> a -> f -> EtherEncap(0x0800, down0, down0:eth) -> Discard; Script(print $(a.addr), print $(EtherEncap@4.src), stop);';
    const out = await inNamespace(config, ':', 'ip tuntap add dev down0 mode tap; ip link set down0 address 02:00:00:00:00:17; ip address add 192.0.2.17/28 dev down0');
    t.equal(out, '192.0.2.17\n02-00-00-00-00-17\n');
  });
  t.test('McastSocket hears what is sent to its group', { timeout: LIMIT_MS }, async (t) => {
    const config = 'RatedSource(DATA hello, RATE 10) -> McastSocket(224.1.2.3, 5000, 127.0.0.1) -> Print(heard) -> Counter(COUNT_CALL 2 stop) -> Discard;';
    const out = await inNamespace(config, 'ip route add 224.0.0.0/4 dev lo');
    t.match(out, /heard: +5 \| 68656c6c 6f/);
  });
  t.test('RawSocket exchanges packets of one protocol', { timeout: LIMIT_MS }, async (t) => {
    const config = 'ICMPPingSource(127.0.0.1, 127.0.0.1, INTERVAL 0.1, IDENTIFIER 7) -> Queue -> RawSocket(ICMP) -> IPFilter(allow icmp type echo-reply) -> IPPrint(raw) -> Counter(COUNT_CALL 2 stop) -> Discard;';
    const out = await inNamespace(config, ':');
    t.match(out, /raw: .*127\.0\.0\.1 > 127\.0\.0\.1: icmp echo-reply/);
  });
  t.test('RawSocket says that its port is taken', { timeout: LIMIT_MS }, async (t) => {
    const out = await inNamespace('RawSocket(UDP, 5000) -> Discard; RawSocket(UDP, 5000) -> Discard;', ':');
    t.match(out, /While initializing 'RawSocket@3 :: RawSocket':\n  bind: Address already in use/);
  });
  t.test('IPFlowRawSockets carries flows on', { timeout: LIMIT_MS }, async (t) => {
    const flows = 'RatedSource(DATA hello, RATE 10) -> UDPIPEncap(127.0.0.1, 5000, 127.0.0.1, 6000) -> agg :: AggregateIPFlows -> IPFlowRawSockets(NOTIFIER agg)';
    const echo = 'const s=require("dgram").createSocket("udp4");s.on("message",(m,r)=>s.send(m,r.port,r.address));s.bind(6000);setTimeout(()=>process.exit(),30000).unref();setTimeout(()=>process.exit(),8000)';
    const out = await inNamespace(`${flows} -> IPPrint(back) -> Counter(COUNT_CALL 2 stop) -> Discard;`, `${process.execPath} -e '${echo}'`);
    t.match(out, /back: .*127\.0\.0\.1\.6000 > 127\.0\.0\.1\.5000: udp 13/);
  });
  t.test('LinuxIPLookup goes by the routes of the host', { timeout: LIMIT_MS }, async (t) => {
    const config = 'InfiniteSource(DATA a, LIMIT 1) -> SetIPAddress(8.8.8.8) -> l :: LinuxIPLookup(t0); l -> Print(way, PRINTANNO true) -> Discard; l[1] -> Print(none, PRINTANNO true) -> Discard; s :: InfiniteSource(DATA b, LIMIT 1) -> SetIPAddress(192.0.2.7) -> l; Script(wait 1s, stop);';
    const routes = 'ip tuntap add name t0 mode tap && ip addr add 192.0.2.1/24 dev t0 && ip link set t0 up && ip route add default via 192.0.2.254';
    const out = await inNamespace(config, ':', routes);
    t.match(out, /way:    1 \| c00002fe0{8}/);
    t.match(out, /way:    1 \| c00002070{8}/);
  });
  t.test('a name of a device stands for the address that it has now, also in compiled code', { timeout: LIMIT_MS }, async (t) => {
    const config = 'RatedSource(LENGTH 40, LIMIT 1, STOP true) -> StoreIPAddress(v0, 0) -> Print(own, 4) -> Discard;';
    const compiled = `${process.execPath} ${wirelet} click --engine native config.click`;
    const changed = 'ip addr del 192.0.2.1/24 dev v0; ip addr add 192.0.2.2/24 dev v0';
    const out = await inNamespace(config, `wait $router; ${compiled} 2>&1; ${changed}; ${compiled} 2>&1`, 'ip link add v0 type veth peer name v1 && ip addr add 192.0.2.1/24 dev v0 && ip link set v0 up && ip link set v1 up');
    t.same(out.match(/c000020\d/g), ['c0000201', 'c0000201', 'c0000202']);
  });
  t.test('ChatterSocket tells what is printed', { timeout: LIMIT_MS }, async (t) => {
    const config = 'RatedSource(DATA hello, RATE 10, LIMIT 100) -> Print(chat) -> Discard; ChatterSocket(tcp, 7778);';
    const listen = `const s=require("net").connect(7778,"127.0.0.1");let t="";s.on("data",b=>{t+=b;if(/chat: /.test(t)){console.log("GOT "+t.split("\\\\n")[0].trim());process.exit()}});s.on("error",()=>process.exit(1))`;
    const out = await inNamespace(config, `for i in 1 2 3 4 5 6 7 8; do ${process.execPath} -e '${listen}' && break; sleep 1; done; kill $router`);
    t.match(out, /GOT Click::ChatterSocket\/1\.0/);
  });
}
