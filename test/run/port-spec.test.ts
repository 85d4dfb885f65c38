/** Options of ports: what they mean, and that the command line and the VMM mean the same by them. */
import { spawnSync } from 'node:child_process';
import t from 'tap';
import { DiagnosticError } from '#src/diagnostics.js';
import { nativeFile } from '#src/native-files.js';
import { flowAt, flowCount, flowSpace } from '#src/run/flows.js';
import type { GeneratorSpec } from '#src/run/generator-spec.js';
import { formatPort, readPorts, type PortSpec } from '#src/run/port-spec.js';

/** What `--port if=...` comes to, or the first message. */
function read(text: string): PortSpec | string {
  try {
    return readPorts([`if=${text}`], [{ name: 'if' }]).get('if')!;
  } catch (error) {
    if (error instanceof DiagnosticError) return `${error.diagnostics[0]!.code} ${error.diagnostics[0]!.message}`;
    throw error;
  }
}

/** The code with which the VMM refuses to start for want of an image, or before, because of the port. */
function vmmCode(port: string): string {
  const { stderr } = spawnSync(nativeFile('wirelet-tender'), ['run', '/nonexistent', '--port', port], { encoding: 'utf8' });
  return /^WL\d{4}/.exec(stderr)?.[0] ?? stderr;
}

const RIGHT = [
  'gen:', 'gen:size=imix,count=10,rate=1k,flows=7', 'gen:size=1518,rate=1G,latency=1M,verify=true,warmup=3', 'gen:verify=false', 'gen:rate=1k,verify=true,surge=10,surge_rate=2k', 'gen:template=a\\,b.pcap,latency=1',
  'gen:flows=1000000', 'gen:flows=8,sources=10.0.0.7/30,sports=1-2,destinations=1.2.3.4,dports=65535', 'gen:flows=1M,sources=0.0.0.0/0', 'gen:rate=1', 'gen:rate=0.5k',
  'pcap:in=a,speed=x0.5', 'pcap:in=a,speed=x1000', 'pcap:in=a,speed=x0.001', 'pcap:in=a,speed=x1.234567', 'pcap:in=a,speed=recorded', 'pcap:out=b', 'pcap:in=a,speed=7k', 'tap:tap0', 'null', 'xdp:eth1', 'vhost-user:/run/a.sock', 'vhost-user:/run/a.sock,server', 'vhost-user:/run/a.sock,server,role=front-end', 'vhost-user:a,role=back-end', 'gen:mac=02:00:00:00:00:1F',
];
const WRONG = [
  'gen:size=63', 'gen:size=9221', 'gen:size=big', 'gen:rate=0.5', 'gen:rate=0', 'gen:rate=1000000001', 'gen:rate=-1', 'gen:flows=0', 'gen:flows=1000001', 'gen:latency=0', 'gen:latency=1000001',
  'gen:latency=11,rate=10', 'gen:verify=1', 'gen:warmup=0', 'gen:surge=5,rate=10,verify=true', 'gen:surge=5,surge_rate=5,verify=true', 'gen:surge=5,surge_rate=5,rate=5', 'gen:sources=10.0.0.0/33', 'gen:sources=10.0.0', 'gen:destinations=x', 'gen:sports=0-1', 'gen:sports=2-1', 'gen:dports=65536',
  'gen:flows=3,sources=10.0.0.0/31,sports=9', 'gen:template=a,sources=10.0.0.0/8', 'gen:template=', 'gen:flow=3',
  'pcap:', 'pcap:in=a,speed=x', 'pcap:in=a,speed=x0', 'pcap:in=a,speed=x1001', 'pcap:in=a,speed=x1.1234567', 'pcap:in=a,speed=', 'tap:', 'tap:a-name-that-is-too-long', 'socket:1', 'xdp:', 'xdp:a/b', 'vhost-user:', 'vhost-user:,server', 'vhost-user:a,sever', 'vhost-user:a,role=driver', 'gen:mac=02:00', 'gen:mac=02:00:00:00:00:0g',
];

t.test('options that are right are printed for the VMM, which reads them', (t) => {
  for (const text of RIGHT) {
    const spec = read(text);
    if (typeof spec === 'string') t.fail(`${text}: ${spec}`);
    else {
      t.equal(vmmCode(formatPort('if', spec)), 'WL4010', `${text} as ${formatPort('if', spec)}`);
      t.same(read(formatPort('if', spec).slice(3)), spec, `${text} is read again`);
    }
  }
  t.end();
});

t.test('options that are wrong are refused here and by the VMM', (t) => {
  for (const text of WRONG) {
    const answer = read(text);
    t.type(answer, 'string', text);
    t.match(answer, /^WL4004/, text);
    t.equal(vmmCode(`if=${text}`), 'WL4004', text);
  }
  t.end();
});

t.test('messages say what to write instead', (t) => {
  t.match(read('gen:latensy=3'), 'gen has no option "latensy"');
  t.match(read('gen:flows=3,sources=10.0.0.0/31,sports=9'), 'flows=3 is more than the 2 that the addresses and ports make');
  t.match(read('gen:latency=11,rate=10'), 'latency=11 is more than rate=10');
  t.match(read('pcap:some/in.pcap'), 'pcap does not say whether to read or write a file');
  t.end();
});

t.test('no two flows are the same', (t) => {
  const spaces: Partial<GeneratorSpec>[] = [{}, { sources: '10.0.0.0/29', dports: '1-9' }, { sports: '5', dports: '6', destinations: '10.0.0.0/16' }];
  for (const ranges of spaces) {
    const space = flowSpace(ranges);
    const count = Math.min(100_000, flowCount(space));
    const flows = new Set(Array.from({ length: count }, (_, index) => Object.values(flowAt(space, index)).join(' ')));
    t.equal(flows.size, count, JSON.stringify(ranges));
  }
  t.same(flowAt(flowSpace({}), 64_512), { source: 0x0a00_0002, destination: 0x0a00_0101, source_port: 1024, destination_port: 9 });
  t.end();
});
