/** Handlers: what people and programs read from elements at work, and write to them (Click's handlers). */

/** One handler of an element, or of the whole router. */
export interface Handler {
  readonly name: string;
  readonly read?: (parameter: string) => string;
  /** Its answer, for handlers that give one. */
  readonly write?: (value: string) => string | void;
  /** Writes as `write` does, and is through when what was written has been done, with what it warns of; rejects with a HandlerError. */
  readonly later?: (value: string) => Promise<readonly string[]>;
  /** Reading takes a parameter. */
  readonly parameter?: boolean;
  /** Nobody outside of the router may call it. */
  readonly guarded?: boolean;
  /** What is read does not change on its own. */
  readonly calm?: boolean;
  /** Reading takes long. */
  readonly expensive?: boolean;
  /** All copies know the same: see kit/element.ts. */
  readonly alike?: boolean;
  /** Its text is what it is: no end of a line is added for people. */
  readonly raw?: boolean;
  /** Kept for those who know it by this name. */
  readonly deprecated?: boolean;
  readonly uncommon?: boolean;
}

export type HandlerTable = ReadonlyMap<string, Handler>;

export function tableOf(handlers: readonly Handler[]): HandlerTable {
  const table = new Map<string, Handler>();
  for (const handler of handlers) table.set(handler.name, { ...table.get(handler.name), ...handler });
  return table;
}

/** What is written to them does not matter: programs show them as buttons. Click's elements have them under these names. */
const BUTTONS = /^(reset|reset_counts|reset_timing|clear|flush|stop|step)$/;

/** The answer of `handlers`: a line for each, its name, a tab, and how it may be called, in Click's letters. */
export function listHandlers(handlers: readonly Handler[]): string {
  const flags = ({ name, read, write, parameter, calm, expensive, raw, deprecated, uncommon }: Handler) =>
    `${read ? 'r' : ''}${write ? 'w' : ''}${parameter === true ? '+' : ''}${raw === true ? '%' : ''}${calm === true ? '.' : ''}${expensive === true ? '$' : ''}${uncommon === true ? 'U' : ''}${deprecated === true ? 'D' : ''}${write && !read && BUTTONS.test(name) ? 'b' : ''}${read && /^active\d*$/.test(name) ? 'c' : ''}`;
  return handlers.map((handler) => `${handler.name}\t${flags(handler)}\n`).join('');
}
