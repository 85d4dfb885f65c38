/**
 * Descriptions of frames in YAML or JSON: a list of frames, each with the headers it has, its payload, and how often
 * it is repeated. A field may have several values: then each repetition takes the next one.
 *
 *     frames:
 *       - ethernet: { vlan: 7 }
 *         ipv4: { src: 10.0.0.0/24, dst: 10.0.1.1, ttl: 64, dscp: 46 }
 *         udp: { sport: 1024-65535 step 2, dport: 53 }
 *         payload: { hex: 00 01 02 }
 *         size: 128
 *         repeat: 1000
 */
import path from 'node:path';
import type { Diagnostics, SourceText, Span } from '../../diagnostics.js';
import { entryOf, isEmpty, textOf, type DocumentNode, type MapNode } from '../../graph/document.js';
import { parseJson } from '../../graph/json-tree.js';
import type { SourceFiles } from '../../graph/source-files.js';
import { parseYaml } from '../../graph/yaml-tree.js';
import { FRAME_BYTES_MAX } from '../../kit/limits.js';
import { suggestion } from '../../suggest.js';
import { CODE, fixed, IPV4, IPV6, MAC, number, readValues, type FieldKind, type FieldValues } from './field-values.js';
import { FRAME_BYTES_MIN, frameBytes, headerBytes, type FrameLayers, type Layer } from './frame-bytes.js';

const U8 = number(8);
const U16 = number(16);
const U32 = number(32);
const PORTS = { sport: U16, dport: U16 };
const FIELDS = {
  ethernet: { src: MAC, dst: MAC, type: U16, vlan: number(12), priority: number(3) },
  ipv4: { src: IPV4, dst: IPV4, ttl: U8, dscp: number(6), ecn: number(2), proto: U8, id: U16, df: number(1) },
  ipv6: { src: IPV6, dst: IPV6, ttl: U8, dscp: number(6), ecn: number(2), proto: U8, flow_label: number(20) },
  udp: PORTS,
  tcp: { ...PORTS, seq: U32, ack: U32, flags: U8, window: U16 },
  icmp: { type: U8, code: U8, id: U16, seq: U16 },
} as const satisfies Record<string, Record<string, FieldKind>>;
type LayerName = keyof typeof FIELDS;
const LAYERS = Object.keys(FIELDS) as LayerName[];
const KEYS = [...LAYERS, 'payload', 'size', 'repeat'];

/** RFC 9293, 3.1, and RFC 3168: bits of the flags as their names. */
const TCP_FLAGS = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr'];
/** Bytes of all frames, at most: what a generator keeps of a capture. Each takes whole lines of the cache. */
const TOTAL_BYTES_MAX = 16 * 1024 * 1024;
const LINE_BYTES = 64;
const FRAME_CHECK_BYTES = 4;
const REPEAT_MAX = 1 << 20;

type Layers<T> = Partial<Record<LayerName, T>>;
type Fields = Record<string, FieldValues>;

/** The frames that a file describes; what is wrong with it goes to the diagnostics. `mac` is who they are sent to. */
export function describedFrames(source: SourceText, files: SourceFiles, mac: number, diagnostics: Diagnostics): Buffer[] {
  const json = path.extname(source.file) === '.json';
  const tree = json ? parseJson(source, diagnostics) : parseYaml(source, files, diagnostics);
  if (tree === undefined) return [];
  const reader = new TemplateReader(mac, diagnostics);
  return reader.read(tree);
}

class TemplateReader {
  private readonly frames: Buffer[] = [];
  private bytes = 0;

  constructor(
    private readonly mac: number,
    private readonly diagnostics: Diagnostics,
  ) {}

  read(tree: DocumentNode): Buffer[] {
    const list = tree.kind === 'map' ? (this.known(tree, ['frames'], 'a description of frames') ? entryOf(tree, 'frames')?.value : undefined) : tree;
    if (list?.kind !== 'list' || list.items.length === 0) {
      if (!this.diagnostics.failed) this.refuse(tree.span, 'there is no list of frames', 'Write `frames:` and below it for example `- udp: { dport: 53 }`.');
      return [];
    }
    for (const item of list.items) {
      if (this.bytes > TOTAL_BYTES_MAX) break;
      if (item.kind === 'map') this.frame(item);
      else this.refuse(item.span, 'a frame is described by its headers', 'For example: - udp: { dport: 53 }');
    }
    return this.frames;
  }

  private frame(map: MapNode): void {
    const before = this.diagnostics.errors;
    this.known(map, KEYS, 'a frame');
    const layers = this.layers(map);
    const payload = this.payload(entryOf(map, 'payload')?.value);
    const size = this.integer(map, 'size', FRAME_BYTES_MIN + FRAME_CHECK_BYTES, FRAME_BYTES_MAX + FRAME_CHECK_BYTES);
    const repeat = this.integer(map, 'repeat', 1, REPEAT_MAX);
    if (this.diagnostics.errors > before) return;
    const fields = Object.values(layers).flatMap((layer) => Object.values(layer));
    const count = repeat ?? Math.max(1, ...fields.map((values) => values.count));
    const content = this.sized(map, layers, payload, size);
    if (content === undefined) return;
    for (let index = 0; index < count; index += 1) {
      const frame = frameBytes({ ...valuesAt(layers, index), payload: content });
      this.bytes += Math.ceil(frame.length / LINE_BYTES) * LINE_BYTES;
      if (this.bytes > TOTAL_BYTES_MAX) {
        this.refuse(map.span, 'these frames are more than 16 MiB together with those before them', 'Repeat fewer, or let the generator make flows up: flows=N.');
        return;
      }
      this.frames.push(frame);
    }
  }

