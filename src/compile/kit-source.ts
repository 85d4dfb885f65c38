/**
 * Where the kit's own functions stand in its sources. Elements reach them as values (`ipv4.isMulticast`,
 * `checksum.updateU32`); to compile one, its declaration is looked up by the value itself.
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type ts from 'typescript';
import { intrinsicName } from '../kit/intrinsic.js';
import * as kit from '../kit/index.js';
import type { ModuleLibrary, ModuleSource } from './module-source.js';
import { packageRoot } from '../package-root.js';

const KIT_FOLDER = path.join(packageRoot, 'src/kit') + path.sep;

export interface KitFunction {
  readonly node: ts.FunctionDeclaration;
  readonly module: ModuleSource;
}

export class KitSource {
  private places: Map<unknown, { file: string; name: string }> | undefined;

  constructor(private readonly library: ModuleLibrary) {}

  /** What the kit exports under `name`. */
  value(name: string): { value: unknown } | undefined {
    return name in kit ? { value: (kit as Record<string, unknown>)[name] } : undefined;
  }

  /** What a module of the kit means by a name it declares, if the kit exports that. */
  valueIn(module: ModuleSource, name: string): { value: unknown } | undefined {
    return module.file.startsWith(KIT_FOLDER) ? this.value(name) : undefined;
  }

  /** Finds out where each function stands; to be called once, before the others. */
  async prepare(): Promise<void> {
    if (this.places !== undefined) return;
    this.places = new Map();
    const compiled = fileURLToPath(new URL('../kit/', import.meta.url));
    for (const entry of readdirSync(compiled, { recursive: true }) as string[]) {
      // The index only passes on what the others declare.
      if (!entry.endsWith('.js') || entry === 'index.js') continue;
      const namespace = (await import(pathToFileURL(path.join(compiled, entry)).href)) as Record<string, unknown>;
      const file = path.join(KIT_FOLDER, entry.replace(/\.js$/, '.ts'));
      for (const value of Object.values(namespace)) this.note(value, file);
    }
  }

  /** The declaration of a kit function that is not an intrinsic. */
  find(value: unknown): KitFunction | undefined {
    const place = this.places?.get(value);
    if (place === undefined) return undefined;
    const module = this.library.read(place.file);
    const declared = module.find(place.name);
    return declared?.kind === 'function' ? declared : undefined;
  }

  private note(value: unknown, file: string): void {
    if (typeof value === 'function') {
      if (intrinsicName(value) === undefined && !this.places!.has(value)) {
        this.places!.set(value, { file, name: value.name });
      }
    } else if (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.isFrozen(value)) {
      for (const member of Object.values(value)) if (typeof member === 'function') this.note(member, file);
    }
  }
}
