/**
 * Takes compounds apart, gives parameters their values, and turns interfaces into the elements that
 * receive from and send to them. What is left is a flat list of instances and connections.
 */
import type { Diagnostics, Span } from '../diagnostics.js';
import { bindArguments } from './compound-arguments.js';
import { chooseCompound } from './compound-choice.js';
import { portNumber, portsOf, PortsInUse, titleOf, type CompoundPorts } from './compound-ports.js';
import { UNREAD_CLASS } from './element-entry.js';
import { expandArguments } from './expand-arguments.js';
import type { ExpandedArguments, ExpandedConnection, ExpandedEnd, ExpandedGraph, ExpandedInstance } from './expanded.js';
import type { Compound, Declaration, End, Graph, GraphBody, InformationElement, Located } from './graph.js';
import type { HostAddresses } from './host-addresses.js';
import { informationReader } from './information-elements.js';
import { withDevicePorts } from './device-ports.js';
import { deviceNames, ImpliedDevices } from './implied-devices.js';
import { makeInterfaces } from './interfaces.js';
import { NameScope } from './name-scope.js';
import { graphVariables } from './parameters.js';
import { OpenVariables, substitute, Variables } from './variables.js';
import { throughTunnels, tunnelsLast } from './tunnels.js';

/** Elements of one appliance, at most. */
export const INSTANCES_MAX = 65_536;

/** Expands `graph` with the values of `set` for its parameters; `host`: where names of devices stand for their addresses. */
export function expand(graph: Graph, set: ReadonlyMap<string, string>, diagnostics: Diagnostics, host?: HostAddresses): ExpandedGraph {
  return new Expander(graph, diagnostics, graph.language === 'click' ? 'driver' : 'inside', host).run(set);
}

/** The same, with elements and connections in the order in which Click's tools have them. */
export function expandForTools(graph: Graph, set: ReadonlyMap<string, string>, diagnostics: Diagnostics): ExpandedGraph {
  return new Expander(graph, diagnostics, 'tools').run(set);
}

/**
 * Where the elements of a compound come: in its place; behind all elements of the body that uses it, as Click's driver has them; or so in the graph alone, and within
 * compounds in its place, as Click's tools have them.
 */
type Order = 'inside' | 'driver' | 'tools';

/** A body being expanded: the graph's, or that of one use of a compound. */
interface Frame {
  /** Name of the compound element and a slash, or nothing. */
  readonly prefix: string;
  readonly variables: Variables;
  readonly names: NameScope;
  /** Compounds declared in this body, for finding the frame in which one was declared. */
  readonly declares: ReadonlySet<Compound>;
  readonly lexical?: Frame;
  readonly open: readonly Compound[];
  readonly within: readonly Span[];
  readonly ports?: CompoundPorts;
  readonly local: Map<string, Target>;
}

type Target =
  | { readonly kind: 'instance'; readonly instance: ExpandedInstance }
  | { readonly kind: 'compound'; readonly compound: Compound; readonly ports: CompoundPorts; readonly prefix: string };

/** An end of a connection before tunnels are gone. */
type FlatEnd = ExpandedEnd | { readonly tunnel: string; readonly span: Span };

class Expander {
  private readonly instances: ExpandedInstance[] = [];
  private readonly connections: { from: FlatEnd; to: FlatEnd }[] = [];
  private readonly informed: InformationElement[] = [];
  private readonly portsOfCompound = new Map<Compound, CompoundPorts>();
  private readonly devices: ImpliedDevices;
  private readonly names: NameScope;
  private full = false;
  /** Where elements are declared whose names are those of elements within compounds. */
  private readonly deepNames: ReadonlyMap<string, Span>;

  constructor(
    private readonly graph: Graph,
    private readonly diagnostics: Diagnostics,
    private readonly order: Order,
    host?: HostAddresses,
  ) {
    this.names = new NameScope(undefined, host?.find);
    const deep = graph.body.declarations.filter(({ name }) => name.value.includes('/'));
    this.deepNames = new Map(deep.map(({ name }) => [name.value, name.span]));
    this.devices = new ImpliedDevices(graph.interfaces, this.names);
  }