  /** The payload, filled up with zeros to the size that was asked for. */
  private sized(map: MapNode, layers: Layers<Fields>, payload: Uint8Array, size: number | undefined): Uint8Array | undefined {
    const headers = headerBytes(valuesAt(layers, 0));
    const wanted = size === undefined ? headers + payload.length : size - FRAME_CHECK_BYTES;
    if (wanted > FRAME_BYTES_MAX) this.refuse(map.span, `the frame has ${wanted} bytes, and ${FRAME_BYTES_MAX} is the most`);
    else if (wanted < headers + payload.length) this.refuse(map.span, `size: ${size} is too short: headers, payload and the frame check sequence are ${headers + payload.length + FRAME_CHECK_BYTES} bytes`);
    else return Buffer.concat([payload], wanted - headers);
    return undefined;
  }

  private layers(map: MapNode): Layers<Fields> {
    const found: Layers<Fields> = { ethernet: { dst: fixed(BigInt(this.mac)) } };
    for (const name of LAYERS) {
      const entry = entryOf(map, name);
      if (entry === undefined) continue;
      if (entry.value.kind === 'map') found[name] = { ...found[name], ...this.fields(entry.value, name) };
      else if (isEmpty(entry.value)) found[name] ??= {};
      else this.refuse(entry.value.span, `the fields of ${name} are a map`, `For example: ${name}: { ${Object.entries(FIELDS[name]).map(([key, kind]) => `${key}: ${kind.example}`)[0]} }`);
    }
    const network = ['ipv4', 'ipv6'].filter((name) => name in found);
    const transport = ['udp', 'tcp', 'icmp'].filter((name) => name in found);
    if (network.length > 1 || transport.length > 1) this.refuse(map.span, `a frame has one of ${(network.length > 1 ? network : transport).join(' and ')}`);
    if (transport.length > 0 && network.length === 0) found.ipv4 = {};
    return found;
  }

  private fields(map: MapNode, layer: LayerName): Fields {
    const kinds: Record<string, FieldKind> = FIELDS[layer];
    if (!this.known(map, Object.keys(kinds), layer)) return {};
    const read = map.entries.flatMap(({ key, value }) => {
      const values = layer === 'tcp' && key.value === 'flags' ? this.flags(value) : readValues(value, kinds[key.value]!, this.diagnostics);
      return values === undefined ? [] : [[key.value, values] as const];
    });
    return Object.fromEntries(read);
  }

  /** `syn`, `[syn, ack]` (together), or a number. */
  private flags(node: DocumentNode): FieldValues | undefined {
    const items = node.kind === 'list' ? node.items : [node];
    const names = items.map((item) => textOf(item)?.value.toLowerCase() ?? '');
    const stranger = items[names.findIndex((name) => !TCP_FLAGS.includes(name))];
    const numbers = !names.some((name) => TCP_FLAGS.includes(name));
    if (stranger !== undefined || numbers) return readValues(numbers ? node : stranger!, { ...U8, what: `a flag of TCP (${TCP_FLAGS.join(', ')}) or the number of several` }, this.diagnostics);
    return fixed(BigInt(names.reduce((flags, name) => flags | (1 << TCP_FLAGS.indexOf(name)), 0)));
  }

  /** A text, or one of text, hex, length. */
  private payload(node: DocumentNode | undefined): Uint8Array {
    if (node === undefined || isEmpty(node)) return new Uint8Array();
    const text = textOf(node)?.value;
    if (text !== undefined) return Buffer.from(text);
    if (node.kind === 'map' && this.known(node, ['text', 'hex', 'length'], 'a payload')) {
      const [entry, other] = node.entries;
      const value = (entry && textOf(entry.value)?.value) ?? '';
      if (other === undefined && entry?.key.value === 'text') return Buffer.from(value);
      const digits = value.replace(/[\s:]/g, '');
      if (other === undefined && entry?.key.value === 'hex' && /^([0-9a-f]{2})*$/i.test(digits)) return Buffer.from(digits, 'hex');
      if (other === undefined && entry?.key.value === 'length') return new Uint8Array(this.integer(node, 'length', 0, FRAME_BYTES_MAX) ?? 0);
    }
    if (this.diagnostics.failed) return new Uint8Array();
    this.refuse(node.span, 'this is no payload', 'Write a text, or one of { hex: 00 ff }, { length: 18 } and { text: "..." }.');
    return new Uint8Array();
  }

  private integer(map: MapNode, key: string, least: number, most: number): number | undefined {
    const entry = entryOf(map, key);
    if (entry === undefined) return undefined;
    const text = textOf(entry.value)?.value ?? '';
    const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    this.refuse(entry.value.span, `${key} is a number from ${least} to ${most}`);
    return undefined;
  }

  private known(map: MapNode, keys: readonly string[], what: string): boolean {
    const unknown = map.entries.filter(({ key }) => !keys.includes(key.value));
    for (const { key } of unknown) this.refuse(key.span, `${what} has no "${key.value}"`, suggestion(key.value, keys) ?? `There are ${keys.join(', ')}.`);
    return unknown.length === 0;
  }

  private refuse(span: Span, message: string, hint?: string): void {
    this.diagnostics.error(CODE, span, message, hint);
  }
}

function valuesAt(layers: Layers<Fields>, index: number): Omit<FrameLayers, 'payload'> {
  const at = (fields: Fields): Layer => Object.fromEntries(Object.entries(fields).map(([name, values]) => [name, values.at(index)]));
  return Object.fromEntries(Object.entries(layers).map(([name, fields]) => [name, at(fields)])) as unknown as Omit<FrameLayers, 'payload'>;
}
