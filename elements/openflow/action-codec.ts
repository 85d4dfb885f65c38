/** Lists of actions as OpenFlow 1.0 (5.2.4) and 1.3 (7.2.4 and 7.2.5) write them, to and from those of action.ts. */
import { ETHERTYPE, u16, u32, u8, type Packet } from 'wirelet';
import { OP, PORT } from './action.js';
import { ACTIONS_MAX, EXTRA, type FlowTable } from './flow-table.js';
import { loadField, OXM_BYTES, OXM_FIELDS } from './match.js';
import { ERROR, longPort, shortPort, VERSION } from './protocol.js';

/** Operations of 1.0's actions, by type. */
const OPS10: readonly number[] = [OP.output, OP.set_vlan, OP.set_vlan_priority, OP.pop_vlan, OP.set_source, OP.set_destination, OP.set_from, OP.set_to, OP.set_dscp, OP.set_source_port, OP.set_destination_port, OP.output];
const LENGTHS10: readonly number[] = [8, 8, 8, 8, 16, 16, 8, 8, 8, 8, 8, 16];
/** Operations that set OXM fields, by field; 0: none. */
const OPS_OF_FIELDS: readonly number[] = [
  0, 0, 0, OP.set_destination, OP.set_source, 0, OP.set_vlan, OP.set_vlan_priority, OP.set_dscp, OP.set_ecn, 0, OP.set_from, OP.set_to, OP.set_source_port, OP.set_destination_port,
  OP.set_source_port, OP.set_destination_port, OP.set_source_port, OP.set_destination_port,
];
/** The other way round: by operation, 1.0's type and 1.3's field; 255: none. */
const TYPES10: readonly number[] = [255, 0, 1, 2, 3, 255, 4, 5, 6, 7, 8, 255, 9, 10, 255, 255];
const FIELDS: readonly number[] = [255, 255, 6, 7, 255, 255, 4, 3, 11, 12, 8, 9, 13, 14, 255, 255];
const TYPE13 = Object.freeze({ output: 0, push_vlan: 17, pop_vlan: 18, group: 22, set_ttl: 23, decrement_ttl: 24, set_field: 25, experimenter: 0xffff });
const INSTRUCTION = Object.freeze({ goto_table: 1, write_metadata: 2, write: 3, apply: 4, clear: 5, meter: 6 });

/** What is wrong with sending to a port. */
function checkPort(port: number, ports: number): number {
  const isReserved = port === PORT.in_port || port === PORT.normal || port === PORT.flood || port === PORT.all || port === PORT.controller || port === PORT.table;
  return (port >= 1 && port <= ports) || isReserved ? ERROR.none : ERROR.action_bad_out_port;
}

/**
 * Adds the actions between `at` and `end` to the list at hand, that of EXTRA.scratch, for a switch with `ports` ports; what is wrong
 * with them, or ERROR.none.
 */
export function readActions(packet: Packet, at: number, end: number, version: number, flows: FlowTable, capacity: number, ports: number): number {
  const list = capacity + EXTRA.scratch;
  let place = at;
  for (let count = 0; count < 64; count += 1) {
    if (place >= end) break;
    if (place + 8 > end) return ERROR.action_bad_length;
    const type = packet.loadU16(place);
    const length = packet.loadU16(place + 2);
    if (length < 8 || (length & 7) !== 0 || place + length > end) return ERROR.action_bad_length;
    let op = 0;
    let argument = 0;
    if (version === VERSION.v10) {
      if (type > 11) return type === TYPE13.experimenter ? ERROR.action_bad_experimenter : ERROR.action_bad_type;
      if (length !== LENGTHS10[type]) return ERROR.action_bad_length;
      op = OPS10[type]!;
      if (op === OP.output) argument = packet.loadU16(place + 4) + (type === 0 ? packet.loadU16(place + 6) * 65_536 : 0);
      else if (op === OP.set_source || op === OP.set_destination) argument = packet.loadU48(place + 4);
      else if (op === OP.set_from || op === OP.set_to) argument = packet.loadU32(place + 4);
      else if (op === OP.set_vlan_priority) argument = packet.loadU8(place + 4);
      else if (op === OP.set_dscp) argument = packet.loadU8(place + 4) >>> 2;
      else argument = packet.loadU16(place + 4);
    } else if (type === TYPE13.output) {
      if (length !== 16) return ERROR.action_bad_length;
      op = OP.output;
      argument = shortPort(packet.loadU32(place + 4)) + packet.loadU16(place + 8) * 65_536;
    } else if (type === TYPE13.push_vlan) {
      if (packet.loadU16(place + 4) !== ETHERTYPE.vlan) return ERROR.action_bad_argument;
      op = OP.push_vlan;
    } else if (type === TYPE13.pop_vlan) op = OP.pop_vlan;
    else if (type === TYPE13.set_ttl) {
      op = OP.set_ttl;
      argument = packet.loadU8(place + 4);
    } else if (type === TYPE13.decrement_ttl) op = OP.decrement_ttl;
    else if (type === TYPE13.set_field) {
      const head = packet.loadU32(place + 4);
      const field = (head >>> 9) & 0x7f;
      const bytes = head & 0xff;
      if (head >>> 16 !== 0x8000 || (head & 0x100) !== 0 || field > 18) return ERROR.action_bad_set_type;
      op = OPS_OF_FIELDS[field]!;
      if (op === 0 || bytes !== OXM_BYTES[field]) return ERROR.action_bad_set_type;
      if (place + 8 + bytes > end) return ERROR.action_bad_length;
      argument = bytes === 6 ? packet.loadU48(place + 8) : loadField(packet, place + 8, bytes);
    } else if (type === TYPE13.group) return ERROR.action_bad_group;
    else return type === TYPE13.experimenter ? ERROR.action_bad_experimenter : ERROR.action_bad_type;
    if (op === OP.output) {
      const wrong = checkPort(argument % 65_536, ports);
      if (wrong !== ERROR.none) return wrong;
    }
    const index = flows.action_count[list];
    if (index >= ACTIONS_MAX) return ERROR.action_too_many;
    flows.action_op[list * ACTIONS_MAX + index] = op;
    flows.action_argument[list * ACTIONS_MAX + index] = argument;
    flows.action_count[list] = index + 1;
    place += length;
  }
  return place === end ? ERROR.none : ERROR.action_too_many;
}