  run(set: ReadonlyMap<string, string>): ExpandedGraph {
    const { graph, names, diagnostics } = this;
    const variables = graphVariables(graph, set, diagnostics);
    this.body(graph.body, {
      prefix: '',
      variables,
      names,
      declares: new Set(graph.compounds),
      open: [],
      within: [],
      local: new Map(),
    });
    const instances = [...this.instances, ...this.devices.instances];
    const interfaces = makeInterfaces(graph, deviceNames(instances), variables, names, diagnostics);
    const key = (end: FlatEnd) => ('tunnel' in end ? end.tunnel : undefined);
    const direct = this.order === 'tools' ? tunnelsLast<FlatEnd>(this.connections, key) : throughTunnels<FlatEnd>(this.connections, key);
    const connections = direct.filter((connection): connection is ExpandedConnection => !('tunnel' in connection.to));
    return { interfaces, ...withDevicePorts({ instances, connections }), information: this.informed };
  }

  private body(body: GraphBody, frame: Frame): void {
    const inUse = new PortsInUse(body);
    const isLater = this.order === 'driver' || (this.order === 'tools' && frame.prefix === '');
    const waiting: (() => void)[] = [];
    const later = (use: () => void) => void (isLater ? waiting.push(use) : use());
    const information = new Map(body.declarations.map((declaration) => [declaration, this.information(declaration, frame)]));
    const others = body.declarations.filter((declaration) => information.get(declaration) === undefined);
    for (const declaration of body.declarations) {
      const given = information.get(declaration);
      if (given !== undefined) {
        const { name, class: type } = declaration;
        this.informed.push({ name: frame.prefix + name.value, className: type.value, given, before: this.instances.length, span: name.span });
        continue;
      }
      if (this.instances.length >= INSTANCES_MAX) return this.tooMany(declaration);
      if (frame.prefix !== '' && this.taken(declaration, frame)) frame.local.set(declaration.name.value, { kind: 'instance', instance: lost(declaration.name.span).instance });
      else frame.local.set(declaration.name.value, this.declaration(declaration, frame, inUse, later));
    }
    for (const { from, to } of body.connections) {
      this.connections.push({ from: this.end(from, 'from', frame), to: this.end(to, 'to', frame) });
    }
    for (const use of waiting) use();
    for (const { name } of others) {
      this.checkUsed(name, frame, inUse, 'input');
      // In other notations what leads to an output says for itself whether it may be left open.
      if (this.graph.language === 'click') this.checkUsed(name, frame, inUse, 'output');
    }
  }

  /** Every input that a compound uses inside must have an arrow that leads to it, and every output one that leads on. */
  private checkUsed(name: Located<string>, frame: Frame, inUse: PortsInUse, side: 'input' | 'output'): void {
    const target = frame.local.get(name.value);
    if (target?.kind !== 'compound') return;
    const { names, used } = target.ports[`${side}s`];
    const given = new Set(inUse.of(name.value)[`${side}s`].map((port) => portNumber(port, names)));
    for (const number of used) {
      if (given.has(number)) continue;
      const port = used.size === 1 ? side : `${side} ${names?.[number] ?? number}`;
      const related = [{ message: 'declared here', span: target.compound.name.span }];
      this.diagnostics.error('WL1205', name.span, `nothing is connected to the ${port} of "${name.value}"`, undefined, related, { text: `'${frame.prefix}${name.value}' ${side} ${number} unused` });
      // What it leads to inside is not unconnected for a reason of its own.
      const [end, tunnel] = [lost(name.span), { tunnel: `${target.prefix}${side} ${number}`, span: name.span }];
      this.connections.push(side === 'input' ? { from: end, to: tunnel } : { from: tunnel, to: end });
    }
  }

  /** Whether the name that an element of a compound gets is that of another element. */
  private taken({ name }: Declaration, { prefix, within }: Frame): boolean {
    const full = prefix + name.value;
    const other = this.deepNames.get(full);
    if (other === undefined) return false;
    const span = within[within.length - 1] ?? name.span;
    const notes = [{ text: `'${full}' previously declared here`, span: other }];
    this.diagnostics.error('WL1024', span, `the compound element used here has an element that is called "${full}" like another one`, undefined, undefined, { text: `redeclaration of element '${full}'`, notes });
    return true;
  }

