/** Service chains: `lan0 -> firewall -> nat[lan, wan] -> wan0`. */
import type { Diagnostics, Span } from '../diagnostics.js';
import { suggestion } from '../suggest.js';
import { SITE_LIMITS, type SiteNetwork } from './site.js';
import type { Wiring } from './wiring.js';

interface Step {
  readonly text: string;
  readonly span: Span;
  /** Ports towards the chain's beginning and its end; empty: not said, the first two of the appliance. */
  readonly into: string;
  readonly out: string;
}

/** Marks an interface that the chain leaves to the appliance: its first or second one. checkSite() puts in the name. */
export const FIRST_INTERFACE = '#1';
export const SECOND_INTERFACE = '#2';

/** What the wire between two ports is called. */
export const wireName = (ports: readonly { readonly name: string }[]): string => ports.map(({ name }) => name).join('--');

/** The wires of a chain. */
export function readChain(text: string, span: Span, wiring: Wiring, diagnostics: Diagnostics): SiteNetwork[] {
  const steps: Step[] = [];
  let at = span.source.text.indexOf(text, span.start);
  if (at < 0 || at > span.end) at = -1;
  let offset = 0;
  for (const part of text.split('->')) {
    const begin = at < 0 ? span.start : at + offset + (part.length - part.trimStart().length);
    const step = readStep(part.trim(), at < 0 ? span : span.source.span(begin, begin + Math.max(1, part.trim().length)), wiring, diagnostics);
    if (step !== undefined) steps.push(step);
    offset += part.length + 2;
  }
  if (diagnostics.failed) return [];
  if (steps.length < 2) {
    diagnostics.error('WL4205', span, 'a chain has a beginning and an end', 'For example: lan0 -> firewall -> wan0.');
    return [];
  }
  return steps.slice(1).map((step, index) => {
    const before = steps[index]!;
    const ports = [...wiring.connect(before.out, before.span, { mode: 'plain' }), ...wiring.connect(step.into, step.span, { mode: 'plain' })];
    return { name: wireName(ports), kind: 'wire' as const, ageingS: SITE_LIMITS.ageingSDefault, floodPps: 0, ports };
  });
}

function readStep(text: string, span: Span, wiring: Wiring, diagnostics: Diagnostics): Step | undefined {
  const match = /^([\w-]+)(?:\[\s*([\w-]+)\s*,\s*([\w-]+)\s*\])?(?:\.([\w-]+))?$/.exec(text);
  const name = match?.[1] ?? '';
  if (match === null || (match[2] !== undefined && match[4] !== undefined)) {
    diagnostics.error('WL4205', span, `"${text}" is no step of a chain`, 'Steps are interfaces of the host, appliances such as nat or nat[lan, wan], and ends such as nat.lan, with -> between them.');
    return undefined;
  }
  if (match[4] !== undefined) return { text, span, into: text, out: text };
  if (wiring.isDevice(name)) return { text, span, into: name, out: name };
  const group = wiring.appliancesOf(name);
  if (group === undefined) {
    diagnostics.error('WL4200', span, `there is no appliance and no interface of the host "${name}"`, suggestion(name, wiring.names) ?? `There are ${wiring.names.join(', ') || 'none'}.`);
    return undefined;
  }
  if (group.length > 1) {
    diagnostics.error('WL4205', span, `"${name}" is ${group.length} appliances, and a chain goes through one`, `Name one of them: ${group[0]!.name}.`);
    return undefined;
  }
  return { text, span, into: `${name}.${match[2] ?? FIRST_INTERFACE}`, out: `${name}.${match[3] ?? SECOND_INTERFACE}` };
}
