/** Elements and connections in Click's own notation: declarations first, then chains of arrows. */

export interface FlatElement {
  readonly name: string;
  readonly className: string;
  /** Its arguments. */
  readonly given: string;
}

/** A connection between elements, by their names and the numbers of ports. */
export interface Hop {
  readonly from: string;
  readonly fromPort: number;
  readonly to: string;
  readonly toPort: number;
}

export function flatText(requirements: readonly string[], elements: readonly FlatElement[], hops: readonly Hop[]): string {
  const head = requirements.length > 0 ? `require(${requirements.join(', ')});\n\n` : '';
  const declarations = elements.map(({ name, className, given }) => `${name} :: ${className}${given === '' ? '' : `(${given})`};\n`);
  return `${head}${declarations.join('')}${declarations.length > 0 ? '\n' : ''}${connectionChains(hops)}`;
}

/** Connections as chains of arrows, as long as they go on by input 0. */
export function connectionChains(hops: readonly Hop[]): string {
  const leaving = new Map<string, number[]>();
  hops.forEach(({ from, fromPort }, index) => {
    if (fromPort === 0) leaving.set(from, [...(leaving.get(from) ?? []), index]);
  });
  const following = hops.map((hop, index) => (hop.toPort === 0 ? nextHop(hops, (leaving.get(hop.to) ?? []).filter((other) => other !== index)) : undefined));
  const begun = new Set(following.filter((next) => next !== undefined));
  const used = new Set<number>();
  let text = '';
  const write = (first: number) => {
    const { from, fromPort } = hops[first]!;
    text += from + (fromPort === 0 ? '' : ` [${fromPort}]`);
    for (let at: number | undefined = first; at !== undefined && !used.has(at); at = following[at]) {
      const { to, toPort } = hops[at]!;
      text += `${at === first ? ' -> ' : '\n    -> '}${toPort === 0 ? '' : `[${toPort}] `}${to}`;
      used.add(at);
    }
    text += ';\n';
  };
  hops.forEach((_, index) => !begun.has(index) && write(index));
  // What is left goes round in a circle.
  hops.forEach((_, index) => !used.has(index) && write(index));
  return text;
}

/** The connection by which a chain goes on: one to an input 0 if there is one. */
function nextHop(hops: readonly Hop[], candidates: readonly number[]): number | undefined {
  return candidates.find((index) => hops[index]!.toPort === 0) ?? candidates[candidates.length - 1];
}
