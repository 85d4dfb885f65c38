/** A graph as elements and arrows between numbered ports, before it is text. */

export interface Element {
  readonly name: string;
  readonly className: string;
  readonly arguments: readonly string[];
  readonly inputs: number;
  readonly outputs: number;
}

export interface End {
  /** An element or, with port 0, an interface. */
  readonly element: string;
  readonly port: number;
}

export interface Arrow {
  readonly from: End;
  readonly to: End;
}

export interface GraphModel {
  readonly interfaces: readonly string[];
  readonly elements: readonly Element[];
  readonly arrows: readonly Arrow[];
  /** Names of elements that are written as one compound. */
  readonly compounds: readonly (readonly string[])[];
  readonly notation: 'yaml' | 'click';
}

/**
 * The graph without some of its elements: what they sent never comes, what they got is thrown away. Idle and Discard suit
 * any arrow, whichever way packets move on it.
 */
export function without(model: GraphModel, names: ReadonlySet<string>): GraphModel {
  const elements = model.elements.filter(({ name }) => !names.has(name));
  const arrows: Arrow[] = [];
  for (const { from, to } of model.arrows) {
    const begins = !names.has(from.element);
    const ends = !names.has(to.element);
    if (begins && ends) arrows.push({ from, to });
    else if (begins) arrows.push({ from, to: { element: extra('Discard', 1, 0), port: 0 } });
    else if (ends) arrows.push({ from: { element: extra('Idle', 0, 1), port: 0 }, to });
  }
  return { ...model, elements, arrows, compounds: model.compounds.map((group) => group.filter((name) => !names.has(name))).filter((group) => group.length > 0) };

  function extra(className: string, inputs: number, outputs: number): string {
    let number = elements.length;
    const taken = new Set(elements.map(({ name }) => name));
    while (taken.has(`x${number}`)) number += 1;
    elements.push({ name: `x${number}`, className, arguments: [], inputs, outputs });
    return `x${number}`;
  }
}

/** The arrow led around an element with one input and one output; undefined for any other. */
export function around(model: GraphModel, name: string): GraphModel | undefined {
  const into = model.arrows.filter(({ to }) => to.element === name);
  const out = model.arrows.filter(({ from }) => from.element === name);
  if (into.length === 0 || out.length !== 1 || out[0]!.from.port !== 0 || into.some(({ to }) => to.port !== 0) || out[0]!.to.element === name) return undefined;
  const arrows = model.arrows.flatMap((arrow) => (arrow === out[0] ? [] : into.includes(arrow) ? [{ from: arrow.from, to: out[0]!.to }] : [arrow]));
  return { ...model, arrows, elements: model.elements.filter((element) => element.name !== name), compounds: model.compounds.map((group) => group.filter((each) => each !== name)).filter((group) => group.length > 0) };
}
