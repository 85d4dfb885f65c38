/**
 * Calls: intrinsics, parts of the context, and functions of the subset, which are lowered in place each
 * time they are called, with what is known of their arguments there.
 */
import ts from '../typescript.js';
import { suggestion } from '../suggest.js';
import { drop } from '../kit/verdict.js';
import { intrinsicName } from '../kit/intrinsic.js';
import { Flow } from './flow.js';
import { evaluate, evaluateInOrder } from './expressions.js';
import { member } from './members.js';
import { executeAll, returnExpression } from './statements.js';
import { bind, declaredRange, destructure } from './binding.js';
import { headerCall, isLayout } from './headers.js';
import { INTRINSICS } from './intrinsics.js';
import { Refusal, type Lowering, type ReturnTarget } from './lowering.js';
import type { Declared, ModuleSource } from './module-source.js';
import { packetCall } from './packet-members.js';
import { hull } from './range.js';
import { Scope } from './scope.js';
import { constant, describe, REFUSED, VOID, type FunctionValue, type Value } from './value.js';

/** Most functions inside one another. */
export const CALL_DEPTH_MAX = 64;

/** A name that no scope declares: of the module, imported, or JavaScript's own `Math`. */
export function resolveName(lowering: Lowering, scope: Scope, node: ts.Identifier): Value {
  const found = moduleName(lowering, lowering.module, node.text, node);
  if (found !== undefined) return found;
  if (node.text === 'Math') return constant(Math);
  if (node.text === 'Infinity' || node.text === 'NaN') {
    return lowering.refuse('WL2003', node, `${node.text} is not an integer`);
  }
  if (node.text in globalThis) {
    return lowering.refuse(
      'WL2014',
      node,
      `${node.text} belongs to the host, not to the packet path`,
      'Use it in build, and read the result from built.',
    );
  }
  return lowering.refuse('WL2002', node, `unknown name "${node.text}"`, suggestion(node.text, [...scope.all(), ...lowering.module.names()]));
}

function moduleName(lowering: Lowering, module: ModuleSource, name: string, at: ts.Node): Value | undefined {
  const declared = module.find(name);
  return declared === undefined ? undefined : declaredValue(lowering, declared, name, at);
}

function declaredValue(lowering: Lowering, declared: Declared, name: string, at: ts.Node): Value | undefined {
  switch (declared.kind) {
    case 'function':
      return { kind: 'function', declaration: declared.node, scope: moduleScope(declared.module) };
    case 'constant': {
      const known = lowering.kit.valueIn(declared.module, name);
      return known === undefined ? constantOfModule(lowering, declared, at) : constant(known.value);
    }
    case 'kit': {
      const value = lowering.kit.value(name) ?? lowering.kit.value(declared.name);
      if (value === undefined) return lowering.refuse('WL2002', at, `the kit exports no "${declared.name}"`);
      return constant(value.value);
    }
    case 'default':
      return undefined;
  }
}

/** A scope that remembers its module, for functions declared at the top of it. */
class ModuleScope extends Scope {
  constructor(readonly module: ModuleSource) {
    super();
  }
}

const moduleScopes = new WeakMap<ModuleSource, ModuleScope>();

export function moduleScope(module: ModuleSource): Scope {
  let scope = moduleScopes.get(module);
  if (scope === undefined) {
    scope = new ModuleScope(module);
    moduleScopes.set(module, scope);
  }
  return scope;
}

/** A `const` at the top of a module: an arrow function, or a value computed from constants. */
function constantOfModule(lowering: Lowering, declared: Extract<Declared, { kind: 'constant' }>, at: ts.Node): Value {
  let { initializer } = declared;
  while (ts.isAsExpression(initializer) || ts.isSatisfiesExpression(initializer) || ts.isParenthesizedExpression(initializer)) {
    initializer = initializer.expression;
  }
  if (ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer)) {
    return { kind: 'function', declaration: initializer, scope: moduleScope(declared.module) };
  }
  return within(lowering, declared.module, () => {
    const isFreeze = ts.isCallExpression(initializer) && initializer.expression.getText() === 'Object.freeze';
    const source = isFreeze ? (initializer as ts.CallExpression).arguments[0]! : initializer;
    const value = evaluate(lowering, moduleScope(declared.module), source);
    const exact = lowering.constantOf(value);
    if (exact !== undefined) return constant(exact.value);
    return lowering.refuse('WL2001', at, 'this is not a constant that the compiler can compute', 'Compute it in build and read it from built.');
  });
}

