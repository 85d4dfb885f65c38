/** How many questions and requests the appliances answer: in memory, one thread, the time of the core alone (src/measure/in-memory.ts). */
import { readCapture } from '#src/capture/read.js';
import { CaptureWriter } from '#src/capture/write.js';
import { runAppliance } from '#src/library.js';
import { packageRoot } from '#src/package-root.js';
import { measureFullSpeed } from '#src/measure/full-speed.js';
import { compileUnit, sampleOf, writeFrames, writeUnit } from '#src/measure/in-memory.js';
import { median } from '#src/measure/statistics.js';
import { Frames } from '#src/measure/traffic/frames.js';
import { probeKvm } from '#src/run/machine.js';
import path from 'node:path';
import { program, wireletJson, type Measurement } from './goal.js';
import { inFolder } from './main-job.js';

const configuration = (name: string) => path.join(packageRoot, `configs/${name}.yaml`);

/** What a resolver asked, of all kinds, with EDNS. */
const QUESTIONS = path.join(packageRoot, 'configs/traffic/dns-server/lan-in.pcap');
const QUESTION_BYTES = 128;
const QUESTIONS_PER_SAMPLE = 3_000_000;

/** The questions by UDP of a capture, without what is between them. */
export function questionFrames(file = QUESTIONS): Buffer[] {
  const isQuestion = (frame: Buffer) => frame.length >= 54 && frame.readUInt16BE(12) === 0x0800 && frame[23] === 17 && frame.readUInt16BE(36) === 53;
  return [...readCapture(file)].map(({ bytes }) => Buffer.from(bytes)).filter(isQuestion);
}

/** Questions as frames of one interface, round and round. */
export const measureQuestions = (samples: number): Promise<Measurement[]> => inFolder(async (folder) => {
  const unit = await writeUnit(configuration('dns-server'), path.join(folder, 'dns.c'), { rate: '0' });
  const built = await compileUnit(unit, path.join(folder, 'dns'), { WL_BENCH_COPY: 1, WL_BENCH_CHECK: 0, WL_BENCH_FRAME_BYTES: QUESTION_BYTES });
  const questions = questionFrames();
  const frames = new Frames(questions.length, QUESTION_BYTES);
  for (const question of questions) frames.add(0, question);
  const input = writeFrames(frames, path.join(folder, 'questions'));
  const rates: number[] = [];
  for (let sample = 0; sample < samples; sample += 1) {
    const { ns, sent, packets } = await sampleOf(built, input, QUESTIONS_PER_SAMPLE);
    if (sent !== packets) throw new Error(`${packets - sent} of ${packets} questions were not answered`);
    rates.push(1000 / ns);
  }
  return [{ name: 'queries answered, one core', value: median(rates), samples: rates, note: `native, in memory, ${questions.length} questions of all kinds in turn` }];
});

/** The same from a generator's ring to a VM, and the answers back. */
export const measureQuestionsInVm = (samples: number): Promise<Measurement[]> => inFolder(async (folder) => {
  if (!probeKvm().usable) return [];
  const template = path.join(folder, 'questions.pcap');
  const writer = new CaptureWriter(template);
  for (const question of questionFrames()) writer.write(0n, question);
  writer.close();
  const speed = await measureFullSpeed({ file: configuration('dns-server'), vmm: 'kvm', runs: samples, count: QUESTIONS_PER_SAMPLE, load: { set: { rate: '0' } }, traffic: { template } });
  return [{ name: 'queries answered, one core, in a VM', value: speed.mpps, samples: speed.samples.map((ns) => 1000 / ns), note: 'the generator and who takes the answers on the other core' }];
});

const PAGE = '/';
const CLIENTS = 256;
const REQUESTS_PER_SAMPLE = 1_000_000;

/** Clients that ask anew as soon as they have their page: bench/wl_http_client.h. */
export const measureRequests = (samples: number): Promise<Measurement[]> => inFolder(async (folder) => {
  const unit = await writeUnit(configuration('web-server'), path.join(folder, 'web.c'), {}, 'wl_http_client.h');
  const built = await compileUnit(unit, path.join(folder, 'web'), {});
  const rates: number[] = [];
  for (let sample = 0; sample < samples; sample += 1) {
    const [requests, ns] = (await program(built, [String(REQUESTS_PER_SAMPLE), String(CLIENTS), PAGE])).trim().split(' ').map(Number) as [number, number];
    rates.push((requests / ns) * 1e6);
  }
  return [{ name: 'requests answered, one core', value: median(rates), samples: rates, note: `native, in memory, ${CLIENTS} connections; the clients take part of the time` }];
});

/** Memory is fixed when an appliance is built; test/system/web-load.test.ts opens as many connections, and holds them. */
export const measureWebMemory = (): Promise<Measurement[]> => inFolder(async (folder) => {
  const image = path.join(folder, 'image');
  const build = (name: string, ...words: string[]) => wireletJson<{ memory_bytes: number }>(['build', configuration(name), '-o', image, ...words]);
  const idle = await build('web-server', '--set', 'connections=10000');
  const site = await build('project-site');
  const { memory } = await runAppliance(image, { ports: { lan: `pcap:in=${path.join(packageRoot, 'configs/traffic/firewall/lan-in.pcap')}` } });
  const vmm = memory.vmm_private_bytes;
  return [
    { name: 'memory with 10,000 idle connections', value: idle.memory_bytes / 2 ** 20 },
    ...(vmm === null ? [] : [{ name: 'project-site, memory all told', value: (site.memory_bytes + vmm) / 2 ** 20, note: 'the guest, and what the VMM has for itself' }]),
  ];
});
