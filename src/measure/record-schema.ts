/** JSON Schema (draft 7) of what `wirelet bench GRAPH|scale|compare --json` prints and `--history` keeps. */
import type { JsonSchema } from '../kit/config.js';
import { RECORD_FORMAT } from './record.js';
import { VERDICTS } from './comparison.js';

export const BENCH_SCHEMA_ID = 'https://wirelet.invalid/bench.schema.json';

const of = (type: string | readonly string[], description: string): JsonSchema => ({ type, description });
const number = (description: string) => of('number', description);
const orNull = (description: string) => of(['number', 'null'], description);
const text = (description: string) => of('string', description);
const list = (items: JsonSchema, description: string): JsonSchema => ({ type: 'array', items, description });
const numbers = (description: string) => list({ type: 'number' }, description);
const latencies = (description: string) => list({ type: ['number', 'null'] }, `${description} Null where it was too busy to tell.`);
const ref = (name: string): JsonSchema => ({ $ref: `#/definitions/${name}` });
const partial: JsonSchema = { const: true, description: 'It was interrupted: what is there is whole, but not all.' };

/** An object with these properties and no others; all but those of `optional` are there. */
function object(description: string, properties: Readonly<Record<string, JsonSchema>>, optional: readonly string[] = []): JsonSchema {
  return { type: 'object', description, properties, required: Object.keys(properties).filter((name) => !optional.includes(name)), additionalProperties: false };
}

const frameSize: JsonSchema = { enum: ['imix', 'captured'] };
const anySize: JsonSchema = { anyOf: [{ type: 'integer' }, frameSize], description: 'Bytes of a frame, its check sequence (4) included; imix, or captured: frames of a file.' };

const conditions = object('What the figures depend on besides what is measured.', {
  date: text('When, in UTC (ISO 8601).'),
  wirelet: text('Version.'),
  commit: of(['string', 'null'], 'Of the working tree, with + when it has changes; null outside of one.'),
  cpu: text('Model of the processor.'),
  mhz: orNull('Its clock, as the kernel tells it at that moment; null where it does not.'),
  cores: number('Processors of the machine.'),
  usable_cores: number('Processors that may be used: with one, generator and appliance take turns on it.'),
  memory_gib: number('Memory of the machine.'),
  kernel: text('Version of Linux.'),
  node: text('Version of Node.'),
  vmm: { enum: ['kvm', 'qemu', 'process', 'native', 'node'], description: 'How the appliance ran.' },
  load_average: number('Of the last minute.'),
  host_fingerprint: text('Hash of processor, cores, memory and kernel: figures of different hosts are not compared.'),
}, ['usable_cores']);

const settings = object('What was asked for, and what frames were made and carried by.', {
  method: text('Of --method.'),
  search: { enum: ['mlr', 'binary'], description: 'How rates are searched, where they are.' },
  runs: number('Repetitions of what is repeated.'),
  trial_seconds: number('Of a trial that counts in full.'),
  from: text('Interface that frames are sent to.'),
  traffic: text('What is sent, in words.'),
  forwarded: number('Of the frames offered those that come out when the appliance is idle, 0 to 1.'),
  fcs_bytes: number('Check sequence of a frame: sizes include it.'),
  gap_bytes: number('Preamble, start delimiter and gap: layer 1 counts them.'),
  ring_size: orNull('Descriptors of a ring; null where there are none.'),
  batch_size: number('Packets that go through the graph together, at most.'),
  generator: text('What sends and counts frames, and where.'),
  maximum_pps: number('Frames a second that are offered at most.'),
}, ['search', 'runs', 'fcs_bytes', 'gap_bytes']);

const histogram = object('Times from sending to receiving, in nanoseconds.', {
  count: number('Frames.'),
  min_ns: number('Least.'),
  max_ns: number('Greatest.'),
  sum_ns: number('All together.'),
  buckets: list({ type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 }, 'Pairs of greatest value (inclusive) and count, ascending; each at most 1/128 wide.'),
});

