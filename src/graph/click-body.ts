/**
 * From statements to declarations and connections: names are given to anonymous elements, lists and
 * groups taken apart, classes looked up in their scopes. One builder makes one body: a graph's, or that of
 * a compound.
 */
import type { ClickWords, Diagnostics, Span } from '../diagnostics.js';
import { quote, unquote } from '../kit/quoting.js';
import { ClassScope, type ClassBinding } from './class-scope.js';
import { connectSteps, type Side } from './click-connections.js';
import { GroupPorts } from './click-groups.js';
import { UNREAD_CLASS } from './element-entry.js';
import type { Chain, ClassReference, ClassStatement, CompoundClass, CompoundSyntax, Configuration, Item, NamedTarget, Statement, Step } from './click-syntax.js';
import type { Arguments, ClassUse, Compound, Connection, Declaration, End, GraphBody, Located, Parameter } from './graph.js';
import { throughTunnels } from './tunnels.js';

export interface BodySurroundings {
  readonly scope: ClassScope;
  readonly diagnostics: Diagnostics;
  /** The body of a compound: `input` and `output` mean something. */
  readonly nested: boolean;
  /** The compound's name, if it is one and has one. */
  readonly title?: string;
  /** Interfaces, which arrows may name without declaring them. */
  readonly interfaces: ReadonlySet<string>;
  /** Where the element classes are noted that statements give another meaning to. */
  readonly classUses: ClassUse[];
  /** Statements of a library that `require` names. */
  library?(requirement: Located<string>): Statement[];
}

/** What `input` and `output` mean at present: those of the compound, or of the innermost group. */
interface Frame {
  readonly input: string;
  readonly output: string;
  readonly group?: GroupPorts;
}

export class BodyBuilder {
  private readonly declared = new Map<string, Span>();
  private readonly taken = new Set<string>();
  private readonly declarations: Declaration[] = [];
  private readonly connections: Connection[] = [];
  private readonly compounds: Compound[] = [];
  private readonly definitions: Parameter[] = [];
  private readonly statements: Statement[] = [];
  private readonly requirements: string[] = [];
  private readonly frames: Frame[] = [];
  private readonly groups: GroupPorts[] = [];
  /** Elements so far as Click counts them for the names of anonymous ones: a group counts as three. */
  private count = 0;

  constructor(private readonly around: BodySurroundings) {
    if (around.nested) this.frames.push({ input: 'input', output: 'output' });
  }

  /** An element declared outside of any statement. */
  declare(declaration: Declaration): void {
    this.noteName(declaration.name);
    this.push(declaration);
  }

  /** What the class name in a declaration stands for here. */
  classOf(name: Located<string>): Pick<Declaration, 'class' | 'compounds' | 'otherwise'> {
    return asClass(name, this.around.scope.lookup(name.value));
  }

  add(statements: readonly Statement[]): void {
    this.collectNames(statements);
    this.statements.push(...statements);
  }

  finish(): { body: GraphBody; compounds: Compound[]; definitions: Parameter[]; requirements: string[] } {
    for (const statement of this.statements) this.statement(statement);
    const connections = this.groups.length === 0 ? this.connections : this.withoutGroups();
    return {
      body: { declarations: this.declarations, connections },
      compounds: this.compounds,
      definitions: this.definitions,
      requirements: this.requirements,
    };
  }

  private withoutGroups(): Connection[] {
    for (const group of this.groups) group.check(this.connections, this.around.diagnostics);
    const key = ({ element, port }: End) => (element.value.startsWith(';') ? `${element.value} ${port?.value ?? 0}` : undefined);
    return throughTunnels(this.connections, key);
  }

  // ---- names -------------------------------------------------------------------------------------------

  /** Declared names count in the whole body, so that an arrow may use an element declared after it. */
  private collectNames(statements: readonly Statement[]): void {
    for (const statement of statements) {
      if (statement.kind !== 'chain') continue;
      for (const { target } of statement.steps.flat()) {
        if (target.kind === 'group') this.collectNames(target.statements);
        else if (target.kind === 'name' && target.class !== undefined) this.noteName(target.name);
      }
    }
  }

