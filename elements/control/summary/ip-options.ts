/** IP options as text, `rr{1.2.3.4}+2;lsrr{^1.2.3.4};ts{...}` (RFC 791, 3.1). Reading knows routes, padding and options by number. */
import { u32 } from './headers.js';

const ROUTES: Readonly<Record<number, string>> = { 7: 'rr', 131: 'lsrr', 137: 'ssrr' };
const [END, NOP, TIMESTAMP] = [0, 1, 68];
const OPTIONS_BYTES_MAX = 40;

const address = (bytes: Uint8Array, at: number) => [...bytes.subarray(at, at + 4)].join('.');

export function ipOptionsText(options: Uint8Array): string {
  const found: string[] = [];
  for (let at = 0; at < options.length; ) {
    const kind = options[at]!;
    if (kind === END) break;
    if (kind === NOP) {
      at += 1;
      continue;
    }
    const size = options[at + 1] ?? 0;
    const option = options.subarray(at, at + size);
    if (size < 2 || at + size > options.length) return '?';
    const name = ROUTES[kind];
    if ((name !== undefined && (size < 3 || option[2]! < 4)) || (kind === TIMESTAMP && (size < 4 || option[2]! < 5))) return '?';
    if (name !== undefined) found.push(name + routeText(option, kind === 7));
    else if (kind === TIMESTAMP) found.push(timestampText(option));
    else found.push(size === 2 ? String(kind) : `${kind}=${[...option.subarray(2)].join(':')}`);
    at += size;
  }
  return found.length === 0 ? '.' : found.join(';');
}

/** Addresses, `^` before the one that is next; of a record only those that are recorded, and how many more there is room for. */
function routeText(option: Uint8Array, isRecord: boolean): string {
  const next = option[2]! - 1;
  let [text, between, at] = ['', '', 3];
  for (; at + 4 <= option.length; at += 4) {
    if (at === next) {
      if (isRecord) break;
      between = '^';
    }
    text += between + address(option, at);
    between = ',';
  }
  if (at === option.length && at === next && !isRecord) text += '^';
  return `{${text}}${isRecord && at + 4 <= option.length ? `+${(option.length - at) / 4}` : ''}`;
}

function timestampText(option: Uint8Array): string {
  const [next, flag] = [option[2]! - 1, option[3]! & 15];
  const size = flag >= 1 && flag <= 3 ? 8 : 4;
  const kinds: Readonly<Record<number, string>> = { 0: '', 1: '.ip', 3: '.preip' };
  let [text, between, at] = ['', '', 4];
  for (; at + size <= option.length; at += size) {
    if (at === next) {
      if (flag !== 3) break;
      between = '^';
    }
    const value = u32(option, at + size - 4);
    const shown = `${value >= 0x8000_0000 ? '!' : ''}${value & 0x7fff_ffff}`;
    text += between;
    if (size === 8) text += address(option, at) + (flag === 3 && at >= next ? '' : `=${shown}`);
    else text += shown;
    between = ',';
  }
  if (at === option.length && at === next) text += '^';
  const room = at + size <= option.length && at === next ? `+${Math.floor((option.length - at) / size)}` : '';
  const lost = option[3]! >>> 4;
  return `ts${kinds[flag] ?? `.${flag}`}{${text}}${room}${lost > 0 ? `++${lost}` : ''}`;
}

/** The bytes of such a text; undefined: it is none, or of a kind that is not read. */
export function readIpOptions(text: string): Uint8Array | undefined {
  if (text === '.' || text === '') return new Uint8Array();
  const bytes: number[] = [];
  for (const part of text.split(/;|,(?![^{]*\})/)) {
    const route = /^(rr|lsrr|ssrr)\{([\d.,^]*)\}(?:\+(\d+))?$/.exec(part);
    if (route !== null) {
      const places = route[2]!.split(',').filter((place) => place !== '');
      const addresses = places.flatMap((place) => place.replace(/\^/g, '').split('.').filter((byte) => byte !== '').map(Number));
      const pointed = places.findIndex((place) => place.startsWith('^'));
      const room = Number(route[3] ?? 0);
      const pointer = (pointed < 0 ? addresses.length : pointed * 4) + 4;
      if (addresses.length % 4 !== 0 || addresses.some((byte) => byte > 255) || room > 9) return undefined;
      bytes.push({ rr: 7, lsrr: 131, ssrr: 137 }[route[1]!]!, 3 + addresses.length + room * 4, pointer, ...addresses, ...new Array<number>(room * 4).fill(0));
    } else if (part === 'nop') bytes.push(NOP!);
    else if (part === 'eol') bytes.push(END!);
    else if (/^\d+(=\d+(:\d+)*)?$/.test(part)) {
      const numbers = part.split(/[=:]/).map(Number);
      if (numbers.some((value) => value > 255)) return undefined;
      bytes.push(numbers[0]!, ...(numbers.length > 1 ? [numbers.length + 1, ...numbers.slice(1)] : []));
    } else return undefined;
  }
  return bytes.length <= OPTIONS_BYTES_MAX ? Uint8Array.from(bytes) : undefined;
}
