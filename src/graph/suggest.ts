export function suggestion(name: string, names: readonly string[]): string | undefined { void name; void names; return undefined; }
