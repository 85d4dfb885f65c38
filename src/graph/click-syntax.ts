/** The Click language as it is written: statements, nothing resolved. */
import type { Span } from '../diagnostics.js';
import type { CompoundParameter, Located } from './graph.js';

export type Statement = Chain | ClassStatement | DefineStatement | RequireStatement;

/** `a -> b => c`, or a declaration alone: one step and no arrow. */
export interface Chain {
  readonly kind: 'chain';
  readonly steps: readonly Step[];
  /** Between the steps: one fewer than they. */
  readonly arrows: readonly Arrow[];
}

/** Elements between commas. */
export type Step = readonly Item[];

export interface Arrow {
  readonly kind: '->' | '=>';
  readonly span: Span;
}

/** `[inputs] target [outputs]`. */
export interface Item {
  readonly inputs?: PortList;
  readonly target: Target;
  readonly outputs?: PortList;
  /** `name.port`: an output in front of an arrow, else an input. */
  readonly dotted?: Located<string>;
  readonly span: Span;
}

export interface PortList {
  readonly ports: readonly Located<string | number>[];
  /** `[]`, `[1,]`: as many more as the other side of the arrow has. */
  readonly open: boolean;
  readonly span: Span;
}

export type Target = NamedTarget | CompoundTarget | GroupTarget | ImplicitTarget;

/** `name`, `name :: Class(...)`, `Class(...)` or `Class`: which of them, the names in scope decide. */
export interface NamedTarget {
  readonly kind: 'name';
  readonly name: Located<string>;
  readonly class?: ClassReference;
  readonly configuration?: Configuration;
}

/** `{ ... }(...)`. */
export interface CompoundTarget {
  readonly kind: 'compound';
  readonly class: CompoundClass;
  readonly configuration?: Configuration;
}

/** `( ... )`. */
export interface GroupTarget {
  readonly kind: 'group';
  readonly statements: readonly Statement[];
  readonly span: Span;
}

/** `input` or `output`, left out at the begin or end of an arrow in a compound or group. */
export interface ImplicitTarget {
  readonly kind: 'implicit';
  readonly end: 'input' | 'output';
  readonly span: Span;
}

/** `absent`: the name of the element stands for that of its class, which is not written. */
export type ClassReference = { readonly kind: 'named'; readonly name: Located<string>; readonly absent?: true } | CompoundClass;

export interface CompoundClass {
  readonly kind: 'compound';
  /** Overloads, in order. */
  readonly definitions: readonly CompoundSyntax[];
  /** `...` at the end: whatever the class was before. */
  readonly extends?: Span;
  readonly span: Span;
}

export interface CompoundSyntax {
  readonly parameters: readonly CompoundParameter[];
  readonly statements: readonly Statement[];
  readonly span: Span;
}

export interface Configuration {
  readonly list: readonly Located<string>[];
  readonly span: Span;
}

export interface ClassStatement {
  readonly kind: 'elementclass';
  readonly name: Located<string>;
  readonly class: ClassReference;
}

/** `define($name value, ...)`. */
export interface DefineStatement {
  readonly kind: 'define';
  readonly definitions: readonly { readonly name: Located<string>; readonly value: Located<string> }[];
}

/** `require(...)`; `provide(...)` says nothing that matters here and is passed over. */
export interface RequireStatement {
  readonly kind: 'require';
  readonly requirements: readonly Located<string>[];
}
