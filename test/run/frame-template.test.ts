/** Frames described in YAML: their bytes, and what is said about mistakes. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { readCapture } from '#src/capture/read.js';
import { Diagnostics, DiagnosticError, placeOf, SourceText } from '#src/diagnostics.js';
import { SourceFiles } from '#src/graph/source-files.js';
import { describedFrames } from '#src/run/frames/frame-template.js';
import { expandTemplates } from '#src/run/frames/template-file.js';
import type { PortSpec } from '#src/run/port-spec.js';
import { generatedFrame } from '#src/run/node/generated-frame.js';
import { flowAt, flowSpace } from '#src/run/flows.js';

const MAC = 0x0200_0000_0001;

function read(text: string, file = 'mix.yaml') {
  const diagnostics = new Diagnostics();
  const frames = describedFrames(new SourceText(file, text), new SourceFiles(diagnostics), MAC, diagnostics);
  return { frames, problems: diagnostics.list.map(({ code, message, span }) => `${code} ${span === undefined ? '' : placeOf(span)} ${message}`) };
}

const hex = (frame: Uint8Array) => Buffer.from(frame).toString('hex');

/** Sum of 16-bit words, all ones when a checksum in it is right (RFC 1071). */
function sum(bytes: Uint8Array, start = 0): number {
  let total = start;
  bytes.forEach((byte, at) => (total += at % 2 === 0 ? byte * 256 : byte));
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000);
  return total;
}

t.test('a frame that says nothing but its size is the generator\'s own', (t) => {
  for (const size of [64, 65, 1518]) {
    const { frames, problems } = read(`frames:\n  - udp: {}\n    size: ${size}\n`);
    t.same(problems, []);
    t.equal(hex(frames[0]!), hex(generatedFrame(size, flowAt(flowSpace({}), 0), MAC)));
  }
  t.end();
});

t.test('all fields are where their standards have them', (t) => {
  const { frames, problems } = read(`
- ethernet: { src: 02:00:00:00:00:09, dst: ff:ff:ff:ff:ff:ff, vlan: 5, priority: 3 }
  ipv4: { src: 192.0.2.1, dst: 192.0.2.2, ttl: 9, dscp: 46, ecn: 1, id: 0x1234, df: 1 }
  tcp: { sport: 1, dport: 2, seq: 3, ack: 4, flags: [syn, ack], window: 6 }
  payload: { hex: "de ad be:ef" }
- ipv6: { src: "2001:db8::1", dst: "::ffff:192.0.2.1", ttl: 7, dscp: 1, flow_label: 0xabcde }
  icmp: { id: 8, seq: 9 }
  payload: ping
- ipv4: { proto: 50 }
  payload: { length: 4 }
- payload: { text: "nothing but Ethernet" }
`);
  t.same(problems, []);
  const [tcp, icmp, other, plain] = frames as [Buffer, Buffer, Buffer, Buffer];
  t.equal(hex(tcp.subarray(0, 28)), 'ffffffffffff020000000009' + '81006005' + '0800' + '45b9002c' + '12344000' + '0906');
  t.equal(hex(tcp.subarray(30, 62)), 'c0000201c0000202' + '00010002' + '00000003' + '00000004' + '50120006' + hex(tcp.subarray(54, 56)) + '0000' + 'deadbeef');
  t.equal(sum(tcp.subarray(18, 38)), 0xffff);
  t.equal(sum(tcp.subarray(38, 62), sum(tcp.subarray(30, 38), 6 + 24)), 0xffff);
  t.equal(hex(icmp.subarray(12, 54)), '86dd' + '604abcde' + '000c3a07' + '20010db8000000000000000000000001' + '00000000000000000000ffffc0000201');
  t.equal(hex(icmp.subarray(54, 56)) + hex(icmp.subarray(58)), '8000' + '00080009' + '70696e67');
  t.equal(sum(icmp.subarray(54), sum(icmp.subarray(22, 54), 58 + 12)), 0xffff);
  t.equal(other[23], 50);
  t.equal(other.length, 60);
  t.equal(hex(plain.subarray(12, 14)), '88b5');
  t.equal(plain.subarray(14, 34).toString(), 'nothing but Ethernet');
  t.end();
});

t.test('ranges, prefixes and lists give each repetition its own values', (t) => {
  const { frames, problems } = read(`
frames:
  - ipv4: { src: 10.0.0.0/30, dst: 10.1.0.1-10.1.0.9 step 4, ttl: [1, 5-6] }
    udp: { sport: { from: 7, to: 8 } }
    repeat: 12
  - udp: { dport: 1-3 }
`);
  t.same(problems, []);
  const of = (frame: Buffer) => `${frame[29]} ${frame[33]} ${frame[22]} ${frame[35]}`;
  t.same(frames.slice(0, 12).map(of), ['0 1 1 7', '1 5 5 8', '2 9 6 7', '3 1 1 8', '0 5 5 7', '1 9 6 8', '2 1 1 7', '3 5 5 8', '0 9 6 7', '1 1 1 8', '2 5 5 7', '3 9 6 8']);
  t.same(frames.slice(12).map((frame) => frame.readUInt16BE(36)), [1, 2, 3]);
  t.end();
});

