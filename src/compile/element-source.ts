/** Where the packet path of an element stands in its file: its methods, as syntax. */
import ts from '../typescript.js';
import type { Diagnostics } from '../diagnostics.js';
import type { ModuleLibrary, ModuleSource } from './module-source.js';
import { moduleScope } from './calls.js';
import { Scope } from './scope.js';
import type { SubsetFunction } from './value.js';

/** The methods of a definition that are compiled, timers aside. */
export const METHODS = ['initialize', 'learn', 'process', 'pull', 'run'] as const;
export type MethodName = (typeof METHODS)[number];

export interface ElementMethod {
  readonly declaration: SubsetFunction;
  /** Names the method can see: those of its file, and of the function that made the element, if one did. */
  readonly scope: Scope;
  readonly module: ModuleSource;
}

/** The call that made an element: `defineElement({...})`, in its own file or in a function it calls. */
interface Definition {
  readonly object: ts.ObjectLiteralExpression;
  readonly module: ModuleSource;
  /** The function around the definition and the arguments it was called with. */
  readonly maker?: { readonly declaration: ts.FunctionDeclaration; readonly call: ts.CallExpression; readonly caller: ModuleSource };
}

export class ElementSource {
  private constructor(
    readonly module: ModuleSource,
    private readonly definition: Definition,
    private readonly bindMaker: (scope: Scope, definition: Definition) => void,
  ) {}

  /** Reads an element's file; undefined, with a message, when the definition cannot be found in it. */
  static read(
    file: string,
    library: ModuleLibrary,
    diagnostics: Diagnostics,
    bindMaker: (scope: Scope, definition: Definition) => void,
  ): ElementSource | undefined {
    const module = library.read(file);
    const exported = module.defaultExport();
    const definition = exported === undefined ? undefined : findDefinition(exported, module);
    if (definition !== undefined) return new ElementSource(module, definition, bindMaker);
    const at = exported ?? module.syntax;
    diagnostics.error(
      'WL2017',
      module.span(at),
      'the compiler finds no element definition here',
      'Write `export default defineElement({ ... })`, or call a function of a file beside this one that returns it.',
    );
    return undefined;
  }

  method(name: MethodName): ElementMethod | undefined {
    return this.asMethod(memberOf({ object: this.definition.object, module: this.definition.module }, name));
  }

  timer(name: string): ElementMethod | undefined {
    const member = memberOf({ object: this.definition.object, module: this.definition.module }, 'timers');
    const timers = member === undefined ? undefined : objectOf(member);
    return timers && this.asMethod(memberOf(timers, name));
  }

  /**
   * Says that a method, which the class has when it runs in Node, does not stand where the compiler can read it: left out, the compiled element
   * would do something else.
   */
  missing(name: string, diagnostics: Diagnostics): void {
    const { object, module } = this.definition;
    const what = name.replace('timers.', 'timer ');
    diagnostics.error(
      'WL2017',
      module.span(object),
      `the compiler does not find \`${what}\` of this element`,
      'Write it as a method of the definition, as the name of a function, or in an object that a constant names.',
    );
  }

  private asMethod(member: Member | undefined): ElementMethod | undefined {
    const found = member && functionOf(member);
    if (found === undefined) return undefined;
    const scope = new Scope(moduleScope(found.module));
    // Only what is written in place sees the names of the function around it.
    if (found.inPlace) this.bindMaker(scope, this.definition);
    return { declaration: found.declaration, scope, module: found.module };
  }
}

export type { Definition };

function findDefinition(expression: ts.Expression, module: ModuleSource): Definition | undefined {
  const node = strip(expression);
  if (ts.isIdentifier(node)) {
    const declared = module.find(node.text);
    return declared?.kind === 'constant' ? findDefinition(declared.initializer, declared.module) : undefined;
  }
  if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression)) return undefined;
  if (isOfKit(node, 'defineElement', module)) return asDefinition(node, module);
  const made = module.find(node.expression.text);
  if (made?.kind !== 'function') return undefined;
  const inner = returnedCall(made.node);
  if (inner === undefined || !isOfKit(inner, 'defineElement', made.module)) return undefined;
  const definition = asDefinition(inner, made.module);
  return definition && { ...definition, maker: { declaration: made.node, call: node, caller: module } };
}

