/**
 * What a rewriter does with the first packet of a flow, by input: `drop`, `pass OUTPUT`, `keep FOUTPUT ROUTPUT`,
 * `pattern ... FOUTPUT ROUTPUT`, or the name of a mapper, an element that has patterns to choose from.
 */
import { quote, type ArgumentScope, type BuildContext, type Kind, parsed, type Parsed, rest, type SplitKind } from 'wirelet';
import { ringOf } from './source-hash.js';
import type { Hashing } from './hashing.js';
import { CHOICE, isOutput, KEEP, OUTPUTS_MAX, patternText, readOutput, readPattern, type Pattern } from './pattern.js';
import type { Specification } from './specification.js';

const example = 'For example: pattern 192.0.2.1 1024-65535 - - 0 1';

/** A pattern and the outputs behind it. */
export function readMapping(words: readonly string[], scope: ArgumentScope, text: string): Parsed<Specification> {
  if (words.length < 3) return { click: 'syntax error', error: `expected a pattern, then an output forth and one back, got "${text}"`, hint: example };
  const fields = words.slice(0, -2);
  if (fields.length > 4) return { click: 'syntax error', error: `expected SADDR SPORT DADDR DPORT FOUTPUT ROUTPUT, got "${text}"`, hint: example };
  const pattern = fields.length === 1 ? undefined : readPattern(fields, scope, text);
  if (pattern !== undefined && 'error' in pattern) return pattern;
  const ports = readPorts(words.slice(-2), text);
  if ('error' in ports) return ports;
  const { forward, reverse } = ports.value;
  return pattern === undefined ? { value: { kind: 'named', name: fields[0]!, forward, reverse, text } } : { value: { kind: 'map', pattern: pattern.value, forward, reverse, text } };
}

/** The outputs forth and back. */
function readPorts(words: readonly string[], text: string): Parsed<{ readonly forward: number; readonly reverse: number }> {
  const [forward, reverse] = [readOutput(words[0]), readOutput(words[1])];
  const error = `expected an output forth and one back, from 0 to ${OUTPUTS_MAX - 1}, got "${text}"`;
  if (words.length !== 2 || forward === undefined) return { click: 'bad forward port', error, hint: example };
  if (reverse === undefined) return { click: 'bad reply port', error, hint: example };
  if (!isOutput(forward) || !isOutput(reverse)) return { click: 'output port out of range', error };
  return { value: { forward, reverse } };
}

/** What is wrong is told, in Click's words, of the input that it is for. */
export function readSpecification(text: string, scope: ArgumentScope): Parsed<Specification> {
  const read = specificationOf(text, scope);
  return 'error' in read ? { ...read, click: `input spec %i: ${read.click ?? 'syntax error'}` } : read;
}

function specificationOf(text: string, scope: ArgumentScope): Parsed<Specification> {
  const [kind = '', ...words] = text.trim().split(/\s+/);
  switch (kind) {
    case 'drop':
    case 'discard':
      return words.length === 0 ? { value: { kind: 'drop', text } } : { click: `syntax error, expected '${kind}'`, error: `${kind} takes nothing more` };
    case 'pass':
    case 'passthrough':
    case 'nochange': {
      const output = words.length === 0 ? 0 : readOutput(words[0]);
      if (output !== undefined && words.length === 1 && !isOutput(output)) return { click: 'output port out of range', error: `expected ${kind} and an output from 0 to ${OUTPUTS_MAX - 1}, got "${text}"` };
      return output === undefined || words.length > 1 ? { click: "syntax error, expected 'nochange [OUTPUT]'", error: `expected ${kind} and an output from 0 to 1023, got "${text}"` } : { value: { kind: 'pass', output, text } };
    }
    case 'keep': {
      const ports = readPorts(words, text);
      return 'error' in ports ? ports : { value: { kind: 'map', pattern: KEEP, ...ports.value, text } };
    }
    case 'pattern':
    case 'xpattern':
      return readMapping(words, scope, text);
    default:
      if (words.length === 0 && /^[\w@/]+$/.test(kind)) return { value: { kind: 'mapper', name: kind, text } };
      return { click: kind === '' ? 'empty argument' : 'unknown specification', error: `expected drop, pass, keep, pattern or the name of a mapper, got "${kind}"`, hint: example, place: { offset: 0, length: Math.max(1, kind.length) } };
  }
}

