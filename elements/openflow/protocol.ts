/** Numbers of the OpenFlow protocol, versions 1.0 (wire version 1) and 1.3 (wire version 4), and the smallest pieces of its messages. */
import type { Packet, u32, u53 } from 'wirelet';

export const VERSION = Object.freeze({ v10: 1, v13: 4 });
export const HEADER_BYTES = 8;
/** The longest message that is taken: a flow, or a packet-out with a whole frame. Longer ones are refused, and skipped. */
export const MESSAGE_MAX = 1792;
/** How much of a message an error repeats (OpenFlow 1.3.5, 7.4.4). */
export const CITED_BYTES = 64;
export const NO_BUFFER = 0xffff_ffff;

/** Types of messages, as 1.3 numbers them; 1.0 has others from 15 on. */
export const TYPE = Object.freeze({
  hello: 0, error: 1, echo_request: 2, echo_reply: 3, experimenter: 4, features_request: 5, features_reply: 6, get_config_request: 7, get_config_reply: 8, set_config: 9, packet_in: 10,
  flow_removed: 11, port_status: 12, packet_out: 13, flow_mod: 14, group_mod: 15, port_mod: 16, table_mod: 17, stats_request: 18, stats_reply: 19, barrier_request: 20, barrier_reply: 21,
  queue_request: 22, queue_reply: 23, role_request: 24, role_reply: 25, async_request: 26, async_reply: 27, async_set: 28, meter_mod: 29,
});
/** Types 15 to 21 of 1.0 as 1.3 numbers them. */
export const TYPE_OF_10: readonly number[] = [TYPE.port_mod, TYPE.stats_request, TYPE.stats_reply, TYPE.barrier_request, TYPE.barrier_reply, TYPE.queue_request, TYPE.queue_reply];

/** Kinds of statistics. */
export const STATS = Object.freeze({ desc: 0, flow: 1, aggregate: 2, table: 3, port: 4, queue: 5, group: 6, group_desc: 7, group_features: 8, meter: 9, meter_config: 10, meter_features: 11, table_features: 12, port_desc: 13 });

/** Errors: type * 65536 + code. 1.3 has the numbers of 1.0 and more, but for flow-mod. */
export const ERROR = Object.freeze({
  none: -1, incompatible: 0, bad_version: 0x1_0000, bad_type: 0x1_0001, bad_stat: 0x1_0002, bad_experimenter: 0x1_0003, bad_length: 0x1_0006, buffer_unknown: 0x1_0008,
  action_bad_type: 0x2_0000, action_bad_length: 0x2_0001, action_bad_experimenter: 0x2_0002, action_bad_out_port: 0x2_0004, action_bad_argument: 0x2_0005, action_too_many: 0x2_0007,
  action_bad_group: 0x2_0009, action_bad_set_type: 0x2_000d,
  instruction_unsupported: 0x3_0001, instruction_bad_table: 0x3_0002, instruction_unknown: 0x3_0000, instruction_bad_length: 0x3_0006,
  match_bad_type: 0x4_0000, match_bad_length: 0x4_0001, match_bad_field: 0x4_0006, match_bad_prerequisite: 0x4_0009, match_bad_value: 0x4_0007,
  flow_table_full: 0x5_0001, flow_bad_table: 0x5_0002, flow_overlap: 0x5_0003, flow_bad_command: 0x5_0006,
  flow10_table_full: 0x3_0000, flow10_overlap: 0x3_0001, flow10_bad_timeout: 0x3_0003, flow10_bad_command: 0x3_0004, port10_bad: 0x4_0000, port_bad: 0x7_0000,
  is_slave: 0x1_000a, group_none_left: 0x6_0003, table_bad: 0x8_0000, queue_bad_port: 0x9_0000, queue10_bad_port: 0x5_0000, role_stale: 0xb_0000, role_bad: 0xb_0002, meter_none_left: 0xc_000b,
  bad_port: 0x1_000b, features_unsupported: 0xd_0005,
});

/** Flags of flow-mod. */
export const FLAG = Object.freeze({ send_removed: 1, check_overlap: 2, reset_counts: 4, emergency: 4 });
export const COMMAND = Object.freeze({ add: 0, modify: 1, modify_strict: 2, remove: 3, remove_strict: 4 });
/** Why a flow is no more. */
export const REMOVED = Object.freeze({ idle: 0, hard: 1, deleted: 2 });

/** Writes a 64-bit number. */
export function storeTotal(packet: Packet, at: number, value: u53): void {
  packet.storeU32(at, Math.trunc(value / 0x1_0000_0000));
  packet.storeU32(at + 4, value % 0x1_0000_0000);
}

/** Ports of 1.3 have 32 bits, reserved ones all ones in front; 0: no port that there can be. */
export function shortPort(port: u32): number {
  return port >= 0xffff_ff00 ? port & 0xffff : port < 0xff00 ? port : 0;
}

export function longPort(port: number): u32 {
  return port >= 0xff00 ? 0xffff_0000 + (port & 0xffff) : port & 0xffff;
}