  private noteName(name: Located<string>): void {
    const earlier = this.declared.get(name.value);
    if (earlier !== undefined) {
      this.error('WL1024', name.span, `the element "${name.value}" is declared twice`, 'Give one of them another name.', earlier, 'first here', { text: `redeclaration of element '${name.value}'` });
      return;
    }
    if (this.around.interfaces.has(name.value)) {
      this.error('WL1024', name.span, `"${name.value}" is an interface; an element cannot have the same name`);
    } else if (name.value === 'input' || name.value === 'output') {
      this.error('WL1023', name.span, `"${name.value}" is what a compound element calls its own ports; an element cannot have that name`);
    } else if (name.value.split('/').some((part) => /^\d*$/.test(part))) {
      this.error('WL1023', name.span, `"${name.value}" is a number; the name of an element has a letter in it`, undefined, undefined, undefined, { text: `element name '${name.value}' has all-digit component` });
    }
    this.declared.set(name.value, name.span);
    this.taken.add(name.value);
  }

  private anonymousName(className: string): string {
    let number = this.count + 1;
    while (this.taken.has(`${className}@${number}`)) number += 1;
    const name = `${className}@${number}`;
    this.taken.add(name);
    return name;
  }

  private push(declaration: Declaration): void {
    this.declarations.push(declaration);
    this.count += 1;
  }

  // ---- statements --------------------------------------------------------------------------------------

  private statement(statement: Statement): void {
    switch (statement.kind) {
      case 'chain':
        return this.chain(statement);
      case 'elementclass':
        return this.elementClass(statement);
      case 'define':
        for (const definition of statement.definitions) this.define(definition);
        return;
      case 'require':
        for (const requirement of statement.requirements) if (requirement.value !== '') this.require(requirement);
    }
  }

  private elementClass({ name, class: reference }: ClassStatement): void {
    const { scope, classUses } = this.around;
    if (reference.kind === 'named' && scope.find(reference.name.value) === undefined) classUses.push({ name: reference.name, extended: false });
    scope.bind(name.value, this.bindingOf(reference, name));
  }

  private define(definition: Parameter & { value: Located<string> }): void {
    const { name } = definition;
    const earlier = this.definitions.find((other) => other.name.value === name.value);
    if (earlier === undefined) this.definitions.push(definition);
    else this.error('WL1049', name.span, `$${name.value} is defined twice`, undefined, earlier.name.span, undefined, { text: `parameter '$${name.value}' multiply defined` });
  }

  private require(requirement: Located<string>): void {
    const { library, diagnostics } = this.around;
    const needed = requirementOf(requirement.value);
    if (needed === undefined) {
      diagnostics.error('WL1050', requirement.span, `"${requirement.value}" is nothing that can be required`, 'For example: require(library "file.click"), or require(package ip6)', undefined, { text: 'syntax error at requirement' });
      return;
    }
    const [type, value] = needed;
    if (type !== 'library') return void this.requirements.push(value === '' ? type : `${type} ${quote(value)}`);
    if (library === undefined) {
      diagnostics.error('WL1050', requirement.span, 'a library can only be required outside of compound elements', undefined, undefined, { text: "'require library' must be used at file scope" });
      return;
    }
    const statements = library({ value, span: requirement.span });
    this.collectNames(statements);
    for (const statement of statements) this.statement(statement);
  }

  private chain(chain: Chain): void {
    let before: Side[] | undefined;
    for (const [index, step] of chain.steps.entries()) {
      const arrow = chain.arrows[index - 1];
      const last = index === chain.steps.length - 1;
      this.checkStranded(step, arrow !== undefined, !last);
      const sides = step.map((item) => this.side(item, last && arrow !== undefined));
      if (arrow !== undefined && before !== undefined) {
        this.checkDirection(before, 'from');
        this.checkDirection(sides, 'to');
        this.connections.push(...connectSteps(before, sides, arrow, this.around.diagnostics));
      }
      before = sides;
    }
  }

  /** A port in front of the first element, or behind the last, leads nowhere. */
  private checkStranded(step: Step, arrowBefore: boolean, arrowAfter: boolean): void {
    for (const item of step) {
      if (!arrowBefore && item.inputs !== undefined) {
        this.error('WL1046', item.inputs.span, 'an input port stands here, but no arrow leads to it', 'An output port stands behind its element: name[1] -> ...', undefined, undefined, { text: 'input ports ignored at start of chain' });
      }
      if (!arrowAfter && item.outputs !== undefined) {
        this.error('WL1046', item.outputs.span, 'an output port stands here, but no arrow begins at it', 'An input port stands in front of its element: ... -> [1]name', undefined, undefined, { text: 'output ports ignored at end of chain' });
      }
      if (!arrowBefore && !arrowAfter && item.dotted !== undefined) {
        this.error('WL1046', item.dotted.span, 'a port stands here, but no arrow');
      }
    }
  }