/** The arguments of a rewriter: one for each input. */
export function inputArguments(): Kind<readonly Specification[]> {
  const one = parsed<Specification>('rewriter input', { doc: 'For each input: drop, pass OUTPUT, keep FOUTPUT ROUTPUT, a pattern, or a mapper.' }, readSpecification, ({ text }) => quoted(text));
  return rest(one, { min: 1, max: 64 });
}

function quoted(text: string): string {
  return text.includes(',') ? quote(text) : text;
}

/** Where a pattern leads, as the packet path reads it. */
export interface Way extends Pattern {
  readonly forward: number;
  readonly reverse: number;
  readonly text: string;
}

export const INPUT = Object.freeze({ drop: 0, pass: 1, map: 2, round_robin: 3, source_hash: 4 });

const MAPPERS: Readonly<Record<string, number>> = { RoundRobinIPMapper: INPUT.round_robin, SourceIPHashMapper: INPUT.source_hash };

export interface Input {
  /** One of INPUT. */
  readonly kind: number;
  /** Where packets go that pass. */
  readonly output: number;
  /** The patterns to choose from: `first` of all of the rewriter's, and how many. */
  readonly first: number;
  readonly count: number;
  /** The mapper, by number among the rewriter's peers; -1: none. */
  readonly mapper: number;
  /** For a source hash: points on the circle, ascending, and the pattern behind each. */
  readonly points: readonly number[];
  readonly owners: readonly number[];
}

export interface Resolved {
  readonly inputs: readonly Input[];
  readonly ways: readonly Way[];
}

type Config = { readonly inputs: readonly Specification[] };

/** The mappers that a rewriter's inputs name, each once. */
export function mappersOf({ inputs }: Config): string[] {
  return [...new Set(inputs.flatMap((input) => (input.kind === 'mapper' ? [input.name] : [])))];
}

/** What is around an element whose inputs are resolved. */
type Around = Pick<BuildContext<unknown>, 'elements' | 'fail'> & { readonly outputs: { readonly length: number } };

function wayOf(specification: Specification, { elements, fail }: Around, input: number): Way {
  if (specification.kind === 'map') {
    const { pattern, forward, reverse, text } = specification;
    return { ...pattern, forward, reverse, text };
  }
  if (specification.kind !== 'named') return fail(`"${specification.text}" is no pattern`);
  const { name, forward, reverse, text } = specification;
  for (const { config } of elements.ofClass('IPRewriterPatterns')) {
    const found = (config as { patterns?: readonly { name: string; pattern: Pattern }[] } | undefined)?.patterns?.find((entry) => entry.name === name);
    if (found !== undefined) return { ...found.pattern, forward, reverse, text };
  }
  return fail(`there is no pattern "${name}"`, `Name it: IPRewriterPatterns(${name} 192.0.2.1 1024-65535 - -).`, `input spec ${input}: no such pattern '${name}'`);
}

