/** Manuals of element classes, for people and programs. */
import { failure } from '../diagnostics.js';
import { manualOf, portsOfSide, type DescribedPort, type Manual } from '../graph/manual.js';
import { suggestion } from '../suggest.js';

export async function findManual(name: string, elementFolders: readonly string[]): Promise<Manual> {
  const found = await manualOf(name, elementFolders);
  if ('class' in found) return found;
  throw failure('WL1393', `there is no element class "${name}"`, suggestion(name, found.names) ?? 'wirelet elements lists the classes there are.');
}

export function describeManual({ class: type, source, summary, text }: Manual): object {
  return {
    name: type.name,
    group: source.group,
    file: source.shownAs,
    built_in: source.builtIn,
    summary,
    text,
    config: Object.entries(type.config).map(([name, { name: kind, doc, required, keyword, rest, unit, ...more }]) => ({
      name, kind, doc, required, keyword, rest, unit: unit ?? null, default: more.default === undefined ? null : more.format(more.default),
    })),
    inputs: portsOfSide(type.inputs),
    outputs: portsOfSide(type.outputs),
    counters: type.counters,
    drops: type.drops,
    handlers: Object.entries(type.definition.handlers ?? {}).map(([name, { doc, read, write }]) => ({ name, doc, read: read !== undefined, write: write !== undefined })),
    examples: type.examples.map(({ title, config }) => ({ title, config: config ?? null })),
  };
}

export function manualText(manual: Manual): string {
  const { class: type, source, text } = manual;
  const config = Object.entries(type.config);
  const positional = config.filter(([, { keyword }]) => !keyword).map(([name, { required, rest }]) => `${required ? '' : '['}${name}${rest ? '...' : ''}${required ? '' : ']'}`);
  const keywords = config.filter(([, { keyword }]) => keyword).map(([name]) => `[${name.toUpperCase()} ...]`);
  const sections = [
    `${type.name}(${[...positional, ...keywords].join(', ')})   ${source.shownAs}`,
    text,
    section('Arguments', config.map(([name, kind]) => {
      const byDefault = kind.default === undefined || kind.rest ? '' : `; default ${kind.format(kind.default)}`;
      return [kind.keyword ? name.toUpperCase() : name, `${kind.name}${kind.unit === undefined ? '' : `, ${kind.unit}`}${byDefault}. ${kind.doc}`];
    })),
    section('Inputs', portsOfSide(type.inputs).map(portRow)),
    section('Outputs', portsOfSide(type.outputs).map(portRow)),
    section('Counters', Object.entries(type.counters)),
    section('Drops', Object.entries(type.drops)),
    section('Handlers', Object.entries(type.definition.handlers ?? {}).map(([name, { doc }]) => [name, doc])),
    section('Examples (tested)', type.examples.map(({ title, config: given }) => [given === undefined ? type.name : `${type.name}(${given})`, title])),
  ];
  return sections.filter((part) => part !== '').join('\n\n');
}

function portRow({ name, processing, optional, doc }: DescribedPort): [string, string] {
  return [name, `${processing}${optional ? ', may stay unconnected' : ''}. ${doc}`];
}

function section(title: string, rows: readonly (readonly [string, string] | readonly string[])[]): string {
  if (rows.length === 0) return '';
  const width = Math.min(28, Math.max(...rows.map(([name]) => name!.length)));
  return [`${title}:`, ...rows.map(([name, doc]) => `  ${name!.padEnd(width)}  ${doc}`)].join('\n');
}