const trial = object('Frames at one rate for a time, and what came out.', {
  rate: number('Frames a second that were asked for.'),
  seconds: number('Of the offered load.'),
  offered: number('Frames that were due.'),
  expected: number('Frames that should have come out.'),
  received: number('Frames that came out.'),
  unsent: number('Frames for which the device had no buffer: they count as lost.'),
  reordered: orNull('Frames that came out after one that was sent later; null where frames carry no numbers.'),
  duplicated: orNull('Frames that came out again.'),
  corrupted: orNull('Frames whose content or number had changed.'),
  pacing: object('How well the generator kept the rate, by the clock of the system.', { error_ppm: number('Parts per million that it took longer.'), max_late_ns: number('How late a frame\'s turn came at most.') }),
  recovery_ns: number('From the end of the surge before it to its last loss.'),
  latency: ref('histogram'),
}, ['pacing', 'recovery_ns', 'latency']);

const fullSpeed = object('Packets when the appliance sets the pace.', {
  conditions: ref('conditions'),
  samples: numbers('Nanoseconds a packet, of each run.'),
  median: number('Of the samples.'),
  unit: { const: 'ns/packet' },
  mpps: number('Million packets a second.'),
  ns_per_packet: number('The median.'),
  cycles_per_packet: orNull('Of the time-stamp counter; null where it was not measured.'),
  core_to_core_ns: latencies('Nanoseconds of a word from one core to the other, one way, before and after the runs; not there on one core.'),
}, ['core_to_core_ns']);

const goal = object('What is asked of a rate.', {
  name: text('NDR (no loss) or PDR (0.5 % of it).'),
  loss_ratio: number('That a trial may have, 0 to 1.'),
  exceed_ratio: number('Part of the trials\' time that may exceed it.'),
  trial_seconds: number('Of a trial that counts in full.'),
  sum_seconds: number('That trials at a load need together for a verdict.'),
  width: number('How far the bounds may be apart in the end, relative to the upper one.'),
});

const goalResult = object('The rate that a goal allows.', {
  goal: ref('goal'),
  lower: orNull('The highest load that fulfils the goal, frames a second; null: there is none.'),
  upper: orNull('The lowest load that does not; null: even the maximum fulfils it.'),
  throughput: orNull('What came out at the lower bound.'),
  reason: text('Why there is no rate, or no narrower one.'),
}, ['reason']);

/** What each method adds to a result. */
const METHODS: Readonly<Record<string, readonly [Readonly<Record<string, JsonSchema>>, readonly string[]]>> = {
  'full-speed': [{}, []],
  throughput: [{ goals: list(ref('goal_result'), 'NDR and PDR.') }, []],
  latency: [{
    pdr: number('Frames a second that the loads are parts of.'),
    loads: list(object('One load.', { load: text('unloaded, or a part of the PDR.'), rate: number('Frames a second.'), loss_ratio: number('Median of the trials.'), latency: { anyOf: [ref('histogram'), { type: 'null' }] } }), 'From none to 90 % of the PDR.'),
  }, []],
  loss: [{ points: list(object('One load.', { rate: number('Frames a second.'), loss_ratio: number('Lost of expected, 0 to 1.') }), 'From the highest rate down.') }, []],
  'back-to-back': [{ bursts: numbers('Frames of the longest burst without loss, of each repetition.'), average: number('Of the bursts.'), minimum: number('Of them.'), maximum: number('Of them.') }, []],
  soak: [{ rate: number('Frames a second.'), seconds: number('How long.'), offered: number('Frames.'), lost: number('Frames.'), lossy: number('Trials in which anything was lost.') }, []],
  reset: [{ rate: number('Frames a second.'), times_us: numbers('From a restart to the first frame out, of those that had one.'), restarts: number('How many there were.') }, []],
  recovery: [{
    surge_rate: number('Frames a second of the overload.'), rate: number('And after it.'), surge_seconds: number('How long the overload was.'),
    times_us: list({ type: ['number', 'null'] }, 'From the end of the overload to the last lost frame; null where it was not measured.'),
  }, []],
  pacing: [{ rates: list(object('One rate.', { rate: number('Frames a second.'), error_ppm: orNull('Median of its size.'), max_late_ns: orNull('The latest frame.'), loss_ratio: number('Median of the trials.') }), 'The rates that are looked at.') }, []],
};