/** What the inputs come to, names found. `ports`: the rewriter has patterns with ports. */
export function resolveInputs(config: Config, around: Around, ports: boolean): Resolved {
  const { elements, fail } = around;
  const ways: Way[] = [];
  const mappers = mappersOf(config);
  const add = (specifications: readonly Specification[], input: number) => {
    const first = ways.length;
    for (const specification of specifications) {
      const way = wayOf(specification, around, input);
      const kept = way.saddr < 0 && way.daddr < 0 && way.sport < 0 && way.dport < 0;
      if (way.ports && !ports && !kept) fail(`the pattern "${way.text}" speaks of ports, which this rewriter leaves alone`);
      ways.push(way);
    }
    return { first, count: specifications.length };
  };
  const strangers = config.inputs.flatMap((input, number) => {
    if (input.kind !== 'mapper') return [];
    const { name } = input;
    const found = elements.named(name);
    if (found === undefined) return [{ said: `there is no element "${name}"`, click: `input spec ${number}: unknown specification` }];
    return MAPPERS[found.className] === undefined ? [{ said: `"${name}" (${found.className}) is no mapper`, click: `input spec ${number}: element is not an IPMapper` }] : [];
  });
  if (strangers.length > 0) fail(strangers.map(({ said }) => said).join('; '), 'Mappers are RoundRobinIPMapper and SourceIPHashMapper.', strangers.map(({ click }) => click).join('\n'));
  const inputs = config.inputs.map((input, number): Input => {
    const none = { output: 0, first: 0, count: 0, mapper: -1, points: [], owners: [] };
    if (input.kind === 'drop') return { ...none, kind: INPUT.drop };
    if (input.kind === 'pass') return { ...none, kind: INPUT.pass, output: input.output };
    if (input.kind !== 'mapper') return { ...none, ...add([input], number), kind: INPUT.map };
    const found = elements.named(input.name)!;
    const mapper = mappers.indexOf(input.name);
    if (MAPPERS[found.className] === INPUT.round_robin) return { ...none, ...add(found.config.patterns, number), kind: INPUT.round_robin, mapper };
    const hashing = found.config as Hashing;
    const { points, owners } = ringOf(hashing);
    const added = add(hashing.servers.map(({ specification }) => specification), number);
    return { ...none, ...added, kind: INPUT.source_hash, mapper, points, owners: owners.map((owner) => added.first + owner) };
  });
  refuseOutputs(config, inputs, ways, around);
  return { inputs, ways };
}

/** Refuses inputs that name outputs which are not there. */
function refuseOutputs(config: Config, inputs: readonly Input[], ways: readonly Way[], { elements, outputs, fail }: Around): void {
  const wrong = inputs.flatMap(({ kind, output, first, count }, number) => {
    const input = config.inputs[number]!;
    if (kind === INPUT.pass) return output >= outputs.length ? [{ output, click: `input spec ${number}: output port out of range` }] : [];
    return ways.slice(first, first + count).flatMap(({ forward, reverse }, index) => {
      const needed = Math.max(forward, reverse);
      const mapper = input.kind === 'mapper' ? elements.named(input.name) : undefined;
      return needed < outputs.length ? [] : [{ output: needed, click: `input spec ${number}: output port out of range${mapper === undefined ? '' : ` in ${mapper.name} :: ${mapper.className} pattern ${index}`}` }];
    });
  });
  if (wrong.length > 0) fail(`output ${wrong[0]!.output} is named, there are ${outputs.length}`, undefined, wrong.map(({ click }) => click).join('\n'));
}

/** Ports of a range that copies of a rewriter can share without one of them having hardly any. */
const SHARED_PORTS_MIN = 1024;

/** How a rewriter with these inputs works on several processors: both directions of a flow have the same pair of ports, or one that its copy chose. */
export function splitOf(inputs: readonly Input[], ways: readonly Way[]): SplitKind {
  if (inputs.some(({ kind }) => kind === INPUT.round_robin)) return { never: 'each copy would take the patterns of its mapper in turn for itself' };
  for (const { text, sport, dport, count, choice, varies_address } of ways) {
    if (choice === CHOICE.sequential) return { never: `each copy would begin the sequence of "${text}" anew` };
    if (dport >= 0) return { never: `"${text}" changes the port of the destination: answers from there would go to another copy` };
    if (sport >= 0 && !varies_address && count < SHARED_PORTS_MIN) return { never: `"${text}" has fewer than ${SHARED_PORTS_MIN} ports for the copies to share` };
  }
  return 'ports';
}

/** What an input does, as Click's handlers `patterns` and `pattern0` show it; `flows`: those that it began. */
export function inputText(specification: Specification, input: Input, { ways }: Resolved, flows: number): string {
  const what = specification.kind === 'drop' ? '<drop>' : specification.kind === 'pass' ? '<nochange>' : specification.kind === 'mapper' ? '<mapper>' : specification.kind === 'map' && specification.pattern === KEEP ? '<keep>' : patternText(ways[input.first]!);
  return `${what}${flows > 0 ? ` [${flows}]` : ''}\n`;
}
