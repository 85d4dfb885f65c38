/** Chooses the definition of a compound that is meant (click(5), "Overloading"). */
import type { Diagnostics } from '../diagnostics.js';
import { bindArguments, formatParameters } from './compound-arguments.js';
import { fits, type CompoundPorts } from './compound-ports.js';
import type { ExpandedArguments } from './expanded.js';
import type { Compound, Declaration } from './graph.js';

export interface Candidate {
  readonly compound: Compound;
  readonly ports: CompoundPorts;
}

type InUse = { readonly inputs: readonly (string | number)[]; readonly outputs: readonly (string | number)[] };

/**
 * The first definition whose arguments and numbers of ports are those in use; else the first that has
 * more ports than are used. Undefined when an element class is meant (`hasElement`), or none fits, which
 * is reported.
 */
export function chooseCompound(
  declaration: Declaration,
  candidates: readonly Candidate[],
  given: ExpandedArguments,
  inUse: InUse,
  diagnostics: Diagnostics,
  hasElement: boolean,
): Compound | undefined {
  const bound = candidates.filter(({ compound }) => bindArguments(compound, given).problems.length === 0);
  const matching = (exactly: boolean) =>
    bound.find(({ ports }) => fits(ports.inputs, inUse.inputs, exactly) && fits(ports.outputs, inUse.outputs, exactly));
  const chosen = matching(true) ?? (hasElement ? undefined : matching(false));
  if (chosen !== undefined) return chosen.compound;
  if (hasElement) return undefined;
  if (candidates.length === 1) return onlyCandidate(candidates[0]!, given, diagnostics);
  if (given.complete) reportNone(declaration, candidates, bound.length > 0, inUse, given, diagnostics);
  return undefined;
}

/** With one definition, what is wrong can be said exactly; wrong ports are reported where they are used. */
function onlyCandidate({ compound }: Candidate, given: ExpandedArguments, diagnostics: Diagnostics): Compound | undefined {
  const { problems } = bindArguments(compound, given);
  if (problems.length === 0) return compound;
  if (!given.complete) return undefined;
  for (const { span, message, hint } of problems) {
    diagnostics.error('WL1203', span, message, hint, [{ message: 'declared here', span: compound.name.span }]);
  }
  return undefined;
}

function reportNone(
  { name, class: type }: Declaration,
  candidates: readonly Candidate[],
  argumentsFit: boolean,
  inUse: InUse,
  given: ExpandedArguments,
  diagnostics: Diagnostics,
): void {
  const title = type.value === '{...}' ? 'this compound' : type.value;
  if (!argumentsFit) {
    const known = candidates.map(({ compound }) => formatParameters(compound)).join(' or ');
    const span = given.span.end > given.span.start ? given.span : type.span;
    diagnostics.error('WL1203', span, `no definition of ${title} takes these arguments`, `It is declared with ${known}.`);
    return;
  }
  const counts = candidates.map(({ ports }) => `${ports.inputs.count} in and ${ports.outputs.count} out`).join(', or ');
  const used = `${new Set(inUse.inputs).size} in and ${new Set(inUse.outputs).size} out`;
  diagnostics.error('WL1204', name.span, `no definition of ${title} has the ports that are used here: ${used}`, `It has ${counts}.`);
}