/** Lowers with `module` as the place of positions and names. */
export function within<T>(lowering: Lowering, module: ModuleSource, action: () => T): T {
  const outer = lowering.module;
  lowering.module = module;
  try {
    return action();
  } finally {
    lowering.module = outer;
  }
}

// ---- calls -------------------------------------------------------------------------------------------------

export function call(lowering: Lowering, scope: Scope, node: ts.CallExpression): Value {
  const { expression } = node;
  if (ts.isPropertyAccessExpression(expression)) {
    const object = evaluate(lowering, scope, expression.expression);
    return methodCall(lowering, scope, object, expression.name.text, node);
  }
  return callValue(lowering, scope, evaluate(lowering, scope, expression), node);
}

function methodCall(lowering: Lowering, scope: Scope, object: Value, name: string, node: ts.CallExpression): Value {
  if (object.kind === 'packet') return packetCall(lowering, object.packet, name, argumentsOf(lowering, scope, node), node);
  if (object.kind === 'const') {
    if (isLayout(object.value) && (name === 'at' || name === 'atOffset')) {
      return headerCall(lowering, object.value, name, argumentsOf(lowering, scope, node), node);
    }
    if (object.value === Math) return mathCall(lowering, scope, name, node);
  }
  return callValue(lowering, scope, member(lowering, object, name, node.expression), node);
}

function callValue(lowering: Lowering, scope: Scope, callee: Value, node: ts.CallExpression): Value {
  switch (callee.kind) {
    case 'function':
      return inline(lowering, callee, argumentsOf(lowering, scope, node), node);
    case 'entity': {
      const result = callee.entity.call(lowering, argumentsOf(lowering, scope, node), node);
      if (result !== undefined) return result;
      break;
    }
    case 'const':
      return constantCall(lowering, scope, callee.value, node);
    case 'refused':
      throw new Refusal();
    default:
      break;
  }
  return lowering.refuse('WL2014', node, `${describe(callee)} cannot be called`);
}

function constantCall(lowering: Lowering, scope: Scope, callee: unknown, node: ts.CallExpression): Value {
  const intrinsic = intrinsicName(callee) ?? (typeof callee === 'function' ? CALLED_BY_IDENTITY.get(callee) : undefined);
  if (intrinsic !== undefined) {
    const lower = INTRINSICS[intrinsic];
    if (lower === undefined) return lowering.refuse('WL2014', node, `the compiler has no code for intrinsic ${intrinsic}`);
    return lower(lowering, argumentsOf(lowering, scope, node), node);
  }
  const found = lowering.kit.find(callee);
  if (found !== undefined) {
    const target: FunctionValue = { kind: 'function', declaration: found.node, scope: moduleScope(found.module) };
    return inline(lowering, target, argumentsOf(lowering, scope, node), node);
  }
  return lowering.refuse(
    'WL2014',
    node,
    `${node.expression.getText()} is not a function of the packet-path subset`,
    'Call functions of the kit, of this file, or of a file beside it; anything else belongs in build.',
  );
}

/** Kit functions without a marker of their own. */
const CALLED_BY_IDENTITY = new Map<unknown, string>([[drop, 'drop']]);

function argumentsOf(lowering: Lowering, scope: Scope, node: ts.CallExpression): Value[] {
  return evaluateInOrder(lowering, scope, node.arguments);
}

// ---- Math --------------------------------------------------------------------------------------------------

function mathCall(lowering: Lowering, scope: Scope, name: string, node: ts.CallExpression): Value {
  if (name === 'trunc' || name === 'floor') {
    let argument = node.arguments[0];
    while (argument !== undefined && ts.isParenthesizedExpression(argument)) argument = argument.expression;
    if (argument !== undefined && ts.isBinaryExpression(argument) && argument.operatorToken.kind === ts.SyntaxKind.SlashToken) {
      return INTRINSICS[`Math.${name}`]!(lowering, evaluateInOrder(lowering, scope, [argument.left, argument.right]), node);
    }
  }
  const lower = INTRINSICS[`Math.${name}`];
  if (lower !== undefined && name !== 'trunc' && name !== 'floor') return lower(lowering, argumentsOf(lowering, scope, node), node);
  if (name === 'trunc' || name === 'floor') return argumentsOf(lowering, scope, node)[0] ?? VOID;
  return lowering.refuse(
    'WL2014',
    node,
    `Math.${name} is not in the packet-path subset`,
    'There are trunc, floor, min, max, abs, imul and clz32.',
  );
}

// ---- functions of the subset ---------------------------------------------------------------------------------

