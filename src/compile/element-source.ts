/** Where the packet path of an element stands in its file: its methods, as syntax. */
import ts from '../typescript.js';
import type { Diagnostics } from '../diagnostics.js';
import type { ModuleLibrary, ModuleSource } from './module-source.js';
import { moduleScope } from './calls.js';
import { Scope } from './scope.js';
import type { SubsetFunction } from './value.js';

export type MethodName = 'initialize' | 'learn' | 'process' | 'pull' | 'run';

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
    return this.asMethod(memberOf(this.definition.object, name));
  }

  timer(name: string): ElementMethod | undefined {
    const timers = memberOf(this.definition.object, 'timers');
    if (timers === undefined || !ts.isPropertyAssignment(timers)) return undefined;
    const object = strip(timers.initializer);
    return ts.isObjectLiteralExpression(object) ? this.asMethod(memberOf(object, name)) : undefined;
  }

  private asMethod(node: ts.ObjectLiteralElementLike | undefined): ElementMethod | undefined {
    if (node === undefined) return undefined;
    const declaration = functionOf(node, this.definition.module);
    if (declaration === undefined) return undefined;
    const scope = new Scope(moduleScope(this.definition.module));
    this.bindMaker(scope, this.definition);
    return { declaration, scope, module: this.definition.module };
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
  if (isDefineElement(node, module)) return asDefinition(node, module);
  const made = module.find(node.expression.text);
  if (made?.kind !== 'function') return undefined;
  const inner = returnedCall(made.node);
  if (inner === undefined || !isDefineElement(inner, made.module)) return undefined;
  const definition = asDefinition(inner, made.module);
  return definition && { ...definition, maker: { declaration: made.node, call: node, caller: module } };
}

function isDefineElement(node: ts.CallExpression, module: ModuleSource): boolean {
  if (!ts.isIdentifier(node.expression)) return false;
  const declared = module.find(node.expression.text);
  return declared?.kind === 'kit' && declared.name === 'defineElement';
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

function memberOf(object: ts.ObjectLiteralExpression, name: string): ts.ObjectLiteralElementLike | undefined {
  return object.properties.find((entry) => entry.name !== undefined && ts.isIdentifier(entry.name) && entry.name.text === name);
}

/** The function a member is: written in place, or named and declared in the module. */
function functionOf(node: ts.ObjectLiteralElementLike, module: ModuleSource): SubsetFunction | undefined {
  if (ts.isMethodDeclaration(node)) return node;
  if (ts.isShorthandPropertyAssignment(node)) return namedFunction(node.name.text, module);
  return ts.isPropertyAssignment(node) ? functionFrom(node.initializer, module) : undefined;
}

function functionFrom(expression: ts.Expression, module: ModuleSource): SubsetFunction | undefined {
  const node = strip(expression);
  if (ts.isArrowFunction(node) || ts.isFunctionExpression(node)) return node;
  if (ts.isIdentifier(node)) return namedFunction(node.text, module);
  // background(...) only marks its argument.
  if (ts.isCallExpression(node) && node.arguments.length === 1) return functionFrom(node.arguments[0]!, module);
  return undefined;
}

function namedFunction(name: string, module: ModuleSource): SubsetFunction | undefined {
  const declared = module.find(name);
  if (declared?.kind === 'function') return declared.node;
  return declared?.kind === 'constant' ? functionFrom(declared.initializer, declared.module) : undefined;
}

function strip(node: ts.Expression): ts.Expression {
  while (ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) node = node.expression;
  return node;
}
