/** How a function of C ends when something goes wrong: a trap, or a packet that went astray. */
import type { Span } from '../diagnostics.js';
import { packetName } from './c-expression.js';
import type { Lines } from './c-lines.js';
import type { FunctionKind, Surroundings } from './c-surroundings.js';
import type { PacketLocal } from './ir.js';

/** A packet was pulled, but did not come through: there may be more behind it. */
export const ASTRAY = 'return wl_astray();';

const TRAP_RESULT: Readonly<Record<FunctionKind, string>> = {
  push: 'return;',
  learn: 'return;',
  'pull-through': ASTRAY,
  pull: ASTRAY,
  run: 'return true;',
  void: 'return;',
  procedure: 'return true;',
};

export function trapText(lines: Lines, reason: string, held: readonly PacketLocal[], around: Surroundings, at: Span): void {
  const { counter, site } = around.trap(reason, at);
  const [first, ...others] = held;
  lines.add(first === undefined ? `wl_trap(${counter}, ${site});` : `wl_trap_with(${packetName.descriptor(first)}, ${counter}, ${site});`);
  trapEnd(lines, others, around);
}

/** What follows a trap, here or in a procedure. */
export function trapEnd(lines: Lines, held: readonly PacketLocal[], around: Surroundings): void {
  for (const packet of held) {
    const p = packetName.descriptor(packet);
    lines.add(packet.main ? `wl_release_apart(${p});` : `if (${p} != NULL) wl_release_apart(${p});`);
  }
  lines.add(TRAP_RESULT[around.kind]);
}
