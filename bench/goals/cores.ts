/** What a second processor brings: in memory, where nothing but the graph takes time, and in VMs. */
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { packageRoot } from '#src/package-root.js';
import { compileUnit, runUnit, writeFrames, writeUnit } from '#src/measure/in-memory.js';
import { median } from '#src/measure/statistics.js';
import { probeKvm } from '#src/run/machine.js';
import { Steering } from '#src/run/steering.js';
import { listFile } from '../lists.js';
import { SCENARIOS } from '../scenarios.js';
import { wireletJson, type GoalGroup, type Measurement } from './goal.js';
import { inFolder } from './main-job.js';

/** `teaches`: what a copy learns of a host the others hear of, so that both have learnt all when the measuring begins. */
const JOBS = [{ job: 'router-100' }, { job: 'firewall-1000' }, { job: 'conntrack-100k' }, { job: 'switch-1k', teaches: true }] as const;
const VM = 'two virtual processors against one, packets a second';
const goalOf = (job: string) => `two processors against one, ${job}`;
/** Each run takes about a second. */
const PACKETS = 40_000_000;
const VM_FRAMES = 300_000;

export const CORES: GoalGroup = {
  name: 'cores',
  title: 'More than one core',
  text: 'In memory: frames dealt out to two copies of the graph, at work at the same time, against one copy with all frames; time is that of the cores. In VMs: frames of 1,518 bytes are searched for byte strings three times over (StringClassifier), so that the graph and not the generator is what takes time, by the clock on the wall; on two cores both processors and the generator, which makes each frame and copies it twice, share them.',
  goals: [...JOBS.map(({ job }) => ({ name: goalOf(job), unit: 'times' })), { name: VM, unit: 'times' }],
  async measure(say, samples) {
    if (os.cpus().length < 2) throw new Error('there is one core only');
    const measured: Measurement[] = [];
    for (const each of JOBS) {
      say(each.job);
      measured.push(await inMemory(each, samples));
    }
    const { usable, problem } = probeKvm();
    say(usable ? 'virtual machines' : `no virtual machines: ${problem}`);
    if (usable) measured.push(await inVms(samples));
    return measured;
  },
};

/** Packets a microsecond, by the time of the core. */
async function rateOf(program: string, core: number, frames: string): Promise<number> {
  const [packets, , ns] = (await runUnit('taskset', ['-c', String(core), program, String(PACKETS)], frames)).trim().split(' ').map(Number) as [number, number, number];
  return (packets / ns) * 1000;
}

async function inMemory({ job, teaches = false }: { job: string; teaches?: boolean }, samples: number): Promise<Measurement> {
  return inFolder(async (folder) => {
    listFile(job); // what the graph includes is there then
    const scenario = SCENARIOS.find(({ name }) => name === job)!;
    const unit = await writeUnit(path.join(packageRoot, `bench/scenarios/${job}.yaml`), path.join(folder, 'unit.c'));
    const program = await compileUnit(unit, path.join(folder, 'program'), { WL_BENCH_COPY: Number(scenario.copy), WL_BENCH_CHECK: 0 });
    const frames = scenario.hot();
    const steering = new Steering({ seed: 1, cores: 2, by: 'ports', answers: false, teaches });
    const whole = writeFrames(frames, path.join(folder, 'whole'));
    const halves = [0, 1].map((core) => writeFrames(frames.chosen((frame, setup) => (teaches && setup) || steering.core(frame) === core), path.join(folder, `half${core}`)));
    const ratios: number[] = [];
    for (let index = 0; index < samples; index += 1) {
      const one = await rateOf(program, index % 2, whole);
      const two = await Promise.all(halves.map((half, core) => rateOf(program, core, half)));
      ratios.push((two[0]! + two[1]!) / one);
    }
    return { name: goalOf(job), value: median(ratios), samples: ratios, note: 'packets in memory, by the time of the cores' };
  });
}

async function inVms(samples: number): Promise<Measurement> {
  return inFolder(async (folder) => {
    const graph = path.join(folder, 'search.yaml');
    const searches = ['"root.exe", "cmd.exe"', '"/etc/passwd", "/bin/sh"', '"xp_cmdshell", "union select"'];
    const chain = searches.map((strings, index) => `  s${index} :: StringClassifier(${strings});\n  s${index}[0], s${index}[1] -> Discard;\n`);
    writeFileSync(graph, `interfaces: [lan, wan]\ngraph: |\n${chain.join('')}  lan -> s0; s0[2] -> s1; s1[2] -> s2; s2[2] -> wan;\n  wan -> Discard\n`);
    const rate = async (cpus: number) => {
      const outcome = await wireletJson<{ rates: Record<string, { sent: number; elapsed_ns: number }> }>(['run', graph, '--vmm', 'kvm', '--cpus', String(cpus), '--until-idle', '--port', `lan=gen:size=1518,count=${VM_FRAMES},flows=1000`]);
      return (outcome.rates['lan']!.sent / outcome.rates['lan']!.elapsed_ns) * 1000;
    };
    const pairs: [number, number][] = [];
    for (let index = 0; index < samples; index += 1) pairs.push([await rate(1), await rate(2)]);
    const ratios = pairs.map(([one, two]) => two / one);
    return { name: VM, value: median(ratios), samples: ratios, note: `${median(pairs.map(([one]) => one)).toFixed(2)} and ${median(pairs.map(([, two]) => two)).toFixed(2)} Mpps` };
  });
}
