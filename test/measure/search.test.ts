/** The search finds what a device can do, within 1 %, and never calls a rate loss-free that is not. */
import t from 'tap';
import { binarySearch } from '#src/measure/binary-search.js';
import { classify, mlrSearch, usualGoals, type Goal } from '#src/measure/mlrsearch.js';
import { lossRatio, type Trial } from '#src/measure/trial.js';
import { random, SimulatedDevice, type Simulation } from './simulated-device.js';

const SEEDS = process.env.WIRELET_SEED === undefined ? Array.from({ length: 20 }, (_, index) => index + 1) : [Number(process.env.WIRELET_SEED)];
const within = (value: number | null, truth: number, part = 0.01) => value !== null && Math.abs(value - truth) <= part * truth;

/** What is true of a simulated device for trials of one second. */
const TRUTHS: Record<string, { simulation: (pick: () => number) => Simulation; ndr: (simulation: Simulation) => number; pdr: (simulation: Simulation) => number }> = {
  'a steady device': {
    simulation: (pick) => ({ capacity: 1e3 * 2e4 ** pick() }),
    ndr: ({ capacity, maximum = 20e6 }) => Math.min(maximum, capacity + 256),
    pdr: ({ capacity, maximum = 20e6 }) => Math.min(maximum, (capacity + 256) / 0.995),
  },
  'a device faster than the generator': {
    simulation: () => ({ capacity: 50e6 }),
    ndr: () => 20e6,
    pdr: () => 20e6,
  },
  'a device that is held up in one trial of ten': {
    simulation: (pick) => ({ capacity: 1e6 * (1 + 9 * pick()), hiccups: 0.1 }),
    ndr: ({ capacity }) => capacity + 256,
    pdr: ({ capacity }) => (capacity + 256) / 0.995,
  },
  'a device that is never twice the same': {
    simulation: (pick) => ({ capacity: 1e6 * (1 + 9 * pick()), noise: 0.004 }),
    ndr: ({ capacity }) => capacity * 0.998 + 256,
    pdr: ({ capacity }) => (capacity * 0.998 + 256) / 0.995,
  },
  'a device that stalls every tenth of a second': {
    simulation: (pick) => ({ capacity: 8e6, stall: { every: 0.1, lasts: 0.0005 + 0.0005 * pick() }, buffer: 2048 }),
    ndr: ({ stall }) => 2048.5 / stall!.lasts,
    // In each tenth of a second `rate * lasts` less what the buffer holds; beyond what it forwards, all of that is lost, too.
    pdr: ({ capacity, stall, buffer }) => {
      const stalls = 1 / stall!.every;
      const below = (stalls * buffer!) / (stalls * stall!.lasts - 0.005);
      return below > 0 && below <= capacity + buffer! ? below : (capacity + (1 + stalls) * buffer!) / (1 + stalls * stall!.lasts - 0.005);
    },
  },
  'a device whose stalls fall anywhere': {
    simulation: (pick) => ({ capacity: 18e6, queue: true, stall: { every: 0.05, lasts: 0.0006 + 0.0009 * pick() }, buffer: 4096 }),
    ndr: ({ stall, buffer }) => buffer! / stall!.lasts,
    pdr: ({ stall, buffer }) => buffer! / (stall!.lasts - 0.005 * stall!.every),
  },
};

for (const [name, { simulation, ndr, pdr }] of Object.entries(TRUTHS)) {
  t.test(`MLRsearch finds the rate of ${name}`, async (t) => {
    for (const seed of SEEDS) {
      const simulated = { ...simulation(random(seed)), seed };
      const device = new SimulatedDevice(simulated);
      const { goals: [first, second], trials } = await mlrSearch(device, usualGoals(1));
      t.ok(within(first!.lower, ndr(simulated)), `NDR ${first!.lower} of ${ndr(simulated)} (WIRELET_SEED=${seed}) in ${device.trials} trials`);
      t.ok(within(second!.lower, pdr(simulated)), `PDR ${second!.lower} of ${pdr(simulated)} (WIRELET_SEED=${seed})`);
      t.ok(first!.lower! <= second!.lower!, 'less loss is not faster');
      t.ok(trials.some(({ rate, seconds, ...trial }) => rate === first!.lower && seconds >= 1 && lossRatio({ rate, seconds, ...trial }) === 0), 'a whole trial without loss');
      t.ok(device.trials <= 100, `${device.trials} trials`);
    }
    t.end();
  });

  t.test(`binary search finds the rate of ${name}`, async (t) => {
    for (const seed of SEEDS) {
      const simulated = { ...simulation(random(seed)), seed };
      const device = new SimulatedDevice(simulated);
      const { goals: [goal] } = await binarySearch(device, { name: 'NDR', loss_ratio: 0, trial_seconds: 1, width: 0.002, attempts: 3 });
      t.ok(within(goal!.lower, ndr(simulated)), `${goal!.lower} of ${ndr(simulated)} (WIRELET_SEED=${seed}) in ${device.trials} trials`);
    }
    t.end();
  });
}

