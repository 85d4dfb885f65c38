/**
 * From rules to a decision program. The rules that may still decide are carried from the root down: a node
 * asks for one variable, its values fall into ranges in which every rule is the same, and each range goes
 * on with what is left of the rules there. Rules left alike are the same node, so what an earlier test
 * decides is never asked again and equal ends of the program are shared.
 *
 * Rules that overlap in several variables at once can make such a graph grow with their product. When it
 * outgrows a limit, the rules are parted, each part gets a graph of its own, and the least rank wins.
 */
import type { Candidate } from './candidate.js';
import type { Rule } from './expression.js';
import { endOf, LIST_RULES_MAX, targetsOf, type Choice, type DecisionProgram, type List, type Node, type Slots, type Target, type Variable } from './program.js';
import { partedRules } from './rule-parts.js';
import { slotsOf } from './slots.js';
import { FALSE, RulesTooLarge, Terms, TRUE, type Term } from './terms.js';
import { isListable, isProtocol, kindOrder, tellsKinds } from './variables.js';

/** Edges of one part's graph; more, and its rules are parted. */
export const EDGES_MAX = 150_000;
/** Edges of all parts together: about half a MiB of tables. */
export const EDGES_TOTAL_MAX = 400_000;

/** Conditions looked at under a value while one part is built; more, and its rules are parted. */
const STEPS_MAX = 20_000_000;

export interface BuildOptions {
  /** Bytes of the network header that the caller of `classify` checks first. */
  readonly networkBytes?: number;
  readonly edgesMax?: number;
  /** From how many rules on the ends are short lists, which are tried in one go. */
  readonly listsFrom?: number;
  /** From how many rules on those that all ask for certain bits are looked for under a hash of these bits. */
  readonly slotsFrom?: number;
}

/** Fewer rules are plain tests: 20 rules alike take 9 ns without lists, 7 with them (256 flows, 3.5 GHz). */
const LISTS_FROM = 8;

/** Of 100 rules 8.8 ns as tables, 7.4 under a hash; of ten, 3.6 and 3.8 (256 flows, Zen 5 at 2.1 GHz). */
const SLOTS_FROM = 32;

/**
 * A variable that leaves no more rules than this on average makes the question for the protocol needless:
 * the one rule that is left compares it with the rest. 20 rules alike, Zen 5: 5.6 ns with the question, 4.5 without.
 */
const RULES_LEFT_FEW = 1.25;

/** The program that gives each packet the class of the first rule it matches, of `outputs` classes. */
export function buildProgram(rules: readonly Rule[], outputs: number, options: BuildOptions = {}): DecisionProgram {
  const { networkBytes = 0, edgesMax = EDGES_MAX, listsFrom = LISTS_FROM, slotsFrom = SLOTS_FROM } = options;
  const terms = new Terms(networkBytes);
  const left: { term: Term; class: number }[] = [];
  for (const rule of rules) {
    const term = terms.of(rule.condition);
    if (term !== FALSE) left.push({ term, class: rule.class });
    if (term === TRUE) break;
  }
  const whole = byClass(left);
  const builder = new GraphBuilder(terms, whole.classes.length - 1, left.length >= listsFrom, slotsFrom);
  const target = builder.whole(whole.candidates, edgesMax);
  if (target !== undefined) return { outputs, variables: terms.variables, ...builder.numbered([target]), classes: whole.classes, networkBytes };
  const ranked = byRank(left);
  const parting = new GraphBuilder(terms, ranked.classes.length - 1, left.length >= listsFrom, slotsFrom);
  const parts = parting.parts(ranked.candidates, edgesMax);
  return { outputs, variables: terms.variables, ...parting.numbered(parts), classes: ranked.classes, networkBytes };
}

/** What `build` gives; rules that are beyond the limits are refused in words. */
export function orRefused<T>(fail: (message: string, hint?: string) => never, build: () => T): T {
  try {
    return build();
  } catch (error) {
    if (!(error instanceof RulesTooLarge)) throw error;
    return fail(error.message, 'Part them: let a first element sort by what most rules have in common, and give each of its outputs an element with fewer rules.');
  }
}

interface Ranked {
  readonly candidates: Candidate[];
  /** The class of each rank; the last is that of no match. */
  readonly classes: number[];
}