  private tooMany({ name }: Declaration): void {
    if (this.full) return;
    this.full = true;
    this.diagnostics.error('WL1211', name.span, `the graph has more than ${INSTANCES_MAX} elements once its compounds are expanded`);
  }

  // ---- declarations ------------------------------------------------------------------------------------

  /** AddressInfo and the like: read at once, because others use what they say. Their arguments. */
  private information(declaration: Declaration, frame: Frame): readonly string[] | undefined {
    const reader = declaration.compounds === undefined ? informationReader(declaration.class.value) : undefined;
    if (reader === undefined || declaration.arguments.form !== 'click') return undefined;
    const given: string[] = [];
    for (const { value, span } of declaration.arguments.list) {
      const text = substitute(value, frame.variables, span, this.diagnostics);
      if (text === undefined) continue;
      given.push(text);
      const { name, class: type } = declaration;
      reader({ value: text, span }, frame.names, this.diagnostics, (words) => ({ text: words, configuring: `${frame.prefix}${name.value} :: ${type.value}`, span: name.span }));
    }
    return given;
  }

  private declaration(declaration: Declaration, frame: Frame, inUse: PortsInUse, later: (use: () => void) => void): Target {
    const given = expandArguments(declaration.arguments, this.variablesFor(declaration, frame.variables), this.diagnostics);
    const { compounds, otherwise } = declaration;
    if (compounds === undefined) return this.instance(declaration, declaration.class.value, given, frame);
    const candidates = compounds.map((compound) => ({ compound, ports: this.ports(compound) }));
    const chosen = chooseCompound(declaration, candidates, given, inUse.of(declaration.name.value), this.diagnostics, otherwise !== undefined);
    if (chosen !== undefined) return this.useCompound(declaration, chosen, given, frame, later);
    return this.instance(declaration, otherwise ?? UNREAD_CLASS, given, frame);
  }

  private instance(declaration: Declaration, className: string, given: ExpandedArguments, frame: Frame): Target {
    const { name, class: type, anonymous } = declaration;
    const instance: ExpandedInstance = {
      name: frame.prefix + name.value,
      localName: name.value,
      className,
      classSpan: type.span,
      span: name.span,
      anonymous,
      bare: anonymous && given.span.start === given.span.end,
      arguments: given,
      scope: frame.names,
      within: frame.within,
    };
    this.instances.push(instance);
    return { kind: 'instance', instance };
  }

  private useCompound(declaration: Declaration, compound: Compound, given: ExpandedArguments, frame: Frame, later: (use: () => void) => void): Target {
    const { name } = declaration;
    if (frame.open.includes(compound)) {
      this.diagnostics.error('WL1206', name.span, `${titleOf(compound)} contains itself`, undefined, [
        { message: 'declared here', span: compound.name.span },
      ]);
      return this.instance(declaration, UNREAD_CLASS, given, frame);
    }
    const declaring = frameDeclaring(compound, frame);
    const variables = this.bind(compound, given, declaring.variables);
    const prefix = `${frame.prefix}${name.value}/`;
    const ports = this.ports(compound);
    later(() => this.body(compound.body, {
      prefix,
      variables,
      names: new NameScope(frame.names),
      declares: new Set(compound.compounds),
      lexical: declaring,
      open: [...frame.open, compound],
      within: [...frame.within, name.span],
      ports,
      local: new Map(),
    }));
    return { kind: 'compound', compound, ports, prefix };
  }

  /** Values of the parameters of one use of a compound: what is given, defaults, its own definitions. */
  private bind(compound: Compound, given: ExpandedArguments, outer: Variables): Variables {
    const variables = new Variables(outer);
    const { values } = bindArguments(compound, given);
    const own = compound.definitions.map(({ name, value }) => ({ name, value }));
    for (const { name, value } of [...compound.parameters, ...own]) {
      const text = values.get(name.value);
      if (text !== undefined) variables.set(name.value, text);
      else variables.set(name.value, value && substitute(value.value, variables, value.span, this.diagnostics));
    }
    if (!given.complete) for (const { name } of compound.parameters) variables.set(name.value, values.get(name.value));
    return variables;
  }