t.test('JSON describes frames as well', (t) => {
  const { frames, problems } = read('{ "frames": [{ "udp": { "dport": 53 } }] }', 'mix.json');
  t.same(problems, []);
  t.equal(frames[0]!.readUInt16BE(36), 53);
  t.end();
});

t.test('mistakes are told with their place, all at once', (t) => {
  const cases: readonly [text: string, ...problems: string[]][] = [
    ['frames: []', 'WL4026 mix.yaml:1:1 there is no list of frames'],
    ['', 'WL4026 mix.yaml:1:1 there is no list of frames'],
    ['frame: []', 'WL4026 mix.yaml:1:1 a description of frames has no "frame"'],
    ['- 7\n- udp: 7', 'WL4026 mix.yaml:1:3 a frame is described by its headers', 'WL4026 mix.yaml:2:8 the fields of udp are a map'],
    ['- upd: {}\n- udp: { port: 3 }', 'WL4026 mix.yaml:1:3 a frame has no "upd"', 'WL4026 mix.yaml:2:10 udp has no "port"'],
    ['- ipv4: { src: 10.0.0.256, ttl: 256, dst: 10.0.0.9-10.0.0.1 }', 'WL4026 mix.yaml:1:16 this is not an IPv4 address', 'WL4026 mix.yaml:1:33 this is not a number from 0 to 255', 'WL4026 mix.yaml:1:43 the range ends before it begins: 10.0.0.1 is less than 10.0.0.9'],
    ['- udp: { sport: 1-9 step 0, dport: [] }', 'WL4026 mix.yaml:1:17 a step of 0 leads nowhere', 'WL4026 mix.yaml:1:36 this is not a number from 0 to 65535'],
    ['- ipv4: { src: 10.0.0.0/8 }', 'WL4026 mix.yaml:1:16 the prefix has more than 1048576 addresses'],
    ['- ipv4: {}\n  ipv6: {}', 'WL4026 mix.yaml:1:3 a frame has one of ipv4 and ipv6'],
    ['- tcp: { flags: [syn, fun] }', 'WL4026 mix.yaml:1:23 this is not a flag of TCP'],
    ['- payload: { hex: abc }', 'WL4026 mix.yaml:1:12 this is no payload'],
    ['- payload: { hex: ab, text: x }', 'WL4026 mix.yaml:1:12 this is no payload'],
    ['- udp: {}\n  payload: { length: 100 }\n  size: 64', 'WL4026 mix.yaml:1:3 size: 64 is too short: headers, payload and the frame check sequence are 146 bytes'],
    ['- udp: {}\n  size: 63\n  repeat: 0', 'WL4026 mix.yaml:2:9 size is a number from 64 to 9220', 'WL4026 mix.yaml:3:11 repeat is a number from 1 to 1048576'],
    ['- udp: {}\n  repeat: 300000', 'WL4026 mix.yaml:1:3 these frames are more than 16 MiB together with those before them'],
    ['- [', 'WL1010 mix.yaml:1:4 '],
  ];
  for (const [text, ...wanted] of cases) {
    const { problems } = read(text);
    t.equal(problems.length, wanted.length, `${JSON.stringify(text)}: ${problems.join('; ')}`);
    wanted.forEach((start, index) => t.ok(problems[index]?.startsWith(start), `${problems[index]} for ${start}`));
  }
  t.end();
});

t.test('a port with a description is run with a capture of its frames, which goes away', (t) => {
  const file = path.join(t.testdir(), 'mix.yaml');
  writeFileSync(file, '- udp: {}\n  repeat: 3\n');
  const spec: PortSpec = { kind: 'gen', size: 64, rate: 'max', flows: 1, template: file };
  const { ports, dispose } = expandTemplates(new Map<string, PortSpec>([['lan', spec], ['wan', { kind: 'null' }]]), () => MAC);
  const { template } = ports.get('lan') as { template: string };
  t.equal([...readCapture(template)].length, 3);
  t.same(ports.get('wan'), { kind: 'null' });
  dispose();
  t.throws(() => readFileSync(template), { code: 'ENOENT' });
  t.throws(() => expandTemplates(new Map([['lan', { ...spec, template: `${file}.yaml` }]]), () => MAC), DiagnosticError);
  t.end();
});