/** In one graph, a rule's rank only has to say its class. */
function byClass(rules: readonly { term: Term; class: number }[]): Ranked {
  const classes = [...new Set(rules.map((rule) => rule.class))].filter((number) => number !== -1);
  classes.push(-1);
  return { classes, candidates: rules.map((rule) => ({ term: rule.term, rank: classes.indexOf(rule.class) })) };
}

/** Between parts, the earlier rule wins; but rules in a row with one class may share a rank. */
function byRank(rules: readonly { term: Term; class: number }[]): Ranked {
  const classes: number[] = [];
  const candidates = rules.map((rule) => {
    if (classes.at(-1) !== rule.class) classes.push(rule.class);
    return { term: rule.term, rank: classes.length - 1 };
  });
  if (classes.at(-1) !== -1) classes.push(-1);
  return { classes, candidates };
}

class TooManyEdges extends Error {}

class GraphBuilder {
  private readonly nodes: Node[] = [];
  /** Nodes by the rules that are left there. */
  private readonly known = new Map<string, Target>();
  /** Nodes by what they are. */
  private readonly stored = new Map<string, Target>();
  private edges = 0;
  private edgesLimit = 0;
  private steps = 0;
  /** Choices on the way that do not tell kinds of packets apart: what lies below them is walked as tables. */
  private inside = 0;
  /** Lists compare the protocol, too: somewhere it was not asked for. */
  private protocolListed = false;

  constructor(
    private readonly terms: Terms,
    private readonly none: number,
    private readonly lists: boolean,
    private readonly slotsFrom: number,
  ) {}

  /** The graph of all rules, or undefined when it would outgrow the limits. */
  whole(candidates: readonly Candidate[], edgesMax: number): Target | undefined {
    const before = this.edges;
    this.edgesLimit = Math.min(before + edgesMax, EDGES_TOTAL_MAX);
    this.steps = 0;
    try {
      return this.target(candidates);
    } catch (error) {
      if (!(error instanceof TooManyEdges)) throw error;
      // What the attempt left behind is not reachable, and not counted.
      this.inside = 0;
      this.edges = before;
      return undefined;
    }
  }

  parts(candidates: readonly Candidate[], edgesMax: number): Target[] {
    return partedRules(candidates, this.terms).flatMap((part) => {
      const target = this.whole(part, edgesMax);
      if (target !== undefined) return [target];
      if (part.length < 2 || this.edges >= EDGES_TOTAL_MAX) throw new RulesTooLarge();
      return this.parts(part, edgesMax);
    });
  }

  /** The nodes that `parts` reach, parents first, and the parts in these numbers. */
  numbered(parts: readonly Target[]): { nodes: Node[]; parts: Target[] } {
    const order: Target[] = [];
    const visited = new Set<Target>();
    const visit = (target: Target): void => {
      if (target < 0 || visited.has(target)) return;
      visited.add(target);
      for (const next of targetsOf(this.nodes[target]!)) visit(next);
      order.push(target);
    };
    for (const part of parts) visit(part);
    order.reverse();
    const numbers = new Map(order.map((target, index) => [target, index]));
    const renumbered = (target: Target) => (target < 0 ? target : numbers.get(target)!);
    const nodes = order.map((target) => {
      const node = this.nodes[target]!;
      if (node.kind === 'slots') return { ...node, otherwise: renumbered(node.otherwise) };
      return node.kind === 'list' ? node : { ...node, targets: node.targets.map(renumbered) };
    });
    return { nodes, parts: parts.map(renumbered) };
  }

