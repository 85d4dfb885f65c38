/** Chooses the definition of a compound that is meant (click(5), "Overloading"). */
import type { ClickWords, Diagnostics } from '../diagnostics.js';
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
  // Click chooses when it has read the whole file, and names the line where it is then.
  const { source } = declaration.name.span;
  const click = { ...noMatch(declaration, candidates, given, inUse), span: source.span(source.text.length) };
  if (candidates.length === 1) return onlyCandidate(candidates[0]!, given, diagnostics, click);
  if (given.complete) reportNone(declaration, candidates, bound.length > 0, inUse, given, diagnostics, click);
  return undefined;
}

/** With one definition, what is wrong can be said exactly; wrong ports are reported where they are used. */
function onlyCandidate({ compound }: Candidate, given: ExpandedArguments, diagnostics: Diagnostics, click: ClickWords): Compound | undefined {
  const { problems } = bindArguments(compound, given);
  if (problems.length === 0) return compound;
  if (!given.complete) return undefined;
  for (const [index, { span, message, hint }] of problems.entries()) {
    diagnostics.error('WL1203', span, message, hint, [{ message: 'declared here', span: compound.name.span }], index === 0 ? click : { text: '' });
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
  click: ClickWords,
): void {
  const title = type.value === '{...}' ? 'this compound' : type.value;
  if (!argumentsFit) {
    const known = candidates.map(({ compound }) => formatParameters(compound)).join(' or ');
    const span = given.span.end > given.span.start ? given.span : type.span;
    diagnostics.error('WL1203', span, `no definition of ${title} takes these arguments`, `It is declared with ${known}.`, undefined, click);
    return;
  }
  const counts = candidates.map(({ ports }) => `${ports.inputs.count} in and ${ports.outputs.count} out`).join(', or ');
  const used = `${new Set(inUse.inputs).size} in and ${new Set(inUse.outputs).size} out`;
  diagnostics.error('WL1204', name.span, `no definition of ${title} has the ports that are used here: ${used}`, `It has ${counts}.`, undefined, click);
}

/** Ports in use: one more than the highest. */
const portsIn = (used: readonly (string | number | undefined)[]): number => used.reduce<number>((most, port) => Math.max(most, (typeof port === 'number' ? port : 0) + 1), 0);

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** What is asked for and what there is, in Click's words. */
function noMatch({ class: type }: Declaration, candidates: readonly Candidate[], given: ExpandedArguments, inUse: InUse): Required<Pick<ClickWords, 'text' | 'notes'>> {
  const name = type.value === '{...}' ? '<anonymous>' : type.value;
  const count = given.form === 'click' ? given.list.length : given.entries.length;
  const wanted = `${name}[${count > 0 ? `${counted(count, 'argument')}, ` : ''}${counted(portsIn(inUse.inputs), 'input')}, ${counted(portsIn(inUse.outputs), 'output')}]`;
  const known = candidates.map(({ compound, ports }) => {
    const formals = compound.parameters.map(({ keyword }) => (keyword === undefined ? '<arg>' : keyword === '__REST__' ? '...' : keyword));
    const text = `  ${name}${formals.length > 0 ? `(${formals.join(', ')})` : ''}[${counted(ports.inputs.count, 'input')}, ${counted(ports.outputs.count, 'output')}]`;
    return { text, span: compound.name.span };
  });
  return { text: `no match for '${wanted}'`, notes: [{ text: 'candidates are:', span: known[0]!.span }, ...known] };
}
