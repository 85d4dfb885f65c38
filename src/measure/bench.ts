/** A whole measurement of one appliance: methods over frame sizes, with progress, as one record. */
import { DiagnosticError, failure } from '../diagnostics.js';
import { BATCH_PACKETS_MAX } from '../kit/limits.js';
import { ApplianceDevice, shippedTraffic, type ApplianceOptions } from './appliance-device.js';
import { binarySearch } from './binary-search.js';
import { conditions } from './conditions.js';
import { FCS_BYTES, GAP_BYTES, type FrameSize } from './frame-size.js';
import { fullSpeedOf } from './full-speed.js';
import { backToBack, latency, lossCurve, pacing, recovery, reset, soak, throughput, type OnTrial } from './methods.js';
import { RECORD_FORMAT, type BenchRecord, type Result } from './record.js';
import { formatPort } from '../run/port-spec.js';
import { rowsOf } from './rows.js';
import { median } from './statistics.js';
import { SEARCH_TRIALS, timeLeft } from './time-left.js';
import { lossRatio } from './trial.js';

export const METHODS = ['full-speed', 'throughput', 'latency', 'loss', 'back-to-back', 'soak', 'reset', 'recovery', 'pacing'] as const;
export type Method = (typeof METHODS)[number];

export interface BenchOptions extends Omit<ApplianceOptions, 'traffic'> {
  readonly method: Method;
  readonly sizes: readonly FrameSize[];
  readonly traffic: ApplianceOptions['traffic'];
  /** Runs at full speed, and repetitions of what is repeated. */
  readonly runs: number;
  /** Frames of a run at full speed. */
  readonly count?: number | undefined;
  readonly trialSeconds: number;
  readonly search: 'mlr' | 'binary';
  /** For soak; the rate also for reset and recovery. */
  readonly soakSeconds: number;
  readonly soakRate?: number | undefined;
  readonly onProgress?: (text: string) => void;
}

/** Methods that look for a rate first. */
const SEARCHING: readonly Method[] = ['throughput', 'latency', 'recovery'];
/** Runs at full speed before another method: enough to know where to look. */
const SPEED_RUNS_MAX = 7;
const BURST_MAX = 4_000_000;
/** Frames that show how fast they can be sent to what is behind a port. */
const PLUGGED_FRAMES = 200_000;

export async function bench(options: BenchOptions): Promise<BenchRecord> {
  const results: Result[] = [];
  let settings: BenchRecord['settings'] | undefined;
  let vmm = options.vmm;
  let interrupted = false;
  const template = options.traffic.template;
  const sizes: readonly (FrameSize | 'captured')[] = template === undefined ? options.sizes : ['captured'];
  const progress: Progress = { began: performance.now(), sizes: sizes.length, sizesDone: 0 };
  for (const size of sizes) {
    let device: ApplianceDevice | undefined;
    try {
      const opened = await openDevice(options, size);
      const { traffic } = opened;
      device = opened.device;
      vmm = device.vmm;
      settings ??= settingsOf(options, device, traffic);
      results.push(await measure(device, traffic.startsWith('captured') ? 'captured' : size, options, progress));
      progress.sizesDone += 1;
      // A method that goes by parts gave those that were done.
      interrupted = options.signal?.aborted === true;
    } catch (error) {
      if (options.signal?.aborted !== true) throw error;
      interrupted = true;
    } finally {
      device?.close();
    }
    // One capture is the same whatever the size.
    if (interrupted || (settings?.traffic.startsWith('captured') === true)) break;
  }
  if (settings === undefined || results.length === 0) throw failure('WL4133', 'the measurement was interrupted before its first result');
  const speed = results[0]?.full_speed;
  return {
    format: RECORD_FORMAT,
    subject: options.file,
    conditions: conditions(vmm!),
    settings,
    results,
    figures: rowsOf({ results }),
    ...(interrupted ? { partial: true as const } : {}),
    samples: speed?.samples ?? [],
    median: speed === undefined ? null : median(speed.samples),
    unit: 'ns/packet',
    mpps: speed?.mpps ?? null,
    ns_per_packet: speed?.ns_per_packet ?? null,
    cycles_per_packet: speed?.cycles_per_packet ?? null,
  };
}

/** Generated frames if the appliance forwards them; else the capture that is shipped beside the graph. */
async function openDevice(options: BenchOptions, size: FrameSize | 'captured'): Promise<{ device: ApplianceDevice; traffic: string }> {
  const open = async (traffic: ApplianceOptions['traffic']) => {
    const device = await ApplianceDevice.open({ ...options, traffic }, (what) => options.onProgress?.(`${what} ...`));
    try {
      await device.findForwarded();
      return device;
    } catch (error) {
      device.close();
      throw error;
    }
  };
  const { template } = options.traffic;
  if (size === 'captured') return { device: await open(options.traffic), traffic: `captured frames: ${template}` };
  const flows = options.traffic.flows ?? 64;
  try {
    return { device: await open({ ...options.traffic, size }), traffic: `UDP, ${flows} flows` };
  } catch (error) {
    const unforwarded = error instanceof DiagnosticError && error.diagnostics.some(({ code }) => code === 'WL4131');
    // What is behind a port would have to send the capture's frames back as well.
    if (!unforwarded || (options.plugs?.size ?? 0) > 0) throw error;
    const shipped = shippedTraffic(options.file, options.from ?? (await firstInterface(options)));
    if (shipped === undefined) throw error;
    options.onProgress?.(`generated frames are not forwarded: sending ${shipped} instead`);
    return { device: await open({ ...options.traffic, template: shipped }), traffic: `captured frames: ${shipped}` };
  }
}

