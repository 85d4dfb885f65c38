/**
 * Which functions of an element are worth being functions in C, too. All others are lowered in place where they are called:
 * that costs nothing at run time and lets constants fold, but what is called from several places is there several times.
 */
import ts from '../typescript.js';
import type { ElementMethod } from './element-source.js';
import type { ModuleSource } from './module-source.js';
import type { SubsetFunction } from './value.js';

/** In nodes of syntax, of which a line has about ten. */
export interface CallLimits {
  /** To this an element's methods may come with all functions in place. */
  readonly inPlaceMax: number;
  /** From this on a function is called, in the elements that come to more. */
  readonly calledMin: number;
}

export const CALL_LIMITS: CallLimits = { inPlaceMax: 5000, calledMin: 120 };

interface Weight {
  /** Nodes of syntax of its own. */
  own: number;
  /** How often its text mentions each function. */
  readonly mentions: Map<SubsetFunction, number>;
}

export class CallWeights {
  private readonly weights = new Map<SubsetFunction, Weight>();
  private readonly whole = new Map<SubsetFunction, number>();
  private readonly called = new Set<SubsetFunction>();
  /** Whether the methods come to so much that their size matters more than what constants would save. */
  readonly large: boolean;

  constructor(
    methods: readonly ElementMethod[],
    private readonly limits: CallLimits,
  ) {
    for (const { declaration, module } of methods) this.read(declaration, module);
    const roots = methods.map(({ declaration }) => declaration);
    const total = roots.reduce((sum, root) => sum + this.wholeOf(root), 0);
    this.large = total > limits.inPlaceMax;
    if (this.large) this.choose(new Set(roots));
  }

  /** Whether a function is called instead of lowered in place. */
  isCalled(declaration: SubsetFunction): boolean {
    return this.called.has(declaration);
  }

  private read(declaration: SubsetFunction, module: ModuleSource): void {
    if (this.weights.has(declaration)) return;
    const weight: Weight = { own: 0, mentions: new Map() };
    this.weights.set(declaration, weight);
    const walk = (node: ts.Node): void => {
      if (ts.isTypeNode(node)) return;
      weight.own += 1;
      if (ts.isIdentifier(node)) this.mention(weight, node, module);
      else if (ts.isPropertyAccessExpression(node)) walk(node.expression);
      else ts.forEachChild(node, walk);
    };
    for (const parameter of declaration.parameters) if (parameter.initializer !== undefined) walk(parameter.initializer);
    if (declaration.body !== undefined) walk(declaration.body);
  }

  private mention(weight: Weight, node: ts.Identifier, module: ModuleSource): void {
    const found = functionNamed(node.text, module);
    if (found === undefined) return;
    // A function that is handed on may be called any number of times.
    const times = ts.isCallExpression(node.parent) && node.parent.expression === node ? 1 : 2;
    weight.mentions.set(found.declaration, (weight.mentions.get(found.declaration) ?? 0) + times);
    this.read(found.declaration, found.module);
  }

  /** Nodes with all that it calls in place; one that calls itself is refused later. */
  private wholeOf(declaration: SubsetFunction): number {
    const known = this.whole.get(declaration);
    if (known !== undefined) return known;
    this.whole.set(declaration, 0);
    const { own, mentions } = this.weights.get(declaration)!;
    const whole = [...mentions].reduce((sum, [callee, times]) => sum + times * this.wholeOf(callee), own);
    this.whole.set(declaration, whole);
    return whole;
  }

  /** From callers to callees: what is called itself stands there once, however often it is called. */
  private choose(roots: ReadonlySet<SubsetFunction>): void {
    const copies = new Map<SubsetFunction, number>([...roots].map((root) => [root, 1]));
    for (const declaration of this.callersFirst(roots)) {
      const times = copies.get(declaration) ?? 1;
      const calls = !roots.has(declaration) && times > 1 && this.wholeOf(declaration) >= this.limits.calledMin;
      if (calls) this.called.add(declaration);
      for (const [callee, mentioned] of this.weights.get(declaration)!.mentions) {
        copies.set(callee, (copies.get(callee) ?? 0) + mentioned * (calls ? 1 : times));
      }
    }
  }

  private callersFirst(roots: ReadonlySet<SubsetFunction>): SubsetFunction[] {
    const order: SubsetFunction[] = [];
    const seen = new Set<SubsetFunction>();
    const visit = (declaration: SubsetFunction): void => {
      if (seen.has(declaration)) return;
      seen.add(declaration);
      for (const callee of this.weights.get(declaration)!.mentions.keys()) visit(callee);
      order.push(declaration);
    };
    for (const root of roots) visit(root);
    return order.reverse();
  }
}

/** The function that a module means by a name. */
function functionNamed(name: string, module: ModuleSource): { declaration: SubsetFunction; module: ModuleSource } | undefined {
  const declared = module.find(name);
  if (declared?.kind === 'function') return { declaration: declared.node, module: declared.module };
  if (declared?.kind !== 'constant') return undefined;
  const { initializer } = declared;
  return ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer) ? { declaration: initializer, module: declared.module } : undefined;
}
