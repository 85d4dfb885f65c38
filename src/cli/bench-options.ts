/** Options of `bench`, read and checked. */
import { GENERATED_BYTES } from '../run/port-spec.js';
import { STANDARD_SIZES, type FrameSize } from '../measure/frame-size.js';
import { VMMS } from '../run/choose-vmm.js';
import type { Vmm } from '../run/outcome.js';
import { UsageError, type Call } from './command.js';

export function vmmOf(call: Call): Vmm | undefined {
  const vmm = call.text('vmm') as Vmm | undefined;
  if (vmm !== undefined && !VMMS.includes(vmm)) throw new UsageError('WL1391', `--vmm ${vmm}: there is no such way to run`, `There are ${VMMS.join(', ')}.`);
  return vmm;
}

export function number(call: Call, name: string, unless: number, least: number, most: number): number {
  const text = call.text(name);
  const value = text === undefined ? unless : Number(text);
  const whole = name === 'runs' ? Number.isInteger(value) : Number.isFinite(value);
  if (!whole || value < least || value > most) throw new UsageError('WL1391', `--${name} ${text} is not a number from ${least} to ${most}`);
  return value;
}

export function sizesOf(text: string): FrameSize[] {
  if (text === 'all') return [...STANDARD_SIZES, 'imix'];
  const sizes = text.split(',').map((size) => (size === 'imix' ? size : Number(size)));
  const { min, max } = GENERATED_BYTES;
  if (sizes.some((size) => size !== 'imix' && !(Number.isInteger(size) && size >= min && size <= max))) throw new UsageError('WL1391', `--sizes ${text} are not sizes from ${min} to ${max}, imix, or all`);
  return sizes;
}
