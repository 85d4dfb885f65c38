/** Names of classes that nothing defines: each is told once in the body that has it, whether the body is used or not. */
import type { Diagnostics, Span } from '../diagnostics.js';
import { absentClass } from './absent-classes.js';
import { UNREAD_CLASS } from './element-entry.js';
import type { Declaration, Graph, GraphBody, Compound } from './graph.js';
import { informationClasses } from './information-elements.js';
import type { Registry } from './registry.js';
import { nearest, suggestion } from '../suggest.js';

export function explainUnknownClasses(graph: Graph, registry: Registry, diagnostics: Diagnostics): void {
  new UnknownClasses(registry, diagnostics).graph(graph);
}

class UnknownClasses {
  private readonly classes: readonly string[];

  constructor(
    private readonly registry: Registry,
    private readonly diagnostics: Diagnostics,
  ) {
    this.classes = [...registry.names(), ...informationClasses];
  }

  graph({ body, compounds, classUses = [] }: Graph): void {
    const told = new Map<string, Span>();
    for (const { name, extended } of classUses) {
      if (this.known(name.value)) continue;
      told.set(name.value, name.span);
      const text = `${extended ? 'cannot extend unknown' : 'unknown'} element class '${name.value}'`;
      this.unknown(name.value, name.span, text);
    }
    this.body(body, compounds, told);
  }

  private body({ declarations }: GraphBody, compounds: readonly Compound[], outer: ReadonlyMap<string, Span>): void {
    const told = new Map(outer);
    for (const declaration of declarations) {
      const { value, span } = declaration.class;
      if (declaration.compounds !== undefined || value === UNREAD_CLASS || this.known(value) || isBefore(told.get(value), span)) continue;
      told.set(value, span);
      this.declaration(declaration, declarations);
    }
    for (const compound of compounds) this.body(compound.body, compound.compounds, told);
  }

  private known(name: string): boolean {
    return this.registry.file(name) !== undefined || informationClasses.includes(name);
  }

  private declaration({ class: { value, span }, anonymous, arguments: given }: Declaration, beside: readonly Declaration[]): void {
    // Click takes any name that is used in an arrow and declared nowhere for an element.
    const text = anonymous ? `undeclared element '${value}'` : `unknown element class '${value}'`;
    if (!anonymous || given.span.start !== given.span.end) return this.unknown(value, span, text);
    if (this.explained(value, span)) return;
    const near = nearest(value, [...beside.filter((other) => !other.anonymous).map(({ name }) => name.value), ...this.classes]);
    const hint = near === undefined ? 'Declare it before, or write its class: name :: Class(arguments).' : `Did you mean "${near}"?`;
    this.diagnostics.error('WL1220', span, `there is no element, interface or class "${value}"`, hint, undefined, { text });
  }

  private unknown(className: string, span: Span, text: string): void {
    if (this.explained(className, span)) return;
    const hint = suggestion(className, [...this.classes]) ?? 'wirelet elements lists the classes there are.';
    this.diagnostics.error('WL1220', span, `there is no element class "${className}"`, hint, undefined, { text });
  }

  /** Says why there is no such class, where it is known why. */
  private explained(className: string, span: Span): boolean {
    const misnamed = this.registry.misnamed(className);
    if (misnamed !== undefined) {
      this.diagnostics.error('WL1220', span, `no file is named ${className}.ts`, `${misnamed.shownAs} defines it: rename that file to ${className}.ts.`);
      return true;
    }
    const absent = absentClass(className);
    if (absent === undefined) return false;
    const text = `element class '${className}' ${absent.reason}`;
    this.diagnostics.error('WL1220', span, `there is no element class "${className}": it ${absent.reason}`, absent.instead, undefined, { text });
    return true;
  }
}

/** In another file it may be anywhere: then it counts as told before. */
function isBefore(told: Span | undefined, span: Span): boolean {
  return told !== undefined && (told.source !== span.source || told.start <= span.start);
}