async function firstInterface(options: BenchOptions): Promise<string> {
  const { interfaceNames, openSubject } = await import('../run/subject.js');
  return interfaceNames((await openSubject(options.file, options.load)).subject)[0] ?? '';
}

function settingsOf(options: BenchOptions, device: ApplianceDevice, traffic: string): BenchRecord['settings'] {
  return {
    method: options.method,
    ...(SEARCHING.includes(options.method) ? { search: options.method === 'throughput' ? options.search : 'mlr' as const } : {}),
    runs: options.runs,
    trial_seconds: options.trialSeconds,
    from: device.from,
    traffic,
    forwarded: device.forwards,
    fcs_bytes: FCS_BYTES,
    gap_bytes: GAP_BYTES,
    ring_size: device.ringSize,
    batch_size: device.vmm === 'node' ? 1 : BATCH_PACKETS_MAX,
    generator: `built in: one thread makes frames and takes them back, on a core of its own where there is one${[...(options.plugs ?? [])].map(([name, spec]) => `; behind ${formatPort(name, spec)}`).join('')}`,
    maximum_pps: device.maximum,
  };
}

interface Progress {
  readonly began: number;
  readonly sizes: number;
  sizesDone: number;
}

/** Trials of one size, as far as they are known before; see the methods. */
function usualTrials({ method, search, runs, soakSeconds }: BenchOptions): number {
  const searched = SEARCH_TRIALS[search];
  const trials: Record<Method, number> = {
    'full-speed': 1, throughput: searched, latency: SEARCH_TRIALS.mlr + 4 * runs, loss: 10, 'back-to-back': 15 * runs, soak: Math.ceil(soakSeconds / 10), reset: runs, recovery: SEARCH_TRIALS.mlr + runs, pacing: 4 * runs,
  };
  return trials[method];
}

async function measure(device: ApplianceDevice, frame_size: FrameSize | 'captured', options: BenchOptions, { began, sizes, sizesDone }: Progress): Promise<Result> {
  const { method, runs, trialSeconds, onProgress } = options;
  const frames = typeof frame_size === 'number' ? `${frame_size} bytes` : frame_size;
  const usual = usualTrials(options);
  let made = 0;
  /** A size that takes more trials than usual counts as nearly done. */
  const left = () => timeLeft(began, sizesDone + Math.min(0.98, made / usual), sizes);
  const onTrial: OnTrial = (trial, doing) => {
    made += 1;
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    onProgress?.(`${frames}, ${doing}: ${(trial.rate / 1e6).toFixed(3)} Mpps, lost ${(lossRatio(trial) * 100).toFixed(3)} % (trial ${made}, ${seconds} s${left()})`);
  };
  onProgress?.(`${frames}, full speed: ${device.plugged ? 1 : method === 'full-speed' ? runs : Math.min(runs, SPEED_RUNS_MAX)} runs${left()} ...`);
  // What is behind a port does not set the pace: then this is how fast frames can be sent at all, and no result.
  const full_speed = device.plugged ? await fullSpeedOf(device, 1, options.count ?? PLUGGED_FRAMES) : await fullSpeedOf(device, method === 'full-speed' ? runs : Math.min(runs, SPEED_RUNS_MAX), options.count);
  const begin = { frame_size, frame_bytes: device.frameBytes, ...(device.plugged ? {} : { full_speed }) };
  // No trial asks for more than the appliance ever took, with room for the search to find that out by itself.
  const known = device.limitedTo(full_speed.mpps * 1e6 * 1.5);
  const pdr = async () => (await throughput(known, trialSeconds, { onTrial })).goals[1]!.lower;
  switch (method) {
    case 'full-speed':
      return { ...begin, method };
    case 'throughput': {
      if (options.search === 'mlr') return { ...begin, ...(await throughput(known, trialSeconds, { onTrial })) };
      const { goals, trials } = await binarySearch(known, { name: 'NDR', loss_ratio: 0, trial_seconds: trialSeconds, width: 0.005, attempts: 2 }, { onTrial });
      return { ...begin, method, goals, trials };
    }
    case 'latency':
      return { ...begin, ...(await latency(device, (await pdr()) ?? 1000, trialSeconds, runs, onTrial)) };
    case 'loss':
      return { ...begin, ...(await lossCurve(device, full_speed.mpps * 1e6 * 1.2, trialSeconds, onTrial)) };
    case 'back-to-back':
      return { ...begin, ...(await backToBack(known, BURST_MAX, runs, onTrial)) };
    case 'reset':
      return { ...begin, ...(await reset((rate) => device.restart(rate), options.soakRate ?? full_speed.mpps * 1e6 * 0.5, runs, (us, number) => {
        made = number;
        onProgress?.(`${frames}, restart ${number} of ${runs}: ${us === null ? 'no frame came out' : `${us.toFixed(0)} us`}${left()}`);
      })) };
    case 'recovery': {
      const throughputRate = options.soakRate ?? (await throughput(known, Math.min(trialSeconds, 1), { onTrial })).goals[0]!.lower ?? full_speed.mpps * 1e6;
      return { ...begin, ...(await recovery(device, throughputRate, trialSeconds, runs, onTrial)) };
    }
    case 'pacing':
      return { ...begin, ...(await pacing(device, trialSeconds, runs, onTrial)) };
    case 'soak':
      return { ...begin, ...(await soak(device, options.soakRate ?? full_speed.mpps * 1e6 * 0.5, options.soakSeconds, onTrial)) };
  }
}
