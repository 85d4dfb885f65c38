/** A destination address as tunnels take it: given, or that of each packet's annotation. */
import { formatIpv4, parsed, readIpv4, type ArgumentScope, type Kind, type Parsed } from 'wirelet';

/** Stands for the destination annotation of the packet at hand. */
export const BY_ANNOTATION = -1;

function read(text: string, scope: ArgumentScope, click: string): Parsed<number> {
  if (text === 'DST_ANNO') return { value: BY_ANNOTATION };
  const found = readIpv4(text, scope);
  return found !== undefined ? { value: found } : { error: `expected an IPv4 address or DST_ANNO, got "${text}"`, click, ofElement: true };
}

/** The address as text. */
export function destinationText(value: number): string {
  return value === BY_ANNOTATION ? 'DST_ANNO' : formatIpv4(value);
}

/** An IPv4 address, or DST_ANNO; `click` is what Click says of anything else. */
export function tunnelDestination(click: string, options: { doc: string }): Kind<number> {
  return parsed<number>('destination', options, (text, scope) => read(text, scope, click), destinationText);
}
