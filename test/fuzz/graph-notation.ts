/** A model of a graph as the text of a file, in YAML or in Click's notation. */
import type { Arrow, Element, End, GraphModel } from './graph-model.js';

/** One compound, and what stands for its elements' ports outside. */
interface Wrapped {
  readonly className: string;
  readonly name: string;
  readonly body: string[];
  /** `ELEMENT[PORT]` to the port of the compound. */
  readonly outputs: Map<string, number>;
  /** By arrow. */
  readonly inputs: Map<Arrow, number>;
}

export function textOf(model: GraphModel): string {
  const members = new Map<string, Wrapped>();
  const wrapped = model.compounds.map((names, number): Wrapped => {
    const compound: Wrapped = { className: `Part${number}`, name: `part${number}`, body: [], outputs: new Map(), inputs: new Map() };
    for (const name of names) members.set(name, compound);
    return compound;
  });
  const statements: string[] = [];
  for (const element of model.elements) (members.get(element.name)?.body ?? statements).push(declaration(element));
  for (const { className, name } of wrapped) statements.push(`${name} :: ${className}`);
  for (const arrow of model.arrows) place(arrow);
  return model.notation === 'yaml' ? yaml(model, wrapped, statements) : click(model, wrapped, statements);

  function place(arrow: Arrow): void {
    const { from, to } = arrow;
    const source = members.get(from.element);
    const target = members.get(to.element);
    if (source !== undefined && source === target) {
      source.body.push(`${out(from)} -> ${into(to)}`);
      return;
    }
    let begin = from;
    let end = to;
    if (source !== undefined) {
      const known = source.outputs.get(out(from));
      const port = known ?? source.outputs.size;
      if (known === undefined) {
        source.outputs.set(out(from), port);
        source.body.push(`${out(from)} -> [${port}]output`);
      }
      begin = { element: source.name, port };
    }
    if (target !== undefined) {
      const port = target.inputs.size;
      target.inputs.set(arrow, port);
      target.body.push(`input[${port}] -> ${into(to)}`);
      end = { element: target.name, port };
    }
    statements.push(`${outside(begin, 'in', model)} -> ${outside(end, 'out', model)}`);
  }
}

const declaration = ({ name, className, arguments: list }: Element) => `${name} :: ${className}${list.length === 0 ? '' : `(${list.join(', ')})`}`;
const out = ({ element, port }: End) => `${element}[${port}]`;
const into = ({ element, port }: End) => `[${port}]${element}`;

/** An end of an arrow outside of compounds, where interfaces are; in Click's notation they are elements. */
function outside(end: End, side: 'in' | 'out', { interfaces, notation }: GraphModel): string {
  if (interfaces.includes(end.element)) return notation === 'yaml' ? end.element : `${end.element}_${side}`;
  return side === 'in' ? out(end) : into(end);
}

function yaml({ interfaces }: GraphModel, wrapped: readonly Wrapped[], statements: readonly string[]): string {
  const compounds = wrapped.map(({ className, body }) => `  ${className}:\n    graph: |\n${body.map((line) => `      ${line}\n`).join('')}`);
  return `name: random\ninterfaces: [${interfaces.join(', ')}]\n${compounds.length === 0 ? '' : `compounds:\n${compounds.join('')}`}graph: |\n${statements.map((line) => `  ${line}\n`).join('')}`;
}

function click({ interfaces, arrows }: GraphModel, wrapped: readonly Wrapped[], statements: readonly string[]): string {
  const compounds = wrapped.map(({ className, body }) => `elementclass ${className} {\n${body.map((line) => `  ${line};\n`).join('')}}\n`);
  const devices = interfaces.flatMap((name) => [
    ...(arrows.some(({ from }) => from.element === name) ? [`${name}_in :: FromDevice(${name})`] : []),
    ...(arrows.some(({ to }) => to.element === name) ? [`${name}_out :: ToDevice(${name})`] : []),
  ]);
  return `${compounds.join('')}${[...devices, ...statements].map((line) => `${line};\n`).join('')}`;
}
