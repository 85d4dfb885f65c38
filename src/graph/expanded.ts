/** The graph after expansion: a flat list of instances, compounds and interfaces resolved, classes not yet known. */
import type { Span } from '../diagnostics.js';
import type { InformationElement, Located } from './graph.js';
import type { ExpandedInterface } from './interfaces.js';
import type { NameScope } from './name-scope.js';

export interface ExpandedGraph {
  readonly interfaces: readonly ExpandedInterface[];
  readonly instances: readonly ExpandedInstance[];
  readonly connections: readonly ExpandedConnection[];
  readonly information: readonly InformationElement[];
}

export interface ExpandedInstance {
  /** With the names of the compounds around it: `outer/inner`. */
  readonly name: string;
  /** As the file has it, for messages. */
  readonly localName: string;
  /** Empty: what it is could not be found out, and that was reported. */
  readonly className: string;
  readonly classSpan: Span;
  readonly span: Span;
  /** Declared where it is used, without a name. */
  readonly anonymous: boolean;
  /** Declared by its class alone, which may be a misspelt name. */
  readonly bare: boolean;
  /** Nobody declared it, and nobody is shown it. */
  readonly implied?: boolean;
  readonly arguments: ExpandedArguments;
  readonly scope: NameScope;
  /** Where the compounds around it are used, outermost first. */
  readonly within: readonly Span[];
}

/** Arguments with values in place of `$names`. */
export type ExpandedArguments =
  | { readonly form: 'click'; readonly list: readonly Located<string>[]; readonly span: Span; readonly complete: boolean }
  | { readonly form: 'map'; readonly entries: readonly ExpandedEntry[]; readonly span: Span; readonly complete: boolean };

export interface ExpandedEntry {
  readonly key: Located<string>;
  /** A plain value; text where a `$name` was replaced. */
  readonly value: Located<unknown>;
  readonly items?: readonly Span[];
  /** The value, or a part of it, comes from a parameter and is text whatever it looks like. */
  readonly replaced: boolean;
}

export interface ExpandedConnection {
  readonly from: ExpandedEnd;
  readonly to: ExpandedEnd;
}

export interface ExpandedEnd {
  readonly instance: ExpandedInstance;
  readonly port?: Located<string | number>;
  /** Where the arrow names the element. */
  readonly span: Span;
}

