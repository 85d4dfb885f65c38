/**
 * Explains what is wrong with the shape of a YAML or JSON file, by the JSON Schema of graph files. Loaded
 * only for files that have something wrong: compiling a schema takes longer than reading a graph.
 */
import { Ajv, type ErrorObject } from 'ajv';
import ajvErrors from 'ajv-errors';
import type { Diagnostics, Span } from '../diagnostics.js';
import { entryOf, plainValue, type DocumentNode } from './document.js';
import { graphSchema } from './schema.js';
import { suggestion } from '../suggest.js';

/** One diagnostic for each mistake of shape; `malformed` are the values in which the reader saw one. */
export function explainShape(tree: DocumentNode, malformed: readonly DocumentNode[], diagnostics: Diagnostics): void {
  if (checkShape(tree, { schema: graphSchema(), what: 'a graph file', place }, diagnostics) > 0) return;
  // The schema and the reader must agree; should they not, the mistake is still reported.
  for (const node of malformed) diagnostics.error('WL1021', node.span, 'a graph file cannot have this value here');
}

/** A kind of file. */
export interface Shape {
  readonly schema: object;
  /** What such a file is, for sentences: `a graph file`. */
  readonly what: string;
  /** What the value at a JSON pointer that has a key too many is. */
  place(pointer: string): string;
}

/** One diagnostic for each mistake of shape; how many. */
export function checkShape(tree: DocumentNode, shape: Shape, diagnostics: Diagnostics): number {
  const ajv = new Ajv({ allErrors: true, strict: false, verbose: true });
  ajvErrors.default(ajv);
  const validate = ajv.compile(shape.schema);
  validate(plainValue(tree));
  return (validate.errors ?? []).filter((error) => explain(error, tree, shape, diagnostics)).length;
}

/** Reports an error of the validator; false for those that only say that another one was found. */
function explain(error: ErrorObject, tree: DocumentNode, shape: Shape, diagnostics: Diagnostics): boolean {
  const node = nodeAt(tree, error.instancePath);
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = (error.params as { additionalProperty: string }).additionalProperty;
      const known = Object.keys((error.parentSchema as { properties?: object } | undefined)?.properties ?? {});
      const allowed = known.filter((name) => !name.startsWith('$'));
      diagnostics.error('WL1020', keySpan(node, key), `${error.instancePath === '' ? shape.what : shape.place(error.instancePath)} has no key "${key}"`, suggestion(key, allowed) ?? `It has ${allowed.join(', ')}.`);
      return true;
    }
    case 'errorMessage': {
      const causes = (error.params as { errors: ErrorObject[] }).errors;
      const missing = causes.some(({ keyword }) => keyword === 'required');
      diagnostics.error(missing ? 'WL1022' : 'WL1021', startOf(node), fillIn(error.message ?? '', node));
      return true;
    }
    case 'if':
      return false;
    default:
      diagnostics.error('WL1021', startOf(node), `this value ${error.message}`);
      return true;
  }
}

function fillIn(message: string, node: DocumentNode): string {
  const got = node.kind === 'list' ? 'a list' : node.kind === 'map' ? 'a map' : describeScalar(node.value);
  return message.replace('${0}', got);
}

function describeScalar(value: unknown): string {
  return value === null ? 'empty' : typeof value === 'string' ? 'a text' : `the ${typeof value} ${String(value)}`;
}

/** What the value at a path is, for a sentence. */
function place(path: string): string {
  const steps = path.split('/').slice(1);
  const last = steps[steps.length - 1]!;
  const before = steps[steps.length - 2];
  if (before === 'interfaces') return `the interface "${last}"`;
  if (steps.includes('compounds')) return 'a compound';
  return `"${last}"`;
}

/** The value at a JSON pointer. */
function nodeAt(tree: DocumentNode, pointer: string): DocumentNode {
  let node = tree;
  for (const step of pointer.split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    const inner = node.kind === 'map' ? entryOf(node, key)?.value : node.kind === 'list' ? node.items[Number(key)] : undefined;
    if (inner === undefined) return node;
    node = inner;
  }
  return node;
}

function keySpan(node: DocumentNode, key: string): Span {
  const entry = node.kind === 'map' ? entryOf(node, key) : undefined;
  return entry?.key.span ?? node.span;
}

/** A map or list is shown by its first line. */
function startOf(node: DocumentNode): Span {
  const { source, start, end } = node.span;
  const lineEnd = source.text.indexOf('\n', start);
  return { source, start, end: lineEnd < 0 ? end : Math.min(end, lineEnd) };
}
