/** Runs an appliance in the foreground, one of five ways, with one kind of outcome. */
import { checkCapture } from '../capture/check.js';
import { failure } from '../diagnostics.js';
import { chooseVmm } from './choose-vmm.js';
import { chooseSteering } from './choose-steering.js';
import type { RunOutcome } from './outcome.js';
import { expandTemplates } from './frames/template-file.js';
import { isVirtualTime } from './port-spec.js';
import { macOf, type Subject } from './subject.js';
import { SEED_DEFAULT, type RunOptions, type RunRequest } from './run-request.js';

export async function run(subject: Subject, options: RunOptions): Promise<RunOutcome> {
  const choice = chooseVmm(options.vmm, subject, options.machine);
  const seed = options.seed ?? SEED_DEFAULT;
  const steering = chooseSteering(options, subject, choice, seed);
  const virtualTime = options.realTime !== true && isVirtualTime(options.ports);
  if (options.seconds !== undefined && !(options.seconds > 0 && options.seconds <= 1e9)) {
    throw failure('WL4104', `--for ${options.seconds} is not a number of seconds above 0`, 'Write for example --for 10.');
  }
  const { ports, dispose } = expandTemplates(options.ports, (name) => macOf(subject, name));
  try {
    for (const port of ports.values()) {
      if (port.kind === 'pcap' && port.in !== undefined) checkCapture(port.in);
      if (port.kind === 'gen' && port.template !== undefined) checkCapture(port.template);
    }
    return await runBy({ ...options, ports, subject, choice, virtualTime, seed, steering });
  } finally {
    dispose();
  }
}

async function runBy(request: RunRequest): Promise<RunOutcome> {
  switch (request.choice.vmm) {
    case 'node':
      return (await import('./node/run.js')).runInNode(request);
    case 'native':
      return (await import('./native/run.js')).runNative(request);
    default:
      return (await import('./tender.js')).runTender(request);
  }
}
