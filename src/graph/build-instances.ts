/** Lets each element say what it builds and remembers, by its arguments and ports. */
import type { Diagnostics } from '../diagnostics.js';
import type { BuildContext, ElementsAround } from '../kit/build-context.js';
import type { StateSpec } from '../kit/state.js';
import type { BoundArguments } from './bind-arguments.js';
import { nameOf, reportAt, whileConfiguring, type BoundInstance } from './bound.js';
import type { ElementFiles } from './element-files.js';
import { placeOfError } from './error-place.js';

export interface Built {
  readonly state: StateSpec;
  readonly built: unknown;
  /** Elements whose state it uses, by number. */
  readonly peers: readonly number[];
}

class Refusal extends Error {}

/** What an element sees of the graph while it is built. */
export interface Surroundings {
  readonly elements: ElementsAround;
  readonly files: ElementFiles;
  /** Whether elements say what they find wrong with packets. */
  readonly chatter: boolean;
}

/** Undefined when the element refuses its arguments or its code fails, which was reported. */
export function buildInstance(instance: BoundInstance, { values: config, placeOf = () => undefined }: { values: Readonly<Record<string, unknown>>; placeOf?: BoundArguments['placeOf'] }, inputs: BuildContext<unknown>['inputs'], outputs: { readonly length: number; readonly connected: number }, { elements, files, chatter }: Surroundings, diagnostics: Diagnostics): Built | undefined {
  const { expanded, element } = instance;
  const { definition, name: type } = element.class;
  const context: BuildContext<Readonly<Record<string, unknown>>> = {
    config,
    inputs,
    outputs,
    scope: expanded.scope,
    elements,
    chatter: chatter ? expanded.name : '',
    fail(message, hint, click = message, beginning = false): never {
      reportAt(diagnostics, 'WL1300', expanded, expanded.span, `${nameOf(instance)} (${type}): ${message}`, hint, { ...whileConfiguring(instance, click), ...(beginning && { initializing: true }) });
      throw new Refusal(message);
    },
    warn(message, hint, at, click) {
      const place = at && placeOf(at.argument, at.item);
      diagnostics.warning('WL1301', place ?? expanded.span, `${nameOf(instance)} (${type}): ${message}`, hint, click === undefined ? undefined : whileConfiguring(instance, click));
    },
    files: {
      diagnostics,
      read: (name, at) => files.read(name, at, expanded.span, diagnostics),
      folder: (name) => files.below(name, expanded.span, diagnostics),
      refuse(): never {
        throw new Refusal();
      },
    },
  };
  const errors = diagnostics.errors;
  try {
    const { state = {} } = definition;
    const own = { state: typeof state === 'function' ? state(context) : state, built: definition.build?.(context) };
    const peers = (definition.peers?.(config) ?? []).map((name) => elements.named(name)?.index ?? context.fail(`there is no element "${name}"`, undefined, `no element named '${name}'`));
    const made = { ...own, peers };
    return diagnostics.errors > errors ? undefined : made;
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    const place = placeOfError(error);
    const message = `the code of ${type} failed for ${nameOf(instance)}: ${error instanceof Error ? error.message : String(error)}`;
    diagnostics.error('WL1302', place ?? expanded.span, message, undefined, place && [{ message: 'for this element', span: expanded.span }]);
    return undefined;
  }
}