/** Whether `node` calls a function that will be lowered in place. */
export function isSubsetCall(lowering: Lowering, scope: Scope, node: ts.CallExpression): boolean {
  return subsetCallee(lowering, scope, node) !== undefined;
}

function subsetCallee(lowering: Lowering, scope: Scope, node: ts.CallExpression): FunctionValue | undefined {
  if (!ts.isIdentifier(node.expression)) return undefined;
  const { text } = node.expression;
  const binding = scope.find(text);
  if (binding !== undefined) return 'value' in binding && binding.value.kind === 'function' ? binding.value : undefined;
  const declared = lowering.module.find(text);
  if (declared?.kind !== 'function' && declared?.kind !== 'constant') return undefined;
  const value = declaredValue(lowering, declared, text, node);
  return value?.kind === 'function' ? value : undefined;
}

/** `return f(...)`: what f returns is returned, so that each of its verdicts keeps its own path. */
export function tailCall(lowering: Lowering, scope: Scope, node: ts.CallExpression): void {
  const callee = subsetCallee(lowering, scope, node)!;
  const values = argumentsOf(lowering, scope, node);
  if (lowering.procedures?.end(lowering, callee, values, node) === true) return;
  const called = lowering.procedures?.invoke(lowering, callee, values, node);
  if (called !== undefined) return lowering.returnTarget.accept(lowering, called, node);
  enter(lowering, callee, values, node, lowering.returnTarget);
  if (!lowering.flow.dead) lowering.returnTarget.accept(lowering, undefined, node);
}

/** Calls a procedure or lowers the call in place, and gives the value it returns. */
function inline(lowering: Lowering, callee: FunctionValue, values: readonly Value[], node: ts.CallExpression): Value {
  const called = lowering.procedures?.invoke(lowering, callee, values, node);
  if (called !== undefined) return called;
  const label = lowering.newLabel();
  const returns = new Returns(label);
  const refusals = lowering.refusals;
  const body = lowering.collect(() => enter(lowering, callee, values, node, returns));
  const fellThrough = !lowering.flow.dead;
  lowering.flow = returns.flows.reduce((joined, flow) => Flow.join(joined, flow), lowering.flow);
  lowering.add({ op: 'block', label, body }, node);
  if (lowering.refusals > refusals) return REFUSED;
  if (returns.flows.length === 0 || fellThrough) return VOID;
  return returns.value(lowering, node);
}

/** Lowers the function's body here; what it returns goes to `target`. */
export function enter(
  lowering: Lowering,
  callee: FunctionValue,
  values: readonly Value[],
  node: ts.CallExpression,
  target: ReturnTarget,
): void {
  const { declaration } = callee;
  const name = declaration.name?.getText() ?? 'this function';
  if (lowering.callStack.includes(declaration)) {
    lowering.refuse('WL2010', node, `${name} calls itself, directly or through others`, 'Use a bounded loop.');
  }
  if (lowering.callStack.length >= CALL_DEPTH_MAX) {
    lowering.refuse('WL2010', node, `calls are more than ${CALL_DEPTH_MAX} deep here`);
  }
  const module = lowering.library.read(declaration.getSourceFile().fileName);
  const scope = new Scope(callee.scope, true);
  bindParameters(lowering, scope, declaration, values, node, module);
  const outerTarget = lowering.returnTarget;
  const outerLoops = lowering.loops.splice(0);
  lowering.callStack.push(declaration);
  lowering.callSites.push(node);
  lowering.returnTarget = declaration.type === undefined ? target : checkedReturn(target, declaration, name);
  try {
    within(lowering, module, () => {
      const { body } = declaration;
      if (body === undefined) return lowering.refuse('WL2014', node, `${name} has no body`);
      if (ts.isBlock(body)) executeAll(lowering, scope, body.statements);
      else returnExpression(lowering, scope, body);
    });
  } finally {
    lowering.callStack.pop();
    lowering.callSites.pop();
    lowering.returnTarget = outerTarget;
    lowering.loops.push(...outerLoops);
  }
}

