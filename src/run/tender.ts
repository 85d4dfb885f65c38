/** A run by the VMM `wirelet-tender` (native/tender): a VM by KVM or QEMU, or a confined process. */
import { build } from '../image/build.js';
import { openImage } from '../image/image.js';
import { refuseOtherProcessor } from '../image/processor.js';
import { nativeFile } from '../native-files.js';
import { figuresOf } from './figures.js';
import { openControl } from './control/live-appliance.js';
import type { HostEvent } from './host-events.js';
import type { RunOutcome } from './outcome.js';
import { memoryRanOut } from './out-of-memory.js';
import { formatPort } from './port-spec.js';
import { Report } from './report.js';
import type { RunRequest } from './run-request.js';
import { SharedMemory } from './shared-memory.js';
import { TenderProcess } from './tender-process.js';
import { Watchdog } from './watchdog.js';

/** File descriptors of the tender: events, the memory that is shared, and control, where it is asked for. */
const REPORT_FD = 3;
const SHARED_FD = 4;
const CONTROL_FD = 5;
/** After a signal the tender gets this long to flush its captures. */
const STOP_TIMEOUT_MS = 10_000;

export async function runTender(request: RunRequest): Promise<RunOutcome> {
  const { subject, choice, ports } = request;
  const file = request.image ?? (subject.kind === 'image' ? subject.file : (await build(subject.plan, 'vm', request.onProgress)).file);
  const { manifest, info } = openImage(file);
  refuseOtherProcessor(manifest.processor_features, choice.vmm === 'qemu');
  const tender = nativeFile('wirelet-tender');
  // QEMU takes all of its memory from the file, ours only the part that is shared.
  const shared = new SharedMemory(info!, choice.vmm === 'qemu' ? info!.sharedBase : 0, request.steering.cores);
  const control = await openControl(request, manifest);
  let watchdog: Watchdog | undefined;
  try {
    const names = manifest.interfaces.map(({ name }) => name);
    const options = [
      'run', file, '--backend', choice.vmm,
      ...names.flatMap((name) => ['--port', formatPort(name, ports.get(name) ?? { kind: 'null' })]),
      ...(choice.accelerator === undefined ? [] : ['--accelerator', choice.accelerator]),
      ...(choice.machine === undefined ? [] : ['--machine', choice.machine]),
      '--seed', String(request.seed), '--clock', request.virtualTime ? 'virtual' : 'real',
      '--parent', String(process.pid), '--report-fd', String(REPORT_FD), '--shared-fd', String(SHARED_FD),
      ...(request.untilIdle ? ['--until-idle'] : []),
      ...(request.seconds === undefined ? [] : ['--for', String(Math.round(request.seconds * 1e9))]),
      ...(request.cpus === undefined ? [] : ['--cpus', request.cpus.join(',')]),
      ...coreOptions(request),
      ...(request.spin === true ? ['--no-wait'] : []),
      ...(request.state === undefined && request.standby !== true ? [] : ['--begin-held']),
      ...(request.onFault === undefined ? [] : ['--linger']),
      ...(control === undefined ? [] : ['--control-fd', String(CONTROL_FD)]),
    ];
    const files = control === undefined ? [] : [control.channel.hostDescriptor];
    const child = await TenderProcess.start(tender, options, [shared.descriptor, ...files]);
    control?.channel.closeHost();
    const report = new Report(request, file, manifest, () => ({
      ports: Object.fromEntries(names.map((name, index) => [name, shared.port(index)])),
      elements: figuresOf(manifest, shared.counters()),
    }), {
      control: (running) => ({ progress: () => shared.progress(), hertz: () => shared.hertz(), ...(control === undefined ? {} : { appliance: control.take(running), state: control.state }) }),
      onFault(fault) {
        if (request.onFault === undefined) return;
        // The process ends when nobody wants to read its memory any more.
        void Promise.resolve().then(() => request.onFault!(fault)).catch(() => undefined).then(() => control?.channel.close());
      },
    });
    if (request.watchdog !== undefined) watchdog = new Watchdog(() => shared.loops(), request.watchdog, () => {
      report.fail({ code: 'WL4149', message: `the appliance makes no progress: no round of its loop has ended for ${request.watchdog} s`, hint: 'Run it with --vmm node to see what its elements do. On a loaded machine, give --watchdog more time.' });
      child.kill('SIGTERM');
    });
    const status = await follow(child, report, request);
    if (status === 'SIGKILL' && request.signal?.aborted !== true && memoryRanOut()) {
      report.fail({ code: 'WL5020', message: `the machine has run out of memory: the kernel ended the VMM${request.name === undefined ? '' : ` of "${request.name}"`}`, hint: 'Run fewer appliances, or graphs with smaller tables; free -m and dmesg tell more. A container may have less than the machine.' });
    }
    return report.outcome(status);
  } finally {
    watchdog?.close();
    control?.channel.close();
    shared.close();
  }
}

/** How the appliance is split over several processors. */
function coreOptions({ steering: { cores, by, answers, teaches } }: RunRequest): string[] {
  return cores === 1 ? [] : ['--cores', String(cores), '--steer', by, ...(answers ? ['--share-answers'] : []), ...(teaches ? ['--teach'] : [])];
}

/** Hands the child's events to the report until it has ended; how it did, in words. */
async function follow(child: TenderProcess, report: Report, { signal, onSilence }: RunRequest): Promise<string> {
  let killer: NodeJS.Timeout | undefined;
  const stop = () => {
    child.kill('SIGTERM');
    killer ??= setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  };
  if (signal?.aborted === true) stop();
  signal?.addEventListener('abort', stop);
  // A process that dies must not leave its VM behind.
  process.once('exit', stop);
  try {
    for await (const line of child.lines()) report.take(JSON.parse(line) as HostEvent);
    if (!report.ended) onSilence?.();
    return await child.ended();
  } finally {
    clearTimeout(killer);
    signal?.removeEventListener('abort', stop);
    process.removeListener('exit', stop);
    child.kill('SIGKILL');
    void child.ended();
  }
}