  /** The node for the rules that are left, in the order of their ranks. */
  private target(left: readonly Candidate[]): Target {
    const candidates = this.simplified(left);
    const first = candidates[0];
    if (first === undefined) return endOf(this.none);
    if (first.term === TRUE) return endOf(first.rank);
    const key = `${this.inside > 0 ? 'inside ' : ''}${keyOf(candidates)}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const target = this.expand(candidates);
    this.known.set(key, target);
    return target;
  }

  /** Without rules that cannot match, that are never reached, or whose match changes nothing. */
  private simplified(left: readonly Candidate[]): Candidate[] {
    const result: Candidate[] = [];
    const seen = new Set<Term>();
    let otherwise = this.none;
    for (const candidate of left) {
      const { term, rank } = candidate;
      if (term === TRUE) {
        otherwise = rank;
        break;
      }
      if (term === FALSE || seen.has(term)) continue;
      seen.add(term);
      result.push(candidate);
    }
    while (result.at(-1)?.rank === otherwise) result.pop();
    if (otherwise !== this.none) result.push({ term: TRUE, rank: otherwise });
    return result;
  }

  /** The rules as a list, if they are few and look at addresses and ports only. */
  private listed(candidates: readonly Candidate[]): List | undefined {
    if (!this.lists || candidates.length > LIST_RULES_MAX + 1) return undefined;
    const rules: List['rules'][number][] = [];
    let otherwise = endOf(this.none);
    for (const { term, rank } of candidates) {
      if (term === TRUE) {
        otherwise = endOf(rank);
        break;
      }
      if (!this.terms.variablesOf(term).every((variable) => this.isListable(this.terms.variables[variable]!))) return undefined;
      const boxes = this.terms.boxes(term, LIST_RULES_MAX - rules.length);
      if (boxes === undefined) return undefined;
      for (const ranges of boxes) rules.push({ ranges, end: endOf(rank) });
      if (rules.length > LIST_RULES_MAX) return undefined;
    }
    return { kind: 'list', rules, otherwise };
  }

  /** The rules under a hash, if they are many. */
  private slots(candidates: readonly Candidate[]): Slots | undefined {
    const found = this.inside > 0 || !this.lists ? undefined : slotsOf(candidates, this.terms, this.slotsFrom);
    if (found === undefined) return undefined;
    this.edges += found.slots.rules.length;
    if (this.edges > this.edgesLimit) throw new TooManyEdges();
    return { ...found.slots, otherwise: this.target(found.left) };
  }

  private expand(candidates: readonly Candidate[]): Target {
    const list = this.listed(candidates);
    if (list !== undefined) return this.store(list);
    const slots = this.slots(candidates);
    if (slots !== undefined) return this.nodes.push(slots) - 1;
    const variable = this.choose(candidates);
    const bounds: number[] = [];
    const targets: Target[] = [];
    const children = new Map<string, Target>();
    const walked = !tellsKinds(this.terms.variables[variable]!);
    if (walked) this.inside += 1;
    for (const { start, left } of this.ranges(candidates, variable)) {
      const key = keyOf(left);
      let child = children.get(key);
      if (child === undefined) children.set(key, (child = this.target(left)));
      if (child === targets.at(-1)) continue;
      if (targets.length > 0) bounds.push(start);
      targets.push(child);
    }
    if (walked) this.inside -= 1;
    return targets.length === 1 ? targets[0]! : this.store({ kind: 'choice', variable, bounds, targets });
  }

  /**
   * The ranges of a variable's values in which every rule is the same, and the rules left in each. Only
   * the rules that change at the start of a range are looked at there.
   */
  private *ranges(candidates: readonly Candidate[], variable: number): Generator<{ start: number; left: Candidate[] }> {
    const changing = new Map<number, number[]>([[0, candidates.map((_, index) => index)]]);
    candidates.forEach(({ term }, index) => {
      const changes = new Set<number>();
      this.terms.changes(term, variable, changes);
      for (const start of changes) {
        if (start === 0) continue;
        const there = changing.get(start);
        if (there === undefined) changing.set(start, [index]);
        else there.push(index);
      }
    });
    const rests: Term[] = [];
    /** Numbers of the rules that can still match, ascending. */
    const alive: number[] = [];
    for (const start of [...changing.keys()].sort((a, b) => a - b)) {
      for (const index of changing.get(start)!) {
        const rest = this.terms.given(candidates[index]!.term, variable, start);
        const place = lowerBound(alive, index);
        if (alive[place] === index) {
          if (rest === FALSE) alive.splice(place, 1);
        } else if (rest !== FALSE) alive.splice(place, 0, index);
        rests[index] = rest;
      }
      this.steps += changing.get(start)!.length + alive.length;
      if (this.steps > STEPS_MAX) throw new TooManyEdges();
      const left: Candidate[] = [];
      for (const index of alive) {
        left.push({ term: rests[index]!, rank: candidates[index]!.rank });
        if (rests[index] === TRUE) break;
      }
      yield { start, left };
    }
  }

  private store(node: Choice | List): Target {
    const key = node.kind === 'list' ? JSON.stringify(node) : `${node.variable}/${node.bounds.join()}/${node.targets.join()}`;
    const stored = this.stored.get(key);
    if (stored !== undefined) return stored;
    this.edges += targetsOf(node).length;
    if (this.edges > this.edgesLimit) throw new TooManyEdges();
    const target = this.nodes.push(node) - 1;
    this.stored.set(key, target);
    return target;
  }

  /**
   * The variable whose ranges leave the fewest rules on average. A word can be asked for only where its
   * length test is decided in every rule that mentions it.
   */
  private choose(candidates: readonly Candidate[]): number {
    const mentions = new Map<number, Term[]>();
    for (const { term } of candidates) {
      for (const variable of this.terms.variablesOf(term)) {
        const list = mentions.get(variable);
        if (list === undefined) mentions.set(variable, [term]);
        else list.push(term);
      }
    }
    const kind = this.kindVariable(mentions, candidates.length);
    if (kind !== undefined && !isProtocol(this.terms.variables[kind]!)) return kind;
    let best = -1;
    let bestCost = Infinity;
    for (const [variable, terms] of mentions) {
      if (this.isBlocked(variable, terms)) continue;
      const cost = this.cost(variable, terms, candidates.length);
      if (cost < bestCost) [best, bestCost] = [variable, cost];
    }
    if (kind === undefined || kind === best) return best;
    if (!this.lists || bestCost > RULES_LEFT_FEW || !isListable(this.terms.variables[best]!)) return kind;
    this.protocolListed = true;
    return best;
  }

  private isListable(variable: Variable): boolean {
    return isListable(variable) || (this.protocolListed && isProtocol(variable));
  }

  /**
   * What kind of packet it is comes first, if half of the rules ask: its answers are few and mostly alike,
   * so that they cost next to nothing, and the tables behind them need not ask again.
   */
  private kindVariable(mentions: ReadonlyMap<number, Term[]>, count: number): number | undefined {
    let best: { variable: number; order: number } | undefined;
    for (const [variable, terms] of mentions) {
      const order = kindOrder(this.terms.variables[variable]!);
      if (order === undefined || terms.length * 2 < count || this.isBlocked(variable, terms)) continue;
      if (best === undefined || order < best.order) best = { variable, order };
    }
    return best?.variable;
  }

  private isBlocked(variable: number, terms: readonly Term[]): boolean {
    const described = this.terms.variables[variable]!;
    if (described.kind === 'length') return false;
    const length = this.terms.lengthVariable(described.field.anchor);
    return terms.some((term) => this.terms.variablesOf(term).includes(length));
  }

  /** Rules left on average over the ranges; the lengths of packets are mostly the longest there are. */
  private cost(variable: number, terms: readonly Term[], count: number): number {
    const changes = new Set<number>([0]);
    for (const term of terms) this.terms.changes(term, variable, changes);
    const starts = [...changes].sort((a, b) => a - b);
    const others = count - terms.length;
    if (this.terms.variables[variable]!.kind === 'length') return count - 0.5;
    const sample = sampled(starts);
    let left = 0;
    for (const start of sample) {
      for (const term of terms) if (this.terms.given(term, variable, start) !== FALSE) left += 1;
    }
    return others + left / sample.length + starts.length / 1000;
  }
}

/** The place of `value` in an ascending list. */
function lowerBound(list: readonly number[], value: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Up to 16 of the values, evenly spread. */
function sampled(values: readonly number[]): readonly number[] {
  if (values.length <= 16) return values;
  return Array.from({ length: 16 }, (_, index) => values[Math.floor(((index + 0.5) * values.length) / 16)]!);
}

/** Equal for lists that decide alike: the order of rules in a row with one rank makes no difference. */
function keyOf(candidates: readonly Candidate[]): string {
  const runs: string[] = [];
  for (let from = 0; from < candidates.length; ) {
    const { rank } = candidates[from]!;
    let to = from + 1;
    while (to < candidates.length && candidates[to]!.rank === rank) to += 1;
    const terms = candidates.slice(from, to).map(({ term }) => term);
    runs.push(`${rank}:${(to - from === 1 ? terms : terms.sort((a, b) => a - b)).join()}`);
    from = to;
  }
  return runs.join(';');
}