  private checkDirection(sides: readonly Side[], direction: 'from' | 'to'): void {
    const frame = this.frames[this.frames.length - 1];
    if (frame === undefined) return;
    for (const { element } of sides) {
      const wrong = direction === 'to' ? frame.input : frame.output;
      if (element.value !== wrong) continue;
      const message =
        direction === 'to'
          ? 'packets come out of `input`; an arrow cannot lead to it'
          : 'packets leave through `output`; an arrow cannot begin at it';
      const { title = '{...}' } = this.around;
      const name = frame.group !== undefined ? '<anonymous group>' : title === '{...}' ? '<anonymous>' : title;
      const text = `'${name}' pseudoelement '${direction === 'to' ? 'input' : 'output'}' may only be used as ${direction === 'to' ? 'output' : 'input'}`;
      this.error('WL1047', element.span, message, undefined, undefined, undefined, { text });
    }
  }

  // ---- elements in arrows ----------------------------------------------------------------------------------

  /** The element of an item, declared if need be, with its ports on both sides. */
  private side(item: Item, atEnd: boolean): Side {
    const { target } = item;
    const dotted = item.dotted && { ports: [item.dotted], open: false, span: item.dotted.span };
    const inputs = item.inputs ?? (atEnd ? dotted : undefined);
    const outputs = item.outputs ?? (atEnd ? undefined : dotted);
    if (target.kind === 'group') return this.group(target.statements, target.span, { inputs, outputs });
    return { element: this.element(item), inputs, outputs };
  }

  private element(item: Item): Located<string> {
    const { target } = item;
    if (target.kind === 'implicit') {
      const frame = this.frames[this.frames.length - 1]!;
      return { value: frame[target.end], span: target.span };
    }
    if (target.kind === 'compound') {
      const binding = this.bindingOf(target.class, undefined);
      const reference = { value: '', span: target.class.span };
      return this.anonymous('', asClass(reference, binding), target.configuration, target.class.span);
    }
    if (target.kind === 'name') return target.class === undefined ? this.named(target) : this.declaredHere(target, target.class);
    throw new Error('a group has no element of its own');
  }

  private declaredHere(target: NamedTarget, reference: ClassReference): Located<string> {
    const { name } = target;
    const named = reference.kind === 'named' ? reference.name : { value: '{...}', span: reference.span };
    const absent = reference.kind === 'named' && reference.absent === true;
    const type = absent ? { class: { value: UNREAD_CLASS, span: name.span } } : asClass(named, this.bindingOf(reference, undefined));
    if (this.around.scope.find(name.value) !== undefined) this.error('WL1023', name.span, `"${name.value}" is a class; an element cannot have that name`, 'Begin it with a small letter.', undefined, undefined, { text: `class '${name.value}' used as element name` });
    // A second declaration of a name was reported before; the first one counts.
    if (this.declared.get(name.value) === name.span) {
      this.push({ name, ...type, arguments: clickArguments(target.configuration, named.span), anonymous: false });
    }
    return name;
  }

  /** A name without a class: an element, an interface, `input`, `output`, or a class. */
  private named({ name, configuration }: NamedTarget): Located<string> {
    const { declared, around } = this;
    const isElement = declared.has(name.value);
    const isInterface = around.interfaces.has(name.value);
    if (isElement || isInterface) {
      if (configuration !== undefined) this.needlessArguments(name, configuration, isInterface);
      return name;
    }
    if (name.value === 'input' || name.value === 'output') return this.pseudo(name);
    const binding = around.scope.find(name.value);
    return this.anonymous(name.value, asClass(name, binding ?? around.scope.lookup(name.value)), configuration, name.span);
  }

  private pseudo(name: Located<string>): Located<string> {
    const frame = this.frames[this.frames.length - 1];
    if (frame === undefined) {
      const hint = 'Name the interface or element that is meant.';
      this.error('WL1047', name.span, `\`${name.value}\` means something only inside a compound element or group`, hint, undefined, undefined, { text: `undeclared element '${name.value}'` });
      return name;
    }
    return { value: frame[name.value as 'input' | 'output'], span: name.span };
  }

