/** What the variables of a decision program are to those who choose among them. */
import { fullMask } from './expression.js';
import type { Variable } from './program.js';

/** Fragments, lengths, protocol: the variables that tell kinds of packets apart, in the order to ask. */
export function kindOrder(variable: Variable): number | undefined {
  if (variable.kind === 'length') return 1;
  const { anchor, offset } = variable.field;
  if (anchor !== 'network') return undefined;
  return offset === 6 ? 0 : offset === 9 ? 2 : undefined;
}

/** Whether a variable tells kinds of packets apart with likely answers: what asks for it is printed as code. */
export function tellsKinds(variable: Variable): boolean {
  return (kindOrder(variable) ?? 2) < 2;
}

export function isProtocol(variable: Variable): boolean {
  return kindOrder(variable) === 2;
}

/** Addresses and ports: what lists compare. */
export function isListable(variable: Variable): boolean {
  if (variable.kind === 'length' || variable.mask !== fullMask(variable.field.size)) return false;
  const { anchor, offset, size } = variable.field;
  if (anchor === 'network') return size === 4 && (offset === 12 || offset === 16);
  return anchor === 'transport' && size === 2 && (offset === 0 || offset === 2);
}