const results = Object.entries(METHODS).map(([name, [properties, optional]]): JsonSchema =>
  object(`A result of --method ${name}.`, {
    method: { const: name },
    frame_size: anySize,
    frame_bytes: number('Mean bytes of the frames that were sent, their check sequence included.'),
    full_speed: ref('full_speed'),
    ...properties,
    ...(name === 'full-speed' ? {} : { trials: list(ref('trial'), 'Every trial, in order.') }),
    partial,
  }, ['frame_bytes', 'full_speed', 'partial', ...optional]));

const figure = object('A figure of a result, in words.', {
  frame_size: text('Bytes, imix or captured.'),
  what: text('What it is of.'),
  value: orNull('Null where there is none: the note says why.'),
  unit: text('Of the value.'),
  l1_gbps: orNull('Gigabits a second of that rate with preamble and gap; null where it is of no rate.'),
  l2_gbps: orNull('The same without these.'),
  note: text('More of it.'),
});

const record = object('What `wirelet bench GRAPH --json` prints.', {
  format: { const: RECORD_FORMAT, description: 'Of records; another number is another format.' },
  subject: text('The graph or image.'),
  conditions: ref('conditions'),
  settings: ref('settings'),
  results: list(ref('result'), 'One for each frame size.'),
  figures: list(ref('figure'), 'The figures of all results, one by one.'),
  partial,
  samples: numbers('Nanoseconds a packet at full speed, at the first size: what is compared.'),
  median: orNull('Of the samples.'),
  unit: { const: 'ns/packet' },
  mpps: orNull('Million packets a second at full speed.'),
  ns_per_packet: orNull('The median.'),
  cycles_per_packet: orNull('Of the time-stamp counter.'),
}, ['figures', 'partial']);

const scale = object('What `wirelet bench scale --json` prints.', {
  conditions: ref('conditions'),
  results: list(object('One growth.', {
    name: text('Of --only.'),
    title: text('In words.'),
    of: text('What is counted by size.'),
    series: list(object('A line of a plot.', {
      name: text('What it shows.'),
      unit: { enum: ['ns/packet', 's', 'bytes'] },
      points: list(object('One size.', { size: number('How many.'), samples: numbers('Each.'), median: number('Of them.') }), 'By size.'),
    }), 'Lines.'),
    skipped: list(object('A size that was left out.', { size: number('How many.'), reason: text('Why.') }), 'Sizes that were left out.'),
  }), 'Growths.'),
  partial,
  samples: numbers('None: there is no single figure.'),
  median: { type: 'null' },
  unit: { const: 'ns/packet' },
}, ['partial']);

const comparison = object('What `wirelet bench compare A B --json` prints.', {
  conditions: ref('conditions'),
  names: list({ type: 'string' }, 'What A and B are: files, or revisions with their commits.'),
  a: numbers('Nanoseconds a packet of A.'),
  b: numbers('Of B; measured in turns, a sample beside that of A.'),
  in_turns: of('boolean', 'Whether samples of the same place were measured one directly after the other.'),
  core_to_core_ns: list(latencies('Of a turn.'), 'Of each turn, nanoseconds of a word from one core to the other: before, between and after its samples. Turns in which they differ by more than half are set aside.'),
  partial,
  verdict: { enum: [...VERDICTS], description: 'Of B against A; unclear where nothing can be concluded.' },
  ratio: orNull('Time of B by time of A, at the median.'),
  interval: { anyOf: [{ type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 }, { type: 'null' }], description: 'Where that ratio lies with 95 % confidence; null where samples were not measured in turns.' },
  delta: orNull('Effect size, -1 to 1: rank-biserial correlation of pairs, or Cliff\'s delta.'),
  chance: orNull('That the same thing, measured twice, differs as much (Wilcoxon\'s signed ranks, or Mann and Whitney).'),
  text: text('The verdict in words, with the reason where there is none.'),
}, ['partial', 'core_to_core_ns']);

export function benchSchema(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: BENCH_SCHEMA_ID,
    title: 'A measurement: what `wirelet bench` prints with --json',
    anyOf: [ref('record'), ref('scale'), ref('comparison')],
    definitions: { record, scale, comparison, conditions, settings, result: { oneOf: results }, figure, full_speed: fullSpeed, goal, goal_result: goalResult, trial, histogram },
  };
}
