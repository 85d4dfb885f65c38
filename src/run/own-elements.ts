/** The user's own elements of a graph: their types, whether they compile, whether their examples hold. */
import path from 'node:path';
import { DiagnosticError, Diagnostics, SourceText, type Diagnostic } from '../diagnostics.js';
import type { CheckedGraph } from '../graph/graph.js';
import type { ElementClass } from '../kit/element.js';
import { packageRoot } from '../package-root.js';
import { readFileSync } from 'node:fs';

interface OwnClass {
  readonly class: ElementClass;
  readonly file: string;
}

const SHIPPED = path.join(packageRoot, 'elements') + path.sep;

/** Classes that do not come with Wirelet, each once. */
export function ownClasses({ instances }: CheckedGraph): OwnClass[] {
  const own = new Map<string, OwnClass>();
  for (const instance of instances) {
    const file = path.resolve(instance.classFile);
    if (!file.startsWith(SHIPPED)) own.set(file, { class: instance.class, file });
  }
  return [...own.values()];
}

/** What is wrong with them; nothing, at once, where there are none. The TypeScript compiler is loaded only for them. */
export async function checkOwnElements(graph: CheckedGraph): Promise<readonly Diagnostic[]> {
  const own = ownClasses(graph);
  if (own.length === 0) return [];
  const diagnostics = await compileErrors(graph);
  const lines = new Set(diagnostics.map(lineOf));
  // What both find, the compiler of elements explains better.
  diagnostics.push(...(await typeErrors(own)).filter((diagnostic) => !lines.has(lineOf(diagnostic))));
  if (diagnostics.some(({ severity }) => severity === 'error')) return diagnostics;
  for (const each of own) diagnostics.push(...(await brokenExamples(each)));
  return diagnostics;
}

const lineOf = ({ span }: Diagnostic): string => (span === undefined ? '' : `${span.source.file}:${span.source.position(span.start).line}`);

export async function typeErrors(own: readonly OwnClass[]): Promise<readonly Diagnostic[]> {
  if (own.length === 0) return [];
  const { typeCheck } = await import('../compile/type-check.js');
  const { shownPath } = await import('../compile/lower.js');
  const diagnostics = new Diagnostics();
  typeCheck(own.map(({ file }) => file), diagnostics, shownPath);
  return diagnostics.list;
}

async function compileErrors(graph: CheckedGraph): Promise<Diagnostic[]> {
  const { lower } = await import('../compile/lower.js');
  const { plan } = await import('../plan/plan.js');
  try {
    await lower(plan(graph));
    return [];
  } catch (error) {
    if (error instanceof DiagnosticError) return [...error.diagnostics];
    throw error;
  }
}

async function brokenExamples({ class: type, file }: OwnClass): Promise<readonly Diagnostic[]> {
  const { runExamples } = await import('./examples.js');
  const { shownPath } = await import('../compile/lower.js');
  const source = new SourceText(shownPath(file), readFileSync(file, 'utf8'));
  const diagnostics = new Diagnostics();
  for (const { title, mismatches } of await runExamples(type, [path.dirname(file)])) {
    if (mismatches.length === 0) continue;
    const at = source.text.indexOf(title);
    const span = at < 0 ? source.span(0) : source.span(at, at + title.length);
    diagnostics.error('WL2019', span, `the example "${title}" of ${type.name} does not hold: ${mismatches.join('; ')}`, 'Mend the element, or the example.');
  }
  return diagnostics.list;
}