function bindParameters(
  lowering: Lowering,
  scope: Scope,
  declaration: FunctionValue['declaration'],
  values: readonly Value[],
  node: ts.CallExpression,
  module: ModuleSource,
): void {
  declaration.parameters.forEach((parameter, index) => {
    let value = values[index];
    if (value === undefined && parameter.initializer !== undefined) {
      value = within(lowering, module, () => evaluate(lowering, scope, parameter.initializer!));
    }
    if (value === undefined) {
      return lowering.refuse('WL2014', node, `argument ${index + 1} (${parameter.name.getText()}) is missing`);
    }
    if (!ts.isIdentifier(parameter.name)) {
      return within(lowering, module, () => destructureParameter(lowering, scope, parameter, value!));
    }
    const assigned = isAssigned(declaration, parameter.name.text);
    const { text } = parameter.name;
    const at = node.arguments[index] ?? node;
    if (value.kind === 'integer' && !assigned) checkFlavour(lowering, value, parameter, at);
    bind(lowering, scope, text, value, !assigned, declaredRange(parameter.type), at);
  });
}

function checkFlavour(lowering: Lowering, value: Value, parameter: ts.ParameterDeclaration, at: ts.Node): void {
  const declared = declaredRange(parameter.type);
  if (declared !== undefined) lowering.fits(lowering.integer(value, at), declared, parameter.name.getText(), at);
}

function destructureParameter(lowering: Lowering, scope: Scope, parameter: ts.ParameterDeclaration, value: Value): void {
  if (!ts.isIdentifier(parameter.name)) destructure(lowering, scope, parameter.name, value);
}

/** Whether the function assigns to its parameter. */
function isAssigned(declaration: ts.Node, name: string): boolean {
  let found = false;
  const walk = (node: ts.Node): void => {
    if (ts.isBinaryExpression(node) && ts.isIdentifier(node.left) && node.left.text === name) {
      const { kind } = node.operatorToken;
      if (kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment) found = true;
    }
    if (ts.isPostfixUnaryExpression(node) || ts.isPrefixUnaryExpression(node)) {
      if (ts.isIdentifier(node.operand) && node.operand.text === name) found = true;
    }
    ts.forEachChild(node, walk);
  };
  walk(declaration);
  return found;
}

/** A target that also holds returned integers to the function's declared type. */
function checkedReturn(target: ReturnTarget, declaration: FunctionValue['declaration'], name: string): ReturnTarget {
  const declared = declaredRange(declaration.type);
  if (declared === undefined) return target;
  return {
    accept(lowering, value, at) {
      if (value?.kind === 'integer') lowering.fits(value.expression, declared, `the result of ${name}`, at);
      target.accept(lowering, value, at);
    },
  };
}

/** Gathers what the returns of an inlined function come to. */
class Returns implements ReturnTarget {
  readonly flows: Flow[] = [];
  private readonly values: Value[] = [];
  private integerResult: ReturnType<Lowering['result']> | undefined;
  private flagResult: ReturnType<Lowering['flagResult']> | undefined;

  constructor(private readonly label: number) {}

  accept(lowering: Lowering, value: Value | undefined, at: ts.Node): void {
    const given = value ?? VOID;
    if (given.kind === 'integer' || (given.kind === 'const' && typeof given.value === 'number') || given.kind === 'pick') {
      const expression = lowering.integer(given, at);
      this.integerResult ??= lowering.result('returned', expression.range);
      const { local } = this.integerResult;
      local.range = hull(local.range, expression.range);
      lowering.add({ op: 'set', local, value: expression }, at);
    } else if (given.kind === 'boolean' || (given.kind === 'const' && typeof given.value === 'boolean')) {
      this.flagResult ??= lowering.flagResult('returned');
      lowering.add({ op: 'set-flag', local: this.flagResult.local, value: lowering.condition(given, at).condition }, at);
    }
    this.values.push(given);
    this.flows.push(lowering.flow.fork());
    lowering.add({ op: 'leave', label: this.label }, at);
    lowering.flow.dead = true;
  }

  value(lowering: Lowering, at: ts.Node): Value {
    const [first] = this.values;
    if (first === undefined) return VOID;
    const constants = this.values.map((value) => lowering.constantOf(value));
    if (constants.every((item) => item !== undefined && item.value === constants[0]?.value)) return constant(constants[0]!.value);
    if (this.values.length === 1 && this.integerResult === undefined) return first;
    // One that returns nothing on some path has no value that could be used.
    if (this.values.some((value) => value.kind === 'void')) return VOID;
    if (this.integerResult !== undefined && this.flagResult === undefined) {
      const { local, value } = this.integerResult;
      lowering.flow.know(value.variable!, local.range);
      return { ...value, expression: { op: 'local', local, range: local.range } };
    }
    if (this.flagResult !== undefined && this.integerResult === undefined) return this.flagResult.value;
    return lowering.refuse('WL2015', at, 'the function returns values of different kinds, or one of several packets or views');
  }
}
