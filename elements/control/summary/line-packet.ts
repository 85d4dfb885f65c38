/** Packets from lines: fields of text, or records of bytes. */
import { FIELDS } from './fields.js';
import { parseField, takeField, type Field, type Value } from './field.js';
import { PacketBuilder, type FlowId } from './packet-builder.js';

export interface LineDefaults {
  /** IP protocol of packets whose line does not say it. */
  readonly protocol: number;
  readonly flow?: FlowId | undefined;
  readonly aggregate?: number | undefined;
  readonly minorVersion: number;
}

export const MINOR_VERSION = 3;

/** What stands in a line at a field's place. */
export interface FieldText {
  readonly name: string;
  readonly text: string;
}

/** The packet that the fields describe; undefined: none of them could be read. `-` is a field that the packet does not have. */
export function packetOfText(fields: readonly FieldText[], defaults: LineDefaults): PacketBuilder | undefined {
  const packet = builder(defaults);
  let found = 0;
  for (const { field, text } of inOrder(fields.map(({ name, text }) => ({ field: FIELDS[name]!, text })))) {
    if (text === '' || text === '-' || field.input === undefined) continue;
    const value = parseField(field, text, packet);
    if (value === undefined) continue;
    field.input.inject(packet, value);
    found += 1;
  }
  return found === 0 ? undefined : packet;
}

/** As packetOfText, for a record of a binary dump; a name that is undefined is of no field. */
export function packetOfBytes(names: readonly (string | undefined)[], record: Uint8Array, defaults: LineDefaults): PacketBuilder | undefined {
  const values: { field: Field; value: Value }[] = [];
  let rest = record;
  for (const name of names) {
    const field = name === undefined ? undefined : FIELDS[name]!;
    const taken = field === undefined ? undefined : takeField(field, rest);
    if (taken === undefined) break;
    values.push({ field: field!, value: taken.value });
    rest = rest.subarray(taken.taken);
  }
  if (values.length === 0) return undefined;
  const packet = builder(defaults);
  for (const { field, value } of inOrder(values)) field.input?.inject(packet, value);
  return packet;
}

function builder({ protocol, flow, aggregate, minorVersion }: LineDefaults): PacketBuilder {
  const packet = new PacketBuilder(protocol, flow, minorVersion);
  packet.aggregate = aggregate ?? 0;
  return packet;
}

const inOrder = <T extends { readonly field: Field }>(entries: readonly T[]): T[] => [...entries].sort((a, b) => (a.field.input?.order ?? 0) - (b.field.input?.order ?? 0));
