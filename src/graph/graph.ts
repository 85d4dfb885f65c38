/**
 * The two values of the graph stages. `Graph` is what a file says, positions kept, nothing resolved;
 * `CheckedGraph` is a flat list of instances with valid arguments and connections. Only `check` makes the
 * latter.
 */
import type { SourceText, Span } from '../diagnostics.js';
import type { ArgumentScope } from '../kit/argument-scope.js';
import type { ElementClass } from '../kit/element.js';

// ---- Graph: as read ------------------------------------------------------------------------------------

/** A name, number or text with its place. */
export interface Located<T> {
  readonly value: T;
  readonly span: Span;
}

export interface Graph {
  readonly name: string;
  readonly version: string;
  readonly source: SourceText;
  /** Everything that was read: the graph's file first, then what it includes. */
  readonly files: readonly SourceText[];
  readonly parameters: readonly Parameter[];
  readonly interfaces: readonly InterfaceDeclaration[];
  /** Processors that it is to run on; absent: one. */
  readonly cpus?: Located<number>;
  /** Whether packets may go round loops (src/graph/loop-stores.ts). In Click's language they always may. */
  readonly loopsWait?: boolean;
  /** Folders with the user's own elements, as the file names them, relative to it. */
  readonly elementFolders: readonly Located<string>[];
  readonly body: GraphBody;
  readonly compounds: readonly Compound[];
  /** The language of its file, where that is Click's. */
  readonly language?: 'click';
  /** What `require` asks for, libraries left out. */
  readonly requirements?: readonly string[];
  /** Element classes that `elementclass` statements name: another name is given to them, or overloads to a class of that name. */
  readonly classUses?: readonly ClassUse[];
}

export interface ClassUse {
  readonly name: Located<string>;
  /** Its name gets further definitions. */
  readonly extended: boolean;
}

/** What a graph and a compound have alike. */
export interface GraphBody {
  readonly declarations: readonly Declaration[];
  readonly connections: readonly Connection[];
}

export interface Parameter {
  readonly name: Located<string>;
  /** Absent: must be given. */
  readonly value?: Located<string>;
}

export interface InterfaceDeclaration {
  readonly name: Located<string>;
  readonly mac?: Located<string>;
  /** IPv4 address, with or without a prefix length; gives the names `lan:ip` and `lan:net`. */
  readonly address?: Located<string>;
}

export interface Declaration {
  readonly name: Located<string>;
  readonly class: Located<string>;
  readonly arguments: Arguments;
  /** Declared within an arrow without a name: `name` is `Class@N`. */
  readonly anonymous: boolean;
  /** Definitions of compounds that the class name stands for here, in order; absent: an element class. */
  readonly compounds?: readonly Compound[];
  /** The element class that is meant when none of `compounds` fits (Click's `...`). */
  readonly otherwise?: string;
}

/** Arguments in Click's notation (text between commas), or by name from a YAML map. */
export type Arguments =
  | { readonly form: 'click'; readonly list: readonly Located<string>[]; readonly span: Span }
  | { readonly form: 'map'; readonly entries: readonly ArgumentEntry[]; readonly span: Span };

export interface ArgumentEntry {
  readonly key: Located<string>;
  /** A plain value: string, number, boolean, null, list or map. */
  readonly value: Located<unknown>;
  /** For a list: the places of its items. */
  readonly items?: readonly Span[];
}

/** One end of a connection: an element, interface, `input` or `output`, and a port by number or name. */
export interface End {
  readonly element: Located<string>;
  /** Absent: 0. */
  readonly port?: Located<string | number>;
}

export interface Connection {
  readonly from: End;
  readonly to: End;
}

/** A compound class (Click's `elementclass`); several of one name are overloads. */
export interface Compound {
  readonly name: Located<string>;
  /** Formal parameters, in order; a keyword has one; a default may be given. */
  readonly parameters: readonly CompoundParameter[];
  /** Names of the ports, when the compound names them; else `input`/`output` numbers as used. */
  readonly inputs?: readonly Located<string>[];
  readonly outputs?: readonly Located<string>[];
  readonly body: GraphBody;
  /** Compounds declared inside. */
  readonly compounds: readonly Compound[];
  /** Parameters that the compound itself defines (Click's `define`). */
  readonly definitions: readonly Parameter[];
}

export interface CompoundParameter {
  readonly name: Located<string>;
  readonly keyword?: string;
  /** With a keyword: it may be given by position too. */
  readonly positional?: boolean;
  readonly value?: Located<string>;
}

// ---- CheckedGraph ---------------------------------------------------------------------------------------

export interface CheckedGraph {
  readonly name: string;
  readonly version: string;
  readonly source: SourceText;
  /** Hash of everything that decides the appliance: the files read, parameters, elements' sources. */
  readonly sha256: string;
  readonly interfaces: readonly Interface[];
  readonly instances: readonly Instance[];
  /** Processors that it is to run on, each with a copy of all instances; absent: one. */
  readonly cpus?: number;
  /** AddressInfo and its like, which told others something and do nothing themselves. */
  readonly information?: readonly InformationElement[];
  /** What `require` asked for, libraries left out. */
  readonly requirements?: readonly string[];
}

export interface InformationElement {
  readonly name: string;
  readonly className: string;
  readonly given: readonly string[];
  /** Instances before it in the graph. */
  readonly before: number;
  readonly span: Span;
}

export interface Interface {
  readonly name: string;
  readonly index: number;
  readonly mac: number;
  readonly address?: number;
  readonly prefixLength?: number;
  /** Whether some instance receives from it. */
  readonly receives: boolean;
}

export interface Instance {
  readonly index: number;
  readonly name: string;
  readonly class: ElementClass;
  /** TypeScript file of the element. */
  readonly classFile: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** The arguments in Click's notation. */
  readonly configText: string;
  /** The arguments as they were given, if in Click's notation: after parameters got their values. */
  readonly given?: readonly string[];
  /** Names that arguments may use; absent: none. */
  readonly scope?: ArgumentScope;
  readonly inputs: readonly InputPort[];
  readonly outputs: readonly OutputPort[];
  /** The state's description, by name. */
  readonly state: Readonly<Record<string, import('../kit/state.js').StateEntry>>;
  readonly built: unknown;
  /** For an element that watches queues: these, by instance and entry of its state. */
  readonly queues?: readonly { readonly instance: number; readonly entry: string }[];
  /** Elements whose state it uses, by number. */
  readonly peers?: readonly number[];
  /** The elements of the graph, as it sees them. */
  readonly elements?: import('../kit/build-context.js').ElementsAround;
  /** Whether it says what it finds wrong with packets. */
  readonly chatter?: boolean;
  /** For FromDevice and ToDevice: the interface. */
  readonly interface?: number;
  /** Nobody declared it, and nobody is shown it. */
  readonly implied?: boolean;
  readonly span: Span;
}

export interface PortEnd {
  readonly instance: number;
  readonly port: number;
}

export interface InputPort {
  readonly name: string;
  readonly processing: 'push' | 'pull';
  /** Outputs connected to it: any number if push, exactly one if pull. */
  readonly from: readonly PortEnd[];
}

export interface OutputPort {
  readonly name: string;
  readonly processing: 'push' | 'pull';
  /** Inputs connected to it: at most one if push, any number if pull. Empty: unconnected. */
  readonly to: readonly PortEnd[];
}