  private needlessArguments(name: Located<string>, configuration: Configuration, isInterface: boolean): void {
    const earlier = this.declared.get(name.value);
    const message = isInterface
      ? `"${name.value}" is an interface and takes no arguments`
      : `"${name.value}" is declared elsewhere; its arguments stand there`;
    this.error('WL1045', configuration.span, message, undefined, earlier, 'declared here', { text: 'configuration string ignored on element reference' });
  }

  private anonymous(
    written: string,
    type: Pick<Declaration, 'class' | 'compounds' | 'otherwise'>,
    configuration: Configuration | undefined,
    span: Span,
  ): Located<string> {
    // Named as it is written, also where that is another name of an element class.
    const name = { value: this.anonymousName(written), span };
    const shown = type.class.value === '' ? { value: '{...}', span: type.class.span } : type.class;
    this.push({ name, ...type, class: shown, arguments: clickArguments(configuration, span), anonymous: true });
    return name;
  }

  // ---- groups ----------------------------------------------------------------------------------------------

  private group(statements: readonly Statement[], span: Span, explicit: Pick<Side, 'inputs' | 'outputs'>): Side {
    const ports = new GroupPorts(`;group${this.groups.length + 1}`, this.anonymousName(''), span);
    this.groups.push(ports);
    this.count += 3;
    const first = this.connections.length;
    this.frames.push({ input: ports.input, output: ports.output, group: ports });
    for (const statement of statements) this.statement(statement);
    this.frames.pop();
    return ports.side(this.connections.slice(first), explicit, this.around.diagnostics);
  }

  // ---- compounds -------------------------------------------------------------------------------------------

  private bindingOf(reference: ClassReference, name: Located<string> | undefined): ClassBinding {
    const { scope } = this.around;
    if (reference.kind === 'named') return scope.lookup(reference.name.value);
    const shown = name ?? { value: '{...}', span: reference.span };
    const definitions = reference.definitions.map((definition) => this.compound(definition, shown));
    if (reference.extends === undefined) return { definitions };
    return this.extended(definitions, reference, reference.extends, name);
  }

  private extended(
    definitions: readonly Compound[],
    reference: CompoundClass,
    extension: Span,
    name: Located<string> | undefined,
  ): ClassBinding {
    if (name === undefined) {
      this.error('WL1051', extension, '"..." extends a class by name, and this compound has none', undefined, reference.span, undefined, { text: "cannot extend unknown element class ''" });
      return { definitions };
    }
    const { scope, classUses } = this.around;
    if (scope.find(name.value) === undefined) classUses.push({ name: { value: name.value, span: extension }, extended: true });
    const before = scope.lookup(name.value);
    return { definitions: [...definitions, ...before.definitions], elementClass: before.elementClass };
  }

  private compound(syntax: CompoundSyntax, name: Located<string>): Compound {
    const { scope, diagnostics, classUses } = this.around;
    const builder = new BodyBuilder({
      scope: new ClassScope(scope),
      diagnostics,
      classUses,
      nested: true,
      title: name.value,
      interfaces: new Set(),
    });
    builder.add(syntax.statements);
    const { body, compounds, definitions } = builder.finish();
    const compound: Compound = { name, parameters: syntax.parameters, body, compounds, definitions };
    this.compounds.push(compound);
    return compound;
  }

  private error(code: string, span: Span, message: string, hint?: string, other?: Span, note = 'first here', click?: ClickWords): void {
    const related = other === undefined ? undefined : [{ message: note, span: other }];
    this.around.diagnostics.error(code, span, message, hint, related, click);
  }
}

/** What kind of thing is required, and its name; a word alone is a package. */
function requirementOf(text: string): readonly [type: string, value: string] | undefined {
  const [type = '', ...names] = text.split(/\s+/).filter((word) => word !== '');
  const [name] = names;
  if (names.length === 0) return type === 'compact_config' ? [type, ''] : type === 'package' || type === 'library' ? undefined : ['package', type];
  return names.length === 1 && (type === 'package' || type === 'library') ? [type, unquote(name!)] : undefined;
}

function asClass(name: Located<string>, binding: ClassBinding): Pick<Declaration, 'class' | 'compounds' | 'otherwise'> {
  const { definitions, elementClass } = binding;
  if (definitions.length === 0) return { class: { value: elementClass ?? name.value, span: name.span } };
  return { class: name, compounds: definitions, otherwise: elementClass };
}

function clickArguments(configuration: Configuration | undefined, at: Span): Arguments {
  if (configuration !== undefined) return { form: 'click', ...configuration };
  return { form: 'click', list: [], span: { ...at, start: at.end } };
}
