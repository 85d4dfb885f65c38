/**
 * A user's own elements import this package's modules as Node loads them, one by one. Where these are run from few files (src/setup/pack.mjs), an
 * element would meet a second instance of each, whose classes and tables are others; so the command begins anew with each module by itself (src/cli/wirelet.cjs).
 */
export class ModulesApart extends Error {
  readonly code = 'MODULES_APART';

  constructor() {
    super('modules of a user need those of this package one by one');
  }
}

/** Whether the module whose `import.meta` that is was read from few files. */
export function isPacked(meta: ImportMeta): boolean {
  return (meta as { packed?: boolean }).packed === true;
}
