/** How an appliance came to its end, when it was not asked to. */
import { lineOf } from '../image/line-table.js';
import type { Manifest } from '../image/manifest.js';
import type { PanicEvent, StuckEvent } from './host-events.js';
import type { Problem } from './problem.js';

export interface Fault {
  /** An exception, or no end of a round for as long as the watchdog waits. */
  readonly kind: 'panic' | 'stuck';
  readonly problem: Problem;
  /** The exception's vector and error code, and CR2; null where there was none. */
  readonly vector: number | null;
  readonly error: number | null;
  readonly address: number | null;
  readonly rip: number;
  /** `file:line` of what ran; null: it is nobody's. */
  readonly place: string | null;
  /** Hexadecimal; 0 where the machine does not tell. */
  readonly registers: Readonly<Record<string, string>>;
}

/** Undefined: it was only slow to end. `said`: what is known already. */
export function faultOf(event: PanicEvent | StuckEvent, manifest: Manifest, said: Problem | undefined): Fault | undefined {
  const rip = event.event === 'panic' ? event.rip : Number(event.registers['rip'] ?? 0);
  const place = lineOf(manifest.internals.lines, rip) ?? null;
  const where = `at ${hex(rip)}${place === null ? '' : ` (${place})`}`;
  if (event.event === 'stuck') {
    return said?.code === 'WL4149' ? { kind: 'stuck', problem: { ...said, message: `${said.message}; it was ${where}` }, vector: null, error: null, address: null, rip, place, registers: event.registers } : undefined;
  }
  const { vector, error, address, registers = {} } = event;
  const problem = {
    code: 'WL4111',
    message: `the appliance panicked: vector ${vector} (${VECTORS[vector] ?? 'exception'}), error ${hex(error)}, address ${hex(address)}, ${where}`,
    hint: 'This is a defect of Wirelet: please report it with the graph and the input.',
  };
  return { kind: 'panic', problem, vector, error, address, rip, place, registers };
}

const hex = (value: number) => `0x${value.toString(16)}`;

/** Intel SDM volume 3, table 6-1. */
const VECTORS: Readonly<Record<number, string>> = {
  0: 'divide error', 1: 'debug', 3: 'breakpoint', 6: 'invalid opcode', 8: 'double fault', 10: 'invalid TSS',
  11: 'segment not present', 12: 'stack fault', 13: 'general protection', 14: 'page fault', 16: 'x87 error', 17: 'alignment check', 19: 'SIMD error',
};
