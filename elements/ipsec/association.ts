/**
 * Security associations: which keys packets of a tunnel have (RFC 4301). The routes of RadixIPsecLookup tell them; all IPsec elements of a graph know them by
 * their number, which packets bear in an annotation.
 */
import { formatIpv4, formatPrefix, parsed, parseInteger, readRoute, routeText, unquoteBytes, type ArgumentScope, type ElementsAround, type Kind, type Parsed, type Route } from 'wirelet';

/** What Click says of any route that is wrong. */
const WRONG = "argument %d should be 'ADDR/MASK [GATEWAY] OUTPUT'";
/** Bytes of a key: of AES-128, of DES the first eight. */
const KEY_BYTES = 16;
/** Of the authentication: 16 as Click has them, or the 20 of RFC 2404. */
const AUTHENTICATION_BYTES = [16, 20];
/** Packets that may come out of order, at most: bits of a word. Click takes up to what a byte holds, and looks at no more either. */
const WINDOW_MAX = 32;
const WINDOW_GIVEN_MAX = 255;

export interface Association {
  /** Names it in packets (RFC 4303, 2.1). */
  readonly spi: number;
  readonly encryptionKey: readonly number[];
  readonly authenticationKey: readonly number[];
  /** The first sequence number. */
  readonly replay: number;
  /** Packets that may come out of order. */
  readonly window: number;
}

export interface TunnelRoute extends Route {
  readonly association?: Association;
}

/** A key's bytes, which may also stand there as hexadecimal digits without more. */
function key(text: string, lengths: readonly number[] = [KEY_BYTES]): readonly number[] | undefined {
  const isPlainHex = /^[0-9a-f]+$/i.test(text) && lengths.includes(text.length / 2);
  const bytes = [...(isPlainHex ? Buffer.from(text, 'hex') : unquoteBytes(text))];
  return lengths.includes(bytes.length) ? bytes : undefined;
}

/** `NETWORK [GATEWAY] OUTPUT [SPI ENCRYPT_KEY AUTH_KEY REPLAY OOSIZE]`. */
function read(text: string, scope: ArgumentScope): Parsed<TunnelRoute> {
  const words = text.match(/(?:"(?:\\.|[^"\\])*"|\\<[^>]*>|[^\s"])+/g) ?? [];
  const isTunnel = words.length >= 7;
  const route = readRoute((isTunnel ? words.slice(0, -5) : words).join(' '), scope);
  if ('error' in route || !isTunnel) return route;
  const [spi, encryption, authentication, replay, window] = words.slice(-5) as [string, string, string, string, string];
  const [encryptionKey, authenticationKey] = [key(encryption), key(authentication, AUTHENTICATION_BYTES)];
  const [number, first, size] = [spi, replay, window].map(parseInteger) as [number | undefined, number | undefined, number | undefined];
  if (encryptionKey === undefined || authenticationKey === undefined) return { error: `expected keys of ${KEY_BYTES} bytes, such as \\<00112233445566778899aabbccddeeff>`, click: WRONG };
  if (number === undefined || number < 1 || number > 0xffff_ffff) return { error: `expected an SPI from 1 to 4294967295, got "${spi}"`, click: WRONG };
  if (first === undefined || first < 1 || first > 0xffff_fffe) return { error: `expected a first sequence number from 1 on, got "${replay}"`, click: WRONG };
  if (size === undefined || size < 1 || size > WINDOW_GIVEN_MAX) return { error: `expected a window of 1 to ${WINDOW_GIVEN_MAX} packets, got "${window}"`, click: WRONG };
  return { value: { ...route.value, association: { spi: number, encryptionKey, authenticationKey, replay: first, window: Math.min(size, WINDOW_MAX) } } };
}

const keyText = (bytes: readonly number[]): string => `\\<${Buffer.from(bytes).toString('hex')}>`;

function argumentText({ prefix, gateway, output, association }: TunnelRoute): string {
  const plain = `${formatPrefix(prefix)}${gateway === 0 ? '' : ` ${formatIpv4(gateway)}`} ${output}`;
  if (association === undefined) return plain;
  const { spi, encryptionKey, authenticationKey, replay, window } = association;
  return `${plain} ${spi} ${keyText(encryptionKey)} ${keyText(authenticationKey)} ${replay} ${window}`;
}

/** The route as tables show it: keys stand in two lines of their own. */
export function tunnelRouteLines(route: TunnelRoute): string {
  const line = routeText(route, true);
  if (route.association === undefined) return `${line}\n`;
  const { spi, encryptionKey, authenticationKey } = route.association;
  const [encryption, authentication] = [encryptionKey, authenticationKey].map((bytes) => Buffer.from(bytes.slice(0, KEY_BYTES)).toString('hex'));
  return `${line}  |TUNNELED CONNECTION| \n|SPI| |ENC KEY| |AUTH KEY| ||\n |${spi}| |${encryption}| |${authentication}|\n\n`;
}

/** The kind of a route that may lead into a tunnel. */
export function tunnelRoute(options: { doc: string }): Kind<TunnelRoute> {
  return parsed<TunnelRoute>('IPsec route', options, read, argumentText);
}

/** All associations of the graph; a packet's annotation is a number in this list, from 1 on. */
export function associationsOf(elements: ElementsAround): readonly Association[] {
  return elements.ofClass('RadixIPsecLookup').flatMap(({ config }) => (config?.routes as readonly TunnelRoute[] | undefined ?? []).flatMap(({ association }) => association ?? []));
}

/** Keys one after the other, for the packet path; one of zeros where the graph has no association. */
export function keysOf(associations: readonly Association[], which: 'encryptionKey' | 'authenticationKey'): readonly number[] {
  return associations.length === 0 ? new Array<number>(KEY_BYTES).fill(0) : associations.flatMap((association) => [...association[which]]);
}

/** Statements beside an element in examples, so that there is an association with number 1. */
export const EXAMPLE_ROUTES = 'keys :: RadixIPsecLookup(10.0.0.0/8 1 77 \\<000102030405060708090a0b0c0d0e0f> \\<101112131415161718191a1b1c1d1e1f> 1 32); Idle -> keys; keys[0] -> Discard; keys[1] -> Discard';
