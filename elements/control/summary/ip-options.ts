/** IP options as text, `rr{1.2.3.4}+2;lsrr{^1.2.3.4};ts{...}` (RFC 791, 3.1). */
import { u32 } from './summarized.js';

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

/** The bytes of such a text; undefined: it is none. */
export function readIpOptions(text: string): Uint8Array | undefined {
  if (text === '.' || text === '') return new Uint8Array();
  const bytes: number[] = [];
  for (const part of text.split(/;|,(?![^{]*\})/)) {
    const option = readOption(part);
    if (option === undefined) return undefined;
    bytes.push(...option);
  }
  while (bytes.length > OPTIONS_BYTES_MAX && bytes[0] === NOP) bytes.shift();
  return bytes.length <= OPTIONS_BYTES_MAX ? Uint8Array.from(bytes) : undefined;
}

function readOption(part: string): number[] | undefined {
  if (part === 'nop') return [NOP!];
  if (part === 'eol') return [END!];
  const route = /^(rr|lsrr|ssrr)\{([\d.,^]*)\}(?:\+(\d+))?$/.exec(part);
  if (route !== null) return readRoute({ rr: 7, lsrr: 131, ssrr: 137 }[route[1]!]!, route[2]!, Number(route[3] ?? 0));
  const stamps = /^ts(?:\.(ip|preip|\d+))?\{([\d.,^=!?]*)\}(?:\+(\d+))?(?:\+\+(\d+))?$/.exec(part);
  if (stamps !== null) return readTimestamps(stamps[1], stamps[2]!, Number(stamps[3] ?? 0), Number(stamps[4] ?? 0));
  if (!/^\d+(=\d+(:\d+)*)?$/.test(part)) return undefined;
  const numbers = part.split(/[=:]/).map(Number);
  if (numbers.some((value) => value > 255)) return undefined;
  return numbers.length > 1 ? [numbers[0]!, numbers.length + 1, ...numbers.slice(1)] : numbers;
}

/** The entries of a list in braces, and before which of them `^` is; undefined: nowhere. */
function entriesOf(list: string): { entries: string[]; pointed: number | undefined } {
  const entries = list.split(/[,^]/).filter((entry) => entry !== '');
  const mark = list.indexOf('^');
  return { entries, pointed: mark < 0 ? undefined : list.slice(0, mark).split(/[,^]/).filter((entry) => entry !== '').length };
}

function addressBytes(text: string): number[] | undefined {
  const numbers = text.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : 256));
  return numbers.length === 4 && numbers.every((byte) => byte <= 255) ? numbers : undefined;
}

function readRoute(kind: number, list: string, room: number): number[] | undefined {
  const { entries, pointed = entries.length } = entriesOf(list);
  const addresses = entries.map(addressBytes);
  if (addresses.includes(undefined) || room > 9) return undefined;
  const data = [...addresses.flatMap((bytes) => bytes!), ...new Array<number>(room * 4).fill(0)];
  return [kind, 3 + data.length, 4 + pointed * 4, ...data];
}

/** Entries `[ADDRESS=]TIME`, behind the pointer `ADDRESS` alone; of which kind, the first says unless `kind` does. */
function readTimestamps(kind: string | undefined, list: string, room: number, lost: number): number[] | undefined {
  const { entries, pointed } = entriesOf(list);
  const withAddresses = kind === 'ip' || kind === 'preip' || (kind === undefined && (entries[0] ?? '').includes('.'));
  const flag = kind === undefined ? (!withAddresses ? 0 : pointed === undefined ? 1 : 3) : ({ ip: 1, preip: 3 }[kind] ?? Number(kind));
  const size = withAddresses ? 8 : 4;
  const data: number[] = [];
  for (const [index, entry] of entries.entries()) {
    const [place, value] = withAddresses ? entry.split('=') : ['', entry];
    const bytes = withAddresses ? addressBytes(place!) : [];
    const time = /^(!?)(\d+)$/.exec(value ?? '');
    const open = pointed !== undefined && index >= pointed && withAddresses && (value === undefined || value === '?');
    if (bytes === undefined || (time === null && !open)) return undefined;
    const number = time === null ? 0 : ((Number(time[2]) | (time[1] === '!' ? 0x8000_0000 : 0)) >>> 0);
    data.push(...bytes, number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255);
  }
  const all = [...data, ...new Array<number>(Math.min(room, 9) * size).fill(0)];
  if (flag > 15 || lost > 15 || room > 9 || all.length > OPTIONS_BYTES_MAX) return undefined;
  return [TIMESTAMP!, 4 + all.length, 5 + (pointed ?? entries.length) * size, (lost << 4) | flag, ...all];
}
