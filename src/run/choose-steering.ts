/** How many processors an appliance runs on, and how frames are dealt out to them; refused where that would not be right. */
import { failure } from '../diagnostics.js';
import { CORES_MAX, SPLIT_HINT, splitOf } from '../graph/split.js';
import type { Choice } from './choose-vmm.js';
import type { RunOptions } from './run-request.js';
import type { SteeringRules } from './steering.js';
import type { Subject } from './subject.js';

export function chooseSteering({ processors, ports }: RunOptions, subject: Subject, { vmm }: Choice, seed: number): SteeringRules {
  const asked = subject.kind === 'graph' ? (subject.plan.graph.cpus ?? 1) : (subject.manifest.processors?.count ?? 1);
  const cores = processors ?? asked;
  if (!Number.isInteger(cores) || cores < 1 || cores > CORES_MAX) throw failure('WL4150', `${cores} is not a number of processors`, `Give 1 to ${CORES_MAX}.`);
  if (cores === 1) return { seed, cores, by: 'ports', answers: false, teaches: false };
  const split = subject.kind === 'graph' ? splitOf(subject.plan.graph.instances) : subject.manifest.processors;
  if (split === undefined) throw failure('WL4150', `${subject.file} was built by a version of Wirelet that knew one processor only`, 'Build it again.');
  if (split.obstacles.length > 0) {
    const reasons = split.obstacles.map(({ element, class: type, reason }) => `  "${element}" (${type}): ${reason}`);
    throw failure('WL1290', `${subject.file} cannot be split over ${cores} processors:\n${reasons.join('\n')}`, SPLIT_HINT);
  }
  if (vmm === 'qemu') throw failure('WL4150', 'QEMU gives an appliance one processor', 'Take --vmm kvm or process, or --cpus 1.');
  const lent = [...ports].find(([, { kind }]) => kind === 'ring');
  if (lent !== undefined) throw failure('WL4150', `a switch that takes frames from the rings of "${lent[0]}" itself knows one processor only`, 'Give the appliance of the site one processor.');
  return { seed, cores, by: split.by, answers: split.answers, teaches: split.teaches };
}
