/**
 * What an image consists of, symbol by symbol, and what each is there for: the shortest way to it from where the processor
 * begins, by the references that the linker resolved. The linker drops what nobody refers to, so all have one.
 */
import type { CheckedGraph } from '../graph/graph.js';
import { prefixOf } from '../compile/c-names.js';
import { Elf } from './elf.js';

export interface ImageSymbol {
  readonly name: string;
  readonly bytes: number;
  /** `code`, `constants`, or `memory`, which is zero at the start and not in the file. */
  readonly kind: 'code' | 'constants' | 'memory';
  /** The element it belongs to; null: the runtime, or constants of several. */
  readonly element: string | null;
  /** Who refers to it, from the entry on; the last refers to it directly. None: it is only reached from an address beside it. */
  readonly used_by: readonly string[];
}

const KINDS: Readonly<Record<string, ImageSymbol['kind']>> = { '.text': 'code', '.rodata': 'constants', '.data': 'memory', '.bss': 'memory', '.shared': 'memory' };
/** Whose references count: what is loaded with contents. Code of boot.S has no symbols with sizes; tables for jumps have none, either, and lead to who uses them. */
const CODE = ['.wl_cpu', '.text'];
const TABLES = ['.rodata'];
/** Where a processor begins; boot.S has it, without a size. */
const ENTRY = 'wl_entry';

interface Placed {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly kind: ImageSymbol['kind'];
}

/** The symbols of a linked file that has its relocations yet (`--emit-relocs`), the largest first. */
export function imageSymbols(file: Buffer, graph: CheckedGraph): ImageSymbol[] {
  const elf = new Elf(file);
  const placed = placedSymbols(elf);
  const users = referrers(elf, placed);
  const elements = new Map(graph.instances.map((instance) => [prefixOf(instance), instance.name]));
  return placed
    .map((symbol) => ({ name: symbol.name, bytes: symbol.to - symbol.from, kind: symbol.kind, element: elementOf(symbol.name, elements), used_by: wayTo(symbol, users) }))
    .sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
}

/** Symbols with a size in what is loaded, by address; of several names for one place the first. */
function placedSymbols(elf: Elf): Placed[] {
  const sections = elf.sections.filter(({ name }) => KINDS[name] !== undefined);
  const found = new Map<number, Placed>();
  for (const { name, value, size } of elf.symbols()) {
    const section = size === 0 ? undefined : sections.find(({ address, size: bytes }) => address <= value && value < address + bytes);
    if (section !== undefined && !found.has(value)) found.set(value, { name, from: value, to: value + size, kind: KINDS[section.name]! });
  }
  return [...found.values()].sort((a, b) => a.from - b.from);
}

/** For each symbol who refers to it first, seen from the entry: a walk in breadth. */
function referrers(elf: Elf, placed: readonly Placed[]): Map<Placed, Placed | undefined> {
  const targets = new Map<Placed | undefined, Set<Placed>>();
  const tables = elf.references(TABLES).filter(({ place }) => symbolAt(placed, place) !== undefined);
  for (const { place, target } of [...elf.references(CODE), ...tables]) {
    const [from, to] = [symbolAt(placed, place), symbolAt(placed, target)];
    if (to !== undefined && from !== to) targets.set(from, (targets.get(from) ?? new Set()).add(to));
  }
  const users = new Map<Placed, Placed | undefined>();
  const waiting: (Placed | undefined)[] = [undefined];
  for (const from of waiting) {
    for (const to of targets.get(from) ?? []) {
      if (users.has(to)) continue;
      users.set(to, from);
      waiting.push(to);
    }
  }
  return users;
}

function symbolAt(placed: readonly Placed[], address: number): Placed | undefined {
  let [low, high] = [0, placed.length - 1];
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const symbol = placed[middle]!;
    if (address < symbol.from) high = middle - 1;
    else if (address >= symbol.to) low = middle + 1;
    else return symbol;
  }
  return undefined;
}

function wayTo(symbol: Placed, users: ReadonlyMap<Placed, Placed | undefined>): string[] {
  if (!users.has(symbol)) return [];
  const way: string[] = [];
  for (let at = users.get(symbol); at !== undefined; at = users.get(at)) way.unshift(at.name);
  return [ENTRY, ...way];
}

function elementOf(name: string, elements: ReadonlyMap<string, string>): string | null {
  const found = [...elements].filter(([prefix]) => name === prefix || name.startsWith(`${prefix}_`)).sort(([a], [b]) => b.length - a.length)[0];
  return found?.[1] ?? null;
}