  private ports(compound: Compound): CompoundPorts {
    const known = this.portsOfCompound.get(compound);
    if (known !== undefined) return known;
    const ports = portsOf(compound, this.diagnostics);
    this.portsOfCompound.set(compound, ports);
    return ports;
  }

  // ---- ends of arrows ------------------------------------------------------------------------------------

  private end(end: End, side: 'from' | 'to', frame: Frame): FlatEnd {
    const { element, port } = end;
    if (frame.ports !== undefined && (element.value === 'input' || element.value === 'output')) {
      return this.inner(end, frame, frame.ports);
    }
    const target = frame.local.get(element.value);
    if (target === undefined) return this.interfaceEnd(element, port, side);
    if (target.kind === 'instance') return { instance: target.instance, port, span: element.span };
    return this.outer(end, side, target, frame.prefix);
  }

  /** Scripts have variables of their own: names that nothing defines are theirs. Click leaves such names alone everywhere. */
  private variablesFor({ compounds, class: type }: Declaration, variables: Variables): Variables {
    if (compounds === undefined && HAS_VARIABLES.has(type.value)) return new OpenVariables(variables, true);
    return this.graph.language === 'click' ? new OpenVariables(variables, false) : variables;
  }

  /** `input` or `output` inside a compound. */
  private inner({ element, port }: End, frame: Frame, ports: CompoundPorts): FlatEnd {
    const { names } = element.value === 'input' ? ports.inputs : ports.outputs;
    // A wrong name was reported when the compound was looked at.
    const number = portNumber(port?.value, names);
    return number === undefined ? lost(element.span) : { tunnel: `${frame.prefix}${element.value} ${number}`, span: element.span };
  }

  /** A port of a compound, seen from outside. */
  private outer({ element, port }: End, side: 'from' | 'to', target: Target & { kind: 'compound' }, prefix: string): FlatEnd {
    const what = side === 'to' ? 'input' : 'output';
    const { names, used } = side === 'to' ? target.ports.inputs : target.ports.outputs;
    const number = portNumber(port?.value, names);
    if (number === undefined || !used.has(number)) {
      const shown = port?.value ?? 0;
      const title = titleOf(target.compound);
      const message = used.size === 0 ? `${title} has no ${what}s` : `${title} has no ${what} ${typeof shown === 'string' ? `"${shown}"` : shown}`;
      const known = names ?? [...used].sort((a, b) => a - b).map(String);
      const hint = used.size === 0 ? `Inside it, no arrow ${side === 'to' ? 'begins at `input`' : 'leads to `output`'}.` : `It has ${known.join(', ')}.`;
      const related = [{ message: 'declared here', span: target.compound.name.span }];
      this.diagnostics.error('WL1205', port?.span ?? element.span, message, hint, related, { text: `'${prefix}${element.value}' has no ${what} ${shown}` });
      return lost(element.span);
    }
    return { tunnel: `${target.prefix}${what} ${number}`, span: element.span };
  }

  private interfaceEnd(element: Located<string>, port: End['port'], side: 'from' | 'to'): FlatEnd {
    if (port !== undefined && port.value !== 0) {
      this.diagnostics.error('WL1208', port.span, `the interface "${element.value}" has one port only, not "${port.value}"`);
      return lost(element.span);
    }
    const instance = side === 'from' ? this.devices.receiver(element) : this.devices.sender(element);
    return instance === undefined ? lost(element.span) : { instance, span: element.span };
  }
}

const HAS_VARIABLES: ReadonlySet<string> = new Set(['Script', 'DriverManager']);

/** The end of a connection that leads to nothing that exists, which was reported: the other end counts as connected. */
function lost(span: Span): ExpandedEnd {
  const given: ExpandedArguments = { form: 'click', list: [], span, complete: false };
  const instance: ExpandedInstance = {
    name: '', localName: '', className: UNREAD_CLASS, classSpan: span, span, anonymous: false, bare: false, arguments: given, scope: new NameScope(), within: [],
  };
  return { instance, span };
}

/** The frame of the body that declares `compound`; names in its text have the meaning they have there. */
function frameDeclaring(compound: Compound, frame: Frame): Frame {
  for (let at: Frame | undefined = frame; at !== undefined; at = at.lexical) {
    if (at.declares.has(compound)) return at;
  }
  return frame;
}
