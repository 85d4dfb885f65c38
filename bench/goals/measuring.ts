/** What the generator itself can do, with nobody behind it to wait for. */
import path from 'node:path';
import { packageRoot } from '#src/package-root.js';
import { median } from '#src/measure/statistics.js';
import type { BenchRecord } from '#src/measure/record.js';
import { program, wireletJson, type GoalGroup, type Measurement } from './goal.js';

/** What is asked of the generator, and the goal that it shows. */
const FULL: Readonly<Record<string, string>> = {
  'size=64': 'frames of 64 bytes into a ring',
  'size=64,flows=64': 'the same, 64 flows',
  'size=64,flows=1000000': 'the same, a million flows',
  'size=64,flows=64,verify=true': 'the same, 64 flows, every frame numbered',
  'size=1518': 'frames of 1518 bytes into a ring',
};
/** Kept: what has not changed is not compiled again. */
const BUILD = path.join(packageRoot, 'build/bench');
const LEAST_MPPS = 60;
const PACED = [1e3, 100e3, 1e6, 10e6];
const paced = (rate: number) => `error of ${rate.toLocaleString('en-US')} frames a second`;

export const MEASURING: readonly GoalGroup[] = [
  {
    name: 'generator',
    title: 'The generator at full speed',
    text: 'One core fills rings in shared memory whose buffers are always there (`bench/wl_generator_bench.cpp`, which cmake builds).',
    usual: true,
    goals: Object.entries(FULL).map(([asked, name]) => ({ name, unit: 'Mpps', ...(asked.startsWith('size=64') ? { reach: { least: LEAST_MPPS } } : {}) })),
    async measure() {
      await program('cmake', ['-S', path.join(packageRoot, 'native'), '-B', BUILD]);
      await program('cmake', ['--build', BUILD, '--target', 'wl_generator_bench', '--parallel', '2']);
      const printed = await program(path.join(BUILD, 'wl_generator_bench'), []);
      return Object.entries(FULL).flatMap(([asked, name]): Measurement[] => {
        const line = printed.split('\n').find((each) => each.split(' ')[0] === asked);
        const found = /median +([\d.]+) Mpps \( *([\d.]+) TSC cycles a frame\), best +([\d.]+)/.exec(line ?? '');
        return found === null ? [] : [{ name, value: Number(found[1]), note: `${found[2]} cycles a frame; best of its slices ${found[3]} Mpps` }];
      });
    },
  },
  {
    name: 'pacing',
    title: 'The generator at a rate',
    text: '`npx wirelet bench configs/wire.yaml --method pacing`: how much longer or shorter a stream took than it was to take, by the clock of the system.',
    usual: true,
    goals: PACED.map((rate) => ({ name: paced(rate), unit: 'ppm' })),
    async measure(_, samples) {
      const record = await wireletJson<BenchRecord>(['bench', path.join(packageRoot, 'configs/wire.yaml'), '--method', 'pacing', '--runs', String(Math.max(3, samples))]);
      const [result] = record.results;
      if (result?.method !== 'pacing') throw new Error('the record holds no pacing');
      return result.rates.flatMap(({ rate, error_ppm, max_late_ns, loss_ratio }): Measurement[] => {
        const late = result.trials.filter((trial) => trial.rate === rate).flatMap(({ pacing }) => (pacing === undefined ? [] : [pacing.max_late_ns / 1e3]));
        return error_ppm === null ? [] : [{ name: paced(rate), value: error_ppm, note: `a frame was at most ${((max_late_ns ?? 0) / 1e3).toFixed(1)} us late, in the middle of the runs ${median(late).toFixed(1)} us; lost ${(loss_ratio * 100).toFixed(3)} %` }];
      });
    },
  },
];