/** Whether a call is one of the kit's function with that name. */
function isOfKit(node: ts.CallExpression, name: string, module: ModuleSource): boolean {
  if (!ts.isIdentifier(node.expression)) return false;
  const declared = module.find(node.expression.text);
  return declared?.kind === 'kit' && declared.name === name;
}

function asDefinition(node: ts.CallExpression, module: ModuleSource): Definition | undefined {
  const argument = node.arguments[0] && strip(node.arguments[0]);
  return argument !== undefined && ts.isObjectLiteralExpression(argument) ? { object: argument, module } : undefined;
}

/** The call that a function returns. */
function returnedCall(declaration: ts.FunctionDeclaration): ts.CallExpression | undefined {
  for (const statement of declaration.body?.statements ?? []) {
    if (ts.isReturnStatement(statement) && statement.expression !== undefined) {
      const node = strip(statement.expression);
      if (ts.isCallExpression(node)) return node;
    }
  }
  return undefined;
}

/** An object as it is written, and where. */
interface WrittenObject {
  readonly object: ts.ObjectLiteralExpression;
  readonly module: ModuleSource;
  /** It is not the definition itself, but has a name outside of it. */
  readonly named?: boolean;
}

interface Member {
  readonly node: ts.ObjectLiteralElementLike;
  readonly owner: WrittenObject;
}

interface Found {
  readonly declaration: SubsetFunction;
  readonly module: ModuleSource;
  readonly inPlace: boolean;
}

/** The entry of an object with a name; the last one counts, also of objects that are spread into it. */
function memberOf(owner: WrittenObject, name: string): Member | undefined {
  for (const node of owner.object.properties.toReversed()) {
    if (ts.isSpreadAssignment(node)) {
      const spread = objectFrom(node.expression, owner);
      const member = spread && memberOf(spread, name);
      if (member !== undefined) return member;
    } else if (node.name !== undefined && (ts.isIdentifier(node.name) || ts.isStringLiteral(node.name)) && node.name.text === name) {
      return { node, owner };
    }
  }
  return undefined;
}

/** The object that is the value of a member. */
function objectOf({ node, owner }: Member): WrittenObject | undefined {
  if (ts.isShorthandPropertyAssignment(node)) return namedObject(node.name.text, owner.module);
  return ts.isPropertyAssignment(node) ? objectFrom(node.initializer, owner) : undefined;
}

function objectFrom(expression: ts.Expression, owner: WrittenObject): WrittenObject | undefined {
  const node = strip(expression);
  if (ts.isObjectLiteralExpression(node)) return { ...owner, object: node };
  return ts.isIdentifier(node) ? namedObject(node.text, owner.module) : undefined;
}

function namedObject(name: string, module: ModuleSource): WrittenObject | undefined {
  const declared = module.find(name);
  if (declared?.kind !== 'constant') return undefined;
  const node = strip(declared.initializer);
  if (ts.isIdentifier(node)) return namedObject(node.text, declared.module);
  return ts.isObjectLiteralExpression(node) ? { object: node, module: declared.module, named: true } : undefined;
}

/** The function a member is: written in place, or named and declared in a module. */
function functionOf({ node, owner }: Member): Found | undefined {
  if (ts.isMethodDeclaration(node)) return { declaration: node, module: owner.module, inPlace: owner.named !== true };
  if (ts.isShorthandPropertyAssignment(node)) return namedFunction(node.name.text, owner.module);
  return ts.isPropertyAssignment(node) ? functionFrom(node.initializer, owner.module, owner.named !== true) : undefined;
}

function functionFrom(expression: ts.Expression, module: ModuleSource, inPlace: boolean): Found | undefined {
  const node = strip(expression);
  if (ts.isArrowFunction(node) || ts.isFunctionExpression(node)) return { declaration: node, module, inPlace };
  if (ts.isIdentifier(node)) return namedFunction(node.text, module);
  // background(...) only marks its argument.
  if (ts.isCallExpression(node) && isOfKit(node, 'background', module) && node.arguments.length === 1) return functionFrom(node.arguments[0]!, module, inPlace);
  return undefined;
}

function namedFunction(name: string, module: ModuleSource): Found | undefined {
  const declared = module.find(name);
  if (declared?.kind === 'function') return { declaration: declared.node, module: declared.module, inPlace: false };
  return declared?.kind === 'constant' ? functionFrom(declared.initializer, declared.module, false) : undefined;
}

function strip(node: ts.Expression): ts.Expression {
  while (ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) node = node.expression;
  return node;
}
