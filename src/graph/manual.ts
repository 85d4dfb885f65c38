/** The manual of an element class: its doc comment and what it declares. */
import { readFileSync } from 'node:fs';
import { Diagnostics } from '../diagnostics.js';
import type { ElementClass, PortSide } from '../kit/element.js';
import type { ElementFile } from './element-index.js';
import { Registry } from './registry.js';

export interface Manual {
  readonly class: ElementClass;
  readonly source: ElementFile;
  /** The first sentence of the comment. */
  readonly summary: string;
  /** The whole comment, paragraphs apart by empty lines. */
  readonly text: string;
}

/** Manuals of all classes, in alphabetical order, each under its own name only. Throws what is wrong with the user's files. */
export async function allManuals(elementFolders: readonly string[] = []): Promise<Manual[]> {
  const { registry, diagnostics } = open(elementFolders);
  const manuals = await Promise.all(registry.names().map((name) => manualIn(registry, name)));
  diagnostics.throwIfFailed();
  return manuals.filter((manual) => manual !== undefined).filter((manual, index, all) => all.findIndex((other) => other.class === manual.class) === index);
}

/** The manual of one class, or the names there are. */
export async function manualOf(name: string, elementFolders: readonly string[] = []): Promise<Manual | { readonly names: string[] }> {
  const { registry, diagnostics } = open(elementFolders);
  const manual = await manualIn(registry, name);
  diagnostics.throwIfFailed();
  return manual ?? { names: registry.names() };
}

function open(folders: readonly string[]): { registry: Registry; diagnostics: Diagnostics } {
  const diagnostics = new Diagnostics();
  return { registry: new Registry(folders.map((folder) => ({ folder })), diagnostics), diagnostics };
}

async function manualIn(registry: Registry, name: string): Promise<Manual | undefined> {
  const loaded = await registry.load(name);
  if (loaded === undefined) return undefined;
  const text = commentOf(readFileSync(loaded.source.file, 'utf8'));
  return { class: loaded.class, source: loaded.source, text, summary: firstSentence(text) };
}

/** The first doc comment of a file, without its stars. */
function commentOf(source: string): string {
  const match = /\/\*\*([\s\S]*?)\*\//.exec(source);
  return (match?.[1] ?? '').split('\n').map((line) => line.replace(/^\s*\* ?/, '').trimEnd()).join('\n').trim();
}

function firstSentence(text: string): string {
  const paragraph = text.split(/\n\s*\n/)[0]!.replace(/\s+/g, ' ');
  return /^.*?[.](?=\s|$)/.exec(paragraph)?.[0] ?? paragraph;
}

export interface DescribedPort {
  readonly name: string;
  readonly processing: string;
  readonly optional: boolean;
  readonly doc: string;
}

export function portsOfSide({ named, row }: PortSide): DescribedPort[] {
  if (named !== undefined) return named.map(({ name, processing, optional, doc }) => ({ name, processing, optional, doc }));
  if (row === undefined) return [];
  const count = row.same ? 'as many as inputs' : row.min === row.max ? String(row.min) : `${row.min} to ${row.max}`;
  return [{ name: count, processing: row.processing, optional: row.optional, doc: row.doc }];
}

