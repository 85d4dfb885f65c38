/**
 * Interfaces used in arrows. As a source an interface is an instance `NAME/rx` of FromDevice; each arrow
 * that ends at it is an instance of ToDevice: `NAME/tx`, `NAME/tx@2` and so on.
 */
import type { Span } from '../diagnostics.js';
import { unquote } from '../kit/quoting.js';
import type { ExpandedInstance } from './expanded.js';
import type { InterfaceDeclaration, Located } from './graph.js';
import type { NameScope } from './name-scope.js';

/** The element classes that stand at interfaces. */
export const RECEIVE_CLASS = 'FromDevice';
export const SEND_CLASS = 'ToDevice';
/** All classes whose first argument names an interface. */
const DEVICE_CLASSES: ReadonlySet<string> = new Set([RECEIVE_CLASS, SEND_CLASS, 'FromDPDKDevice', 'ToDPDKDevice', 'FromNetmapDevice', 'ToNetmapDevice']);

export class ImpliedDevices {
  readonly instances: ExpandedInstance[] = [];
  private readonly receivers = new Map<string, ExpandedInstance>();
  private readonly senders = new Map<string, number>();
  private readonly known: ReadonlySet<string>;

  constructor(
    interfaces: readonly InterfaceDeclaration[],
    private readonly scope: NameScope,
  ) {
    this.known = new Set(interfaces.map(({ name }) => name.value));
  }

  /** The one instance that receives from an interface; undefined for a name that is none. */
  receiver(name: Located<string>): ExpandedInstance | undefined {
    if (!this.known.has(name.value)) return undefined;
    const existing = this.receivers.get(name.value);
    if (existing !== undefined) return existing;
    const made = this.make(`${name.value}/rx`, RECEIVE_CLASS, name);
    this.receivers.set(name.value, made);
    return made;
  }

  /** A new instance that sends to an interface. */
  sender(name: Located<string>): ExpandedInstance | undefined {
    if (!this.known.has(name.value)) return undefined;
    const count = (this.senders.get(name.value) ?? 0) + 1;
    this.senders.set(name.value, count);
    return this.make(`${name.value}/tx${count === 1 ? '' : `@${count}`}`, SEND_CLASS, name);
  }

  private make(name: string, className: string, { value, span }: Located<string>): ExpandedInstance {
    const instance: ExpandedInstance = {
      name,
      localName: value,
      className,
      classSpan: span,
      span,
      anonymous: false,
      bare: false,
      arguments: { form: 'click', list: [{ value, span }], span, complete: true },
      scope: this.scope,
      within: [],
    };
    this.instances.push(instance);
    return instance;
  }
}

/** The names that FromDevice and ToDevice elements give to interfaces, in order of appearance. */
export function deviceNames(instances: readonly ExpandedInstance[]): Located<string>[] {
  return instances.flatMap((instance) => {
    const { className, arguments: given } = instance;
    if (!DEVICE_CLASSES.has(className)) return [];
    const name = given.form === 'click' ? byPosition(given.list) : byKey(given.entries);
    return name === undefined ? [] : [name];
  });
}

function byPosition(list: readonly Located<string>[]): Located<string> | undefined {
  const keyed = list.find(({ value }) => /^DEVNAME\s/.test(value));
  const text = keyed === undefined ? list[0] : { value: keyed.value.replace(/^DEVNAME\s+/, ''), span: keyed.span };
  return text && { value: unquote(text.value), span: text.span };
}

function byKey(entries: readonly { key: Located<string>; value: { value: unknown; span: Span } }[]): Located<string> | undefined {
  const entry = entries.find(({ key }) => key.value.toLowerCase() === 'devname');
  return typeof entry?.value.value === 'string' ? { value: entry.value.value, span: entry.value.span } : undefined;
}