/**
 * Where the actions of the next instruction between `at` and `end` begin, that has some (1.3, 7.2.4); `end` if there is none; or what is
 * wrong, below 0: minus the error.
 */
export function nextActions(packet: Packet, at: number, end: number): number {
  let place = at;
  for (let count = 0; count < 64; count += 1) {
    if (place >= end) break;
    if (place + 8 > end) return -ERROR.instruction_bad_length;
    const type = packet.loadU16(place);
    const length = packet.loadU16(place + 2);
    if (length < 8 || (length & 7) !== 0 || place + length > end) return -ERROR.instruction_bad_length;
    if (type === INSTRUCTION.goto_table) return -ERROR.instruction_bad_table;
    if (type === INSTRUCTION.write_metadata || type === INSTRUCTION.meter) return -ERROR.instruction_unsupported;
    if (type === INSTRUCTION.write || type === INSTRUCTION.apply) return place + 8;
    if (type !== INSTRUCTION.clear) return -ERROR.instruction_unknown;
    place += length;
  }
  return end;
}

/** Writes the actions of a flow; the bytes they take. */
export function writeActions(packet: Packet, at: number, version: number, flows: FlowTable, flow: number): number {
  const count = flows.action_count[flow];
  let place = 0;
  for (let index = 0; index < count; index += 1) {
    if (place > 16 * ACTIONS_MAX) break;
    const op = flows.action_op[flow * ACTIONS_MAX + index] & 15;
    const argument = flows.action_argument[flow * ACTIONS_MAX + index];
    const to = at + place;
    const isMac = op === OP.set_source || op === OP.set_destination;
    if (version === VERSION.v10) {
      const type = TYPES10[op]!;
      // What 1.0 has no word for is not told.
      if (type === 255) continue;
      packet.storeU16(to, type);
      packet.storeU16(to + 2, isMac ? 16 : 8);
      packet.storeU32(to + 4, 0);
      if (op === OP.output) {
        packet.storeU16(to + 4, u16(argument));
        packet.storeU16(to + 6, u16(Math.trunc(argument / 65_536)));
      } else if (isMac) {
        packet.storeU48(to + 4, argument);
        packet.storeU48(to + 10, 0);
      } else if (op === OP.set_from || op === OP.set_to) packet.storeU32(to + 4, u32(argument));
      else if (op === OP.set_vlan_priority) packet.storeU8(to + 4, u8(argument));
      else if (op === OP.set_dscp) packet.storeU8(to + 4, u8(u32(argument) << 2));
      else packet.storeU16(to + 4, u16(argument));
      place += isMac ? 16 : 8;
      continue;
    }
    const field = FIELDS[op]!;
    packet.storeU48(to + 4, 0);
    packet.storeU48(to + 10, 0);
    if (op === OP.output) {
      const port = argument % 65_536;
      packet.storeU32(to, 16);
      packet.storeU32(to + 4, longPort(port));
      packet.storeU16(to + 8, port === PORT.controller ? u16(Math.trunc(argument / 65_536)) : 0);
      place += 16;
    } else if (field < OXM_FIELDS) {
      const bytes = OXM_BYTES[field]!;
      packet.storeU32(to, TYPE13.set_field * 65_536 + 16);
      packet.storeU32(to + 4, u32(0x8000_0000 + field * 512 + bytes));
      if (isMac) packet.storeU48(to + 8, argument);
      else if (bytes === 4) packet.storeU32(to + 8, u32(argument));
      else if (bytes === 2) packet.storeU16(to + 8, op === OP.set_vlan ? 0x1000 | (u32(argument) & 0xfff) : u16(argument));
      else packet.storeU8(to + 8, u8(argument));
      place += 16;
    } else {
      packet.storeU16(to, op === OP.push_vlan ? TYPE13.push_vlan : op === OP.pop_vlan ? TYPE13.pop_vlan : op === OP.set_ttl ? TYPE13.set_ttl : TYPE13.decrement_ttl);
      packet.storeU16(to + 2, 8);
      if (op === OP.push_vlan) packet.storeU16(to + 4, ETHERTYPE.vlan);
      else if (op === OP.set_ttl) packet.storeU8(to + 4, u8(argument));
      place += 8;
    }
  }
  return place;
}

/** Whether the list of actions sends to `port`. */
export function sendsTo(flows: FlowTable, flow: number, port: number): boolean {
  const count = flows.action_count[flow];
  for (let index = 0; index < count; index += 1) {
    const at = flow * ACTIONS_MAX + index;
    if (flows.action_op[at] === OP.output && flows.action_argument[at] % 65_536 === port) return true;
  }
  return false;
}

/** Gives a flow the list of actions at hand. */
export function takeActions(flows: FlowTable, capacity: number, flow: number): void {
  const from = (capacity + EXTRA.scratch) * ACTIONS_MAX;
  const count = flows.action_count[capacity + EXTRA.scratch];
  for (let index = 0; index < count; index += 1) {
    flows.action_op[flow * ACTIONS_MAX + index] = flows.action_op[from + index];
    flows.action_argument[flow * ACTIONS_MAX + index] = flows.action_argument[from + index];
  }
  flows.action_count[flow] = count;
}
