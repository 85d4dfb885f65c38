/** docs/elements.md, made from what the element classes declare. */
import { allManuals, type Manual } from '#src/graph/manual.js';
import type { PortSide } from '#src/kit/element.js';
import { informationClasses } from '#src/graph/information-elements.js';

const HEAD = `# Elements

Every element class of the package, with its inputs and outputs and the first sentence of its manual.
\`wirelet docs NAME\` shows the whole manual: arguments, ports, counters, reasons for drops, handlers, examples.
This page is made from the declarations of the elements.
`;

/** Only says something to other elements, and has no file of its own. */
const INFORMATION = `
## information

${informationClasses.join(', ')}: they take no packets; see [A Click file](graph-language.md#a-click-file).
`;

export async function elementPage(): Promise<string> {
  const manuals = await allManuals();
  const groups = [...new Set(manuals.map(({ source }) => source.group))].sort();
  return [HEAD, ...groups.map((group) => section(group, manuals.filter(({ source }) => source.group === group))), INFORMATION].join('');
}

function section(group: string, manuals: readonly Manual[]): string {
  const rows = manuals.map(({ class: type, summary }) => `| [${type.name}](../elements/${group}/${type.name}.ts) | ${ports(type.inputs)} | ${ports(type.outputs)} | ${summary.replaceAll('|', '\\|')} |\n`);
  return `\n## ${group}\n\n| class | in | out | |\n|---|---|---|---|\n${rows.join('')}`;
}

/** Names of ports, or how many there are. */
function ports({ named, row }: PortSide): string {
  if (named !== undefined) return named.map(({ name }) => name).join(', ') || '-';
  if (row === undefined) return '-';
  if (row.same) return 'as many as inputs';
  return row.min === row.max ? String(row.min) : `${row.min} to ${row.max}`;
}
