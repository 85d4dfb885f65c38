/**
 * Elements that only tell others something and take no packets: AddressInfo and PortInfo give names,
 * ScheduleInfo, StaticThreadSched and SpinlockInfo speak of threads, of which an appliance has one; RandomSeed of random numbers,
 * whose seed it is under Click's driver; AlignmentInfo of where packets begin in memory, AnnotationInfo of what is noted about them, IPNameInfo
 * of names that are known anyway, ClickyInfo of how a program shows the graph, FlowInfo and DevirtualizeInfo of what a compiler of Click's may
 * take for granted, DPDKInfo of the memory of DPDK's devices, TSCClock and JiffieClock of what FastClick's clock is read from.
 */
import type { ClickWords, Diagnostics } from '../diagnostics.js';
import { parseMac } from '../kit/address.js';
import { parseIpv6 } from '../kit/address6.js';
import { annotationNamed } from '../kit/annotation.js';
import { readIpv4, readPrefix, type NamedIpv6 } from '../kit/argument-scope.js';
import { parseInteger } from '../kit/config.js';
import { ANNOTATION_BYTES } from '../kit/limits.js';
import { unquote } from '../kit/quoting.js';
import type { Located } from './graph.js';
import type { NameScope } from './name-scope.js';

/** `says`: what Click says of the element. */
type Reader = (argument: Located<string>, names: NameScope, diagnostics: Diagnostics, says: (text: string) => ClickWords) => void;

const READERS: Readonly<Record<string, Reader>> = {
  AddressInfo: readAddressInfo,
  PortInfo: readPortInfo,
  ScheduleInfo: readTickets,
  StaticThreadSched: readThread,
  BalancedThreadSched: () => undefined,
  SortedTaskSched: () => undefined,
  SpinlockInfo: readLock,
  RandomSeed: () => undefined,
  IPNameInfo: () => undefined,
  AlignmentInfo: () => undefined,
  AnnotationInfo: readAnnotation,
  ClickyInfo: () => undefined,
  FlowInfo: readFlow,
  DevirtualizeInfo: () => undefined,
  DPDKInfo: () => undefined,
  TSCClock: () => undefined,
  JiffieClock: () => undefined,
};

/** What reads the arguments of an information element of this class, if it is one. */
export function informationReader(className: string): Reader | undefined {
  return Object.hasOwn(READERS, className) ? READERS[className] : undefined;
}

export const informationClasses: readonly string[] = Object.keys(READERS);

/** `ELEMENT THREAD`. There is one thread, whatever its number. */
function readThread({ value, span }: Located<string>, _names: NameScope, diagnostics: Diagnostics, says: (text: string) => ClickWords): void {
  const [element, thread, ...more] = value.split(/\s+/).filter((word) => word !== '');
  const wrong = element === undefined ? 'ELEMENT: required argument missing' : thread === undefined ? 'THREAD: required argument missing' : parseInteger(thread) === undefined ? 'THREAD: invalid number' : more.length > 0 ? 'too many arguments' : undefined;
  if (wrong !== undefined) diagnostics.error('WL1210', span, `expected an element and the number of a thread, not "${value}"`, 'For example: StaticThreadSched(source 0)', undefined, says(wrong));
}

/** `NAME ADDRESS [ADDRESS...]`: IPv4 and IPv6 addresses, prefixes, MAC addresses. */
function readAddressInfo({ value, span }: Located<string>, names: NameScope, diagnostics: Diagnostics, says: (text: string) => ClickWords): void {
  if (value === '') return;
  const [name, ...addresses] = value.split(/\s+/);
  if (name === undefined || addresses.length === 0) {
    const hint = 'For example: AddressInfo(gateway 192.0.2.1 02:00:00:00:00:01)';
    diagnostics.error('WL1210', span, 'expected a name and its addresses', hint, undefined, says("expected 'NAME [ADDRS]'"));
    return;
  }
  for (const text of addresses) {
    const mac = parseMac(text);
    const ipv4 = readIpv4(text, names);
    const net = readPrefix(text, names);
    const ipv6 = readIpv6Network(text);
    if (mac !== undefined) names.addAddress(name, { mac });
    else if (ipv4 !== undefined) names.addAddress(name, { ipv4 });
    // A network is no address: one that was named before stays.
    else if (net !== undefined) names.addAddress(name, (net.address & ~net.mask) === 0 ? { prefix: net } : { ipv4: net.address, prefix: net });
    else if (ipv6 !== undefined) names.addAddress(name, { ipv6 });
    else diagnostics.error('WL1210', span, `"${text}" is neither an IP address or prefix nor a MAC address`, undefined, undefined, says(`'${text}' is not a recognizable address`));
  }
}

