/** ICMP types and codes as arguments (RFC 792): by name or number. */
import { ICMP_CODES, ICMP_TYPES, parsed, parseInteger, type Kind } from 'wirelet';

/** An ICMP type; that it is from 0 to 255 is for the element to say. */
export function icmpType(name: string, doc: string): Kind<number> {
  return parsed<number>(name, { doc }, (text) => {
    const value = ICMP_TYPES.get(text.toLowerCase()) ?? parseInteger(text);
    return value === undefined ? { error: `expected an ICMP type such as timeexceeded, got "${text}"` } : { value };
  }, String);
}

/** A word that names a code: which it is depends on the type. Without a default it must be given. */
export function icmpCode(doc: string, assumed?: string): Kind<string> {
  return parsed<string>('ICMP code', { doc, default: assumed }, (text) => ({ value: text.toLowerCase() }), String);
}

type Fail = (message: string, hint: string | undefined, click: string) => never;

/** The number of the code of that name; fails where there is none, in Click's words `click`. */
export function codeOf(type: number, name: string, fail: Fail, click: string): number {
  const code = parseInteger(name) ?? ICMP_CODES[type]?.[name];
  if (code !== undefined && code >= 0 && code <= 255) return code;
  const names = Object.keys(ICMP_CODES[type] ?? {});
  return fail(`"${name}" is not a code of ICMP type ${type}`, names.length > 0 ? `There are ${names.join(', ')}.` : 'Write its number.', click);
}
