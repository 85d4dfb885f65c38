/** The description of the one table in 1.3 (7.3.5.5), made when the graph is built: what flows may match and do. */
import { writeU16, writeU32 } from './bytes.js';
import { FIELDS_SET, OXM_BYTES, OXM_WORD } from './match.js';

const PROPERTY = Object.freeze({ instructions: 0, next_tables: 2, write_actions: 4, apply_actions: 6, match: 8, wildcards: 10, write_set_field: 12, apply_set_field: 14 });
/** To write, apply and clear actions. */
const INSTRUCTIONS = [3, 4, 5];
/** Output, push and pop VLAN, set and decrement TTL, set field. */
const ACTIONS = [0, 17, 18, 23, 24, 25];

function property(type: number, ids: readonly number[]): number[] {
  const length = 4 + ids.length * 4;
  const bytes = new Uint8Array(Math.ceil(length / 8) * 8);
  writeU16(bytes, 0, type);
  writeU16(bytes, 2, length);
  ids.forEach((id, index) => writeU32(bytes, 4 + index * 4, id));
  return [...bytes];
}

/** The description of a table of `capacity` flows. */
export function tableFeatures(capacity: number): Uint8Array {
  const head = (field: number) => 0x8000_0000 + field * 512 + OXM_BYTES[field]!;
  const fields = OXM_WORD.flatMap((word, field) => (word < 0 ? [] : [head(field)]));
  const actions = ACTIONS.map((type) => type * 65_536 + 4);
  const properties = [
    property(PROPERTY.instructions, INSTRUCTIONS.map((type) => type * 65_536 + 4)),
    property(PROPERTY.next_tables, []),
    property(PROPERTY.write_actions, actions),
    property(PROPERTY.apply_actions, actions),
    property(PROPERTY.match, fields),
    property(PROPERTY.wildcards, fields),
    property(PROPERTY.write_set_field, FIELDS_SET.map(head)),
    property(PROPERTY.apply_set_field, FIELDS_SET.map(head)),
  ].flat();
  const fixed = new Uint8Array(64);
  writeU16(fixed, 0, 64 + properties.length);
  fixed.set(Buffer.from('flows'), 8);
  writeU32(fixed, 60, capacity);
  return Uint8Array.from([...fixed, ...properties]);
}
