/** A decision program for people: what Click's handler `program` shows. */
import { fullMask } from './expression.js';
import { rankOf, sizeOf, type DecisionProgram, type List, type Target, type Variable } from './program.js';

/** Lines of text: the size, then a line for each node. */
export function describeProgram(program: DecisionProgram): string {
  const { parts, nodes, edges, depth } = sizeOf(program);
  const to = (target: Target): string => {
    if (target >= 0) return `node ${target}`;
    const number = program.classes[rankOf(target)]!;
    return number < 0 ? 'drop' : `[${number}]`;
  };
  const lines = [`${parts} part${parts === 1 ? '' : 's'}, ${nodes} nodes, ${edges} edges, at most ${depth} nodes for a packet`];
  program.parts.forEach((part, index) => lines.push(`part ${index}: ${to(part)}`));
  program.nodes.forEach((node, index) => {
    if (node.kind === 'list') lines.push(`${index}: ${listText(node, program.variables, to)}`);
    else {
      const cases = node.targets.map((target, place) => `${node.bounds[place] === undefined ? 'else' : `< ${node.bounds[place]}`} ${to(target)}`);
      lines.push(`${index}: ${nameOf(program.variables[node.variable]!)} ${cases.join(', ')}`);
    }
  });
  return `${lines.join('\n')}\n`;
}

function listText({ rules, otherwise }: List, variables: readonly Variable[], to: (target: Target) => string): string {
  const cases = rules.map(({ ranges, end }) => `${ranges.map(({ variable, low, high }) => `${nameOf(variables[variable]!)} ${low}-${high}`).join(' and ')} ${to(end)}`);
  return [...cases, `else ${to(otherwise)}`].join(', ');
}

const HEADER = { start: 'packet', mac: 'ether', network: 'ip', transport: 'transp' } as const;

function nameOf(variable: Variable): string {
  if (variable.kind === 'length') return `length(${HEADER[variable.anchor]})`;
  const { anchor, offset, size } = variable.field;
  return `${HEADER[anchor]}[${offset}:${size}]${variable.mask === fullMask(size) ? '' : ` & ${variable.mask}`}`;
}
