/** Names of state entries that belong to another instance than the one whose code uses them. */

/** What stands before the name of an entry of instance `index`. */
export function entryPrefix(index: number): string {
  return `${index}/`;
}

/** The name without the instance that it belongs to. */
export function plainName(entry: string): string {
  return entry.slice(entry.indexOf('/') + 1);
}

/** The instance and the name that `entry` means in the code of instance `own`. */
export function entryOwner(entry: string, own: number): { readonly instance: number; readonly name: string } {
  const slash = entry.indexOf('/');
  return slash < 0 ? { instance: own, name: entry } : { instance: Number(entry.slice(0, slash)), name: entry.slice(slash + 1) };
}