t.test('a device that always loses has no loss-free rate, and the search says so', async (t) => {
  const device = new SimulatedDevice({ capacity: 5e6, loses: 0.001 });
  const { goals: [ndr, pdr] } = await mlrSearch(device, usualGoals(1), { minimum: 1000 });
  t.equal(ndr!.lower, null);
  t.match(ndr!.reason, /even 1000 frames a second/);
  t.ok(within(pdr!.lower, (5e6 + 256) / 0.996), `${pdr!.lower}`);
  const { goals: [bsw] } = await binarySearch(device, { name: 'NDR', loss_ratio: 0, trial_seconds: 1, width: 0.01, attempts: 2 }, { minimum: 1000 });
  t.equal(bsw!.lower, null);
});

t.test('a device that loses some frames in a row each second has a PDR alone, however short trials look', async (t) => {
  for (const seed of SEEDS) {
    const capacity = 1e6 * (1 + 9 * random(seed)());
    const device = new SimulatedDevice({ capacity, burst: { every: 1, frames: 100 }, seed });
    const { goals: [ndr, pdr] } = await mlrSearch(device, usualGoals(1), { minimum: 10_000 });
    t.equal(ndr!.lower, null, `NDR ${ndr!.lower} (WIRELET_SEED=${seed})`);
    t.ok(ndr!.reason);
    t.ok(within(pdr!.lower, (capacity + 256) / 0.995), `PDR ${pdr!.lower} of ${(capacity + 256) / 0.995} (WIRELET_SEED=${seed})`);
  }
});

t.test('a device that answers nothing ends the search', async (t) => {
  const device = new SimulatedDevice({ capacity: 0, buffer: 0 });
  const { goals } = await mlrSearch(device, usualGoals(1));
  for (const { lower, reason } of goals) {
    t.equal(lower, null);
    t.ok(reason);
  }
  t.ok(device.trials < 100);
});

t.test('a device without any order ends the search with a reason, and no rate is called loss-free that lost', async (t) => {
  for (const seed of SEEDS) {
    const next = random(seed);
    const trials: Trial[] = [];
    const device = {
      maximum: 1e6,
      async trial(rate: number, seconds: number): Promise<Trial> {
        const offered = Math.round(rate * seconds);
        const trial = { rate, seconds, offered, expected: offered, received: next() < 0.5 ? offered : Math.floor(offered * next()), unsent: 0, reordered: 0, duplicated: 0, corrupted: 0 };
        trials.push(trial);
        return trial;
      },
    };
    const { goals: [ndr] } = await mlrSearch(device, usualGoals(1), { trials_max: 200 });
    t.ok(trials.length <= 200);
    if (ndr!.lower !== null) t.ok(trials.some((trial) => trial.rate === ndr!.lower && trial.seconds >= 1 && lossRatio(trial) === 0), `WIRELET_SEED=${seed}`);
  }
  t.end();
});

t.test('a load is judged by the time that was good and bad', async (t) => {
  const goal: Goal = { name: 'g', loss_ratio: 0.01, exceed_ratio: 0.5, trial_seconds: 1, sum_seconds: 3, width: 0.01 };
  const trial = (seconds: number, loss: number): Trial => ({ rate: 1, seconds, offered: 1000, expected: 1000, received: 1000 * (1 - loss), unsent: 0, reordered: 0, duplicated: 0, corrupted: 0 });
  t.equal(classify(goal, []), 'undecided');
  t.equal(classify(goal, [trial(1, 0)]), 'undecided', 'two seconds are missing');
  t.equal(classify(goal, [trial(1, 0), trial(1, 0.01)]), 'lower');
  t.equal(classify(goal, [trial(1, 0.02), trial(1, 0.02)]), 'upper');
  t.equal(classify(goal, [trial(1, 0.02), trial(1, 0), trial(1, 0)]), 'lower');
  t.equal(classify(goal, [trial(0.5, 0.02), trial(0.5, 0)]), 'undecided', 'short trials balance each other');
  t.equal(classify({ ...goal, exceed_ratio: 0 }, [trial(1, 0.02)]), 'upper');
});
