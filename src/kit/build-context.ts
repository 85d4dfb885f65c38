/** What an element may look at while the graph is built. */
import type { Diagnostics, SourceText, Span } from '../diagnostics.js';
import type { ArgumentScope } from './argument-scope.js';

/** Another element of the graph, as it was configured. */
export interface ElementFacts {
  /** Its number in the graph. */
  readonly index: number;
  readonly name: string;
  readonly className: string;
  readonly config: any;
  /** How many inputs and outputs it has. */
  readonly inputs: number;
  readonly outputs: number;
}

export interface ElementsAround {
  /** The element that `name` means here: one of the same compound, or else of one around that. */
  named(name: string): ElementFacts | undefined;
  /** All elements of a class, in graph order. */
  ofClass(className: string): readonly ElementFacts[];
  /** The names of the graph's interfaces, in the order of their numbers. */
  readonly interfaces: readonly string[];
}

/** What `state` and `build` may look at. */
export interface BuildContext<C> {
  readonly config: C;
  /** `pulled`: packets are pulled from the first of them. */
  readonly inputs: { readonly length: number; readonly pulled: boolean };
  /** `connected`: those that lead somewhere; the others are optional ones. */
  readonly outputs: { readonly length: number; readonly connected: number };
  readonly scope: ArgumentScope;
  /** The elements of the graph, this one among them. */
  readonly elements: ElementsAround;
  /** The element's name where people read what elements say of packets, under Click's driver; else empty. */
  readonly chatter: string;
  /**
   * Refuses the configuration: the message appears at the element's place in the graph; `click`: what Click's driver says, if that is something else;
   * `beginning`: it says so only when all elements have read their arguments.
   */
  fail(message: string, hint?: string, click?: string, beginning?: boolean): never;
  /**
   * Reports something suspicious at the element's place in the graph, or at that of an item of an argument; `click`: what Click's driver says of it,
   * if it does.
   */
  warn(message: string, hint?: string, at?: { readonly argument: string; readonly item: number }, click?: string): void;
  /** Text files that arguments name. */
  readonly files: BuildFiles;
}

/** A file of a folder. */
export interface FolderFile {
  /** Its name from the folder on, with slashes. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Text files that an element is built from. They are part of the graph: another content makes another image. */
export interface BuildFiles {
  /**
   * Reads a file named by an argument, relative to the graph's folder or, if it is not there, to the current one; with
   * `at`, one named at that place of another file, relative to that file. Undefined: it cannot be read, which was reported.
   */
  read(name: string, at?: Span): SourceText | undefined;
  /**
   * All files below a folder that an argument names, found as `read` finds files, in order of their names. Undefined: it cannot be
   * read, which was reported.
   */
  folder(name: string): readonly FolderFile[] | undefined;
  /** For what is wrong within files. */
  readonly diagnostics: Diagnostics;
  /** Refuses the element; what is wrong was reported. */
  refuse(): never;
}