/** `ADDRESS` or `ADDRESS/LENGTH` of IPv6. */
function readIpv6Network(text: string): NamedIpv6 | undefined {
  const [, name = '', bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const address = parseIpv6(name);
  const length = bits === undefined ? undefined : Number(bits);
  return address === undefined || (length ?? 0) > 128 ? undefined : { address, length };
}

/** `NAME PORT` or `NAME PORT/PROTOCOL`. */
function readPortInfo({ value, span }: Located<string>, names: NameScope, diagnostics: Diagnostics, says: (text: string) => ClickWords): void {
  if (value === '' || value.startsWith('#')) return;
  const match = /^(\S+)\s+(\w+)(?:\/(tcp|udp))?$/i.exec(value);
  const port = match === null ? undefined : parseInteger(match[2]!);
  if (match === null || port === undefined || port < 0 || port > 65_535) {
    diagnostics.error('WL1210', span, `expected a name and a port from 0 to 65535, not "${value}"`, 'For example: PortInfo(dns 53, game 27015/udp)', undefined, says("expected 'NAME PORT/PROTO'"));
    return;
  }
  names.addPort(match[1]!, port, match[3]?.toLowerCase() as 'tcp' | 'udp' | undefined);
}

/** `NAME`: a lock. One thread never waits for it. */
function readLock({ value, span }: Located<string>, names: NameScope, diagnostics: Diagnostics, says: (text: string) => ClickWords): void {
  if (value !== '' && !/[\s"']/.test(value)) names.addLock(value);
  else if (/^(["']).*\1$/.test(value)) names.addLock(unquote(value));
  else diagnostics.error('WL1210', span, `expected the name of a lock, not "${value}"`, 'For example: SpinlockInfo(table)', undefined, says('bad NAME'));
}

/** `ELEMENT SHARE`: how much of the processor a task gets. One thread does all the work in turn. */
function readTickets({ value, span }: Located<string>, _names: NameScope, diagnostics: Diagnostics, says: (text: string) => ClickWords): void {
  const words = value.split(/\s+/).filter((word) => word !== '');
  if (words.length === 0 || (words.length === 2 && /^(\d+\.?\d*|\.\d+)$/.test(words[1]!))) return;
  diagnostics.error('WL1210', span, `expected an element and its share of the processor, not "${value}"`, 'For example: ScheduleInfo(source 0.5)', undefined, says("expected 'ELEMENTNAME PARAM'"));
}

/** `ELEMENT CODE`: which inputs lead to which outputs. What an element does says that better. */
function readFlow({ value, span }: Located<string>, _names: NameScope, diagnostics: Diagnostics, says: (text: string) => ClickWords): void {
  if (value.split(/\s+/).filter((word) => word !== '').length === 2) return;
  diagnostics.error('WL1210', span, `expected an element and its flow code, not "${value}"`, 'For example: FlowInfo(e x/y)', undefined, says("expected 'ELEMENT CODE'"));
}

/** `NAME OFFSET [SIZE]`: a name for an annotation; or `CHECK_OVERLAP NAME...`, which must lie beside each other. */
function readAnnotation({ value, span }: Located<string>, names: NameScope, diagnostics: Diagnostics, says: (text: string) => ClickWords): void {
  const [name, ...words] = value.split(/\s+/).filter((word) => word !== '');
  if (name === undefined || name.startsWith('#')) return;
  const error = (message: string, click: string, initializing = false) =>
    diagnostics.error('WL1210', span, message, 'For example: AnnotationInfo(MARK 20 4)', undefined, { ...says(click), ...(initializing && { initializing }) });
  if (name === 'CHECK_OVERLAP') return checkOverlap(words, names, error);
  const [where = '', bytes = '0', ...more] = words;
  const place = annotationPlace(where, names);
  const size = parseInteger(bytes);
  if (!/^\w+$/.test(name) || /^\d/.test(name) || annotationNamed(name) !== undefined) return error(`"${name}" cannot be the name of an annotation`, `bad NAME '${name}'`);
  const fits = place !== undefined && size !== undefined && size >= 0 && place.offset + size <= ANNOTATION_BYTES && (size === 0 || place.size === 0 || size === place.size);
  if (!fits || more.length > 0) return error(`"${value}" is no place among the ${ANNOTATION_BYTES} bytes of annotations`, `bad entry for '${name}'`);
  names.addAnnotation(name, { offset: place.offset, size });
}

/** By its name, or by `OFFSET` in bytes; undefined: there is no such place. */
function annotationPlace(text: string, names: NameScope): { offset: number; size: number } | undefined {
  const found = names.annotation(text) ?? annotationNamed(text);
  if (found !== undefined) return found;
  const offset = parseInteger(text);
  return offset === undefined || offset < 0 || offset >= ANNOTATION_BYTES ? undefined : { offset, size: 0 };
}

function checkOverlap(words: readonly string[], names: NameScope, error: (message: string, click: string, initializing: boolean) => void): void {
  const places = words.map((word) => ({ word, place: annotationPlace(word, names) }));
  for (const { word, place } of places) if (place === undefined) error(`"${word}" is no annotation`, `bad ANNO '${word}'`, true);
  places.forEach(({ word, place }, index) => {
    for (const other of places.slice(index + 1)) {
      if (place === undefined || other.place === undefined) continue;
      const [first, second] = [place, other.place];
      if (first.offset + Math.max(first.size, 1) <= second.offset || second.offset + Math.max(second.size, 1) <= first.offset) continue;
      error(`the annotations "${word}" and "${other.word}" share bytes`, `annotations '${word}' and '${other.word}' conflict`, true);
    }
  });
}
