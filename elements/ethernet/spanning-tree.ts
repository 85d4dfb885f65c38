/**
 * What a bridge knows of the spanning tree and makes of it, as Click's does: messages compare by root, cost, bridge and port; a segment costs 1; ports go from
 * blocked through listening and learning to forwarding. An identifier is a priority and, apart from it, the 48 bits of an address.
 */
import { array, flag, register, TIME_RANGE, u16, u32, u8, type Log, type Packet, type Peer, type StateValues, type u48, type u53 } from 'wirelet';

/** Where the message begins: behind Ethernet header and LLC (IEEE 802.2: 42 42 03). */
export const MESSAGE = 17;
const MESSAGE_BYTES = 35;
const LLC = 0x4242;
const ACKNOWLEDGES = 0x80;

const BLOCKED = 0;
const LISTENS = 1;
const LEARNS = 2;
const FORWARDS = 3;

const SECOND_US = 1_000_000;
/** A message of a bridge's own is never too old. */
export const NEVER_US = TIME_RANGE.high;
/** What a bridge that is the root tells others, in seconds. */
const MAX_AGE_S = 20;
const HELLO_S = 2;
const FORWARD_DELAY_S = 15;
/** The worst identifier. */
const WORST_PRIORITY = 0xffff;
const WORST_ADDRESS = 0xffff_ffff_ffff;
const WORST_COST = 0xffff_ffff;

/** State: the message of each segment, what the ports do, and the best message, that of the tree. */
export function treeState(ports: number) {
  return {
    root_priority: array('u16', ports), root: array('u48', ports), cost: array('u32', ports), bridge_priority: array('u16', ports), bridge: array('u48', ports), sender: array('u16', ports),
    changes: array('u8', ports), time_us: array(TIME_RANGE, ports), max_age: array('u8', ports), hello: array('u8', ports), delay: array('u8', ports),
    port_state: array('u8', ports), since_us: array(TIME_RANGE, ports),
    best_root_priority: register('u16'), best_root: register('u48'), best_cost: register('u32'), best_bridge_priority: register('u16'), best_bridge: register('u48'), best_sender: register('u16'),
    best_changes: register('u8'), best_time_us: register(TIME_RANGE), best_max_age: register('u8'), best_hello: register('u8'), best_delay: register('u8'),
    /** Whether the way to the root is to be told of a change. */
    tells_change: flag(),
  };
}

/** An element's context, as far as it matters here. */
export interface Tree {
  readonly config: { readonly bridge_priority: u16 };
  readonly built: { readonly own: u48; readonly count: number; readonly tells: boolean };
  readonly state: StateValues<ReturnType<typeof treeState>>;
  readonly peers: readonly Peer[];
  readonly clock: { readonly microseconds: u53 };
  readonly log: Log;
}

/** How the best message, said by `bridge` on `sender`, compares with that of a segment: less than 0 where it is better. */
export function bestAgainst({ state }: Tree, port: number, priority: u16, bridge: u48, sender: number): number {
  if (state.best_root_priority !== state.root_priority[port]!) return state.best_root_priority - state.root_priority[port]!;
  if (state.best_root !== state.root[port]!) return state.best_root - state.root[port]!;
  if (state.best_cost !== state.cost[port]!) return state.best_cost - state.cost[port]!;
  if (priority !== state.bridge_priority[port]!) return priority - state.bridge_priority[port]!;
  if (bridge !== state.bridge[port]!) return bridge - state.bridge[port]!;
  return sender - state.sender[port]!;
}

/** Opens and closes the Suppressors as the state of a port wants it. */
function enter({ built, state, peers, clock, log }: Tree, port: number, next: number): void {
  if (built.tells) {
    log.text('Changing port ');
    log.decimal(port);
    log.text(' from ');
    log.decimal(state.port_state[port]!);
    log.text(' to ');
    log.decimal(next);
    log.end();
  }
  state.port_state[port] = u8(next);
  state.since_us[port] = Math.min(NEVER_US, clock.microseconds);
  if (port < peers[0]!.state.closed.length) peers[0]!.state.closed[port] = next === BLOCKED || next === LISTENS ? 1 : 0;
  if (port < peers[1]!.state.closed.length) peers[1]!.state.closed[port] = next === FORWARDS ? 0 : 1;
}

/** A step towards forwarding. */
export function advance(tree: Tree, port: number): void {
  const { built, state, log } = tree;
  const before = state.port_state[port]!;
  if (before === FORWARDS) return;
  if (before === BLOCKED) {
    if (built.tells) {
      log.text('Setting send_tc_msg: BLOCK -> FORWARD on ');
      log.decimal(port);
      log.end();
    }
    state.tells_change = true;
  }
  enter(tree, port, before + 1);
}

function block(tree: Tree, port: number): void {
  const { built, state, log } = tree;
  if (state.port_state[port] === BLOCKED) return;
  if (built.tells) {
    log.text('Setting send_tc_msg: FORWARD -> BLOCK on ');
    log.decimal(port);
    log.end();
  }
  state.tells_change = true;
  enter(tree, port, BLOCKED);
}

/** Makes the message of a segment as bad as there is. */
export function forget({ state }: Tree, port: number): void {
  state.root_priority[port] = WORST_PRIORITY;
  state.root[port] = WORST_ADDRESS;
  state.cost[port] = WORST_COST;
  state.bridge_priority[port] = WORST_PRIORITY;
  state.bridge[port] = WORST_ADDRESS;
  state.time_us[port] = NEVER_US;
  state.changes[port] = 0;
}

/** Makes the bridge's own message the best one. */
export function beginAsRoot({ config, built, state }: Tree): void {
  state.best_root_priority = config.bridge_priority;
  state.best_root = built.own;
  state.best_cost = 0;
  state.best_bridge_priority = config.bridge_priority;
  state.best_bridge = built.own;
  state.best_changes = 0;
  state.best_time_us = NEVER_US;
  state.best_max_age = MAX_AGE_S;
  state.best_hello = HELLO_S;
  state.best_delay = FORWARD_DELAY_S;
}

/** Finds the best message, of the bridge itself or of a segment, and which ports are part of the tree then. */
export function findTree(tree: Tree): void {
  const { config, built, state } = tree;
  let root = -1;
  beginAsRoot(tree);
  for (let port = 0; port < built.count; port += 1) {
    // What a segment says costs one more from here.
    state.cost[port] = u32(state.cost[port]! + 1);
    if (bestAgainst(tree, port, state.best_bridge_priority, state.best_bridge, state.best_sender) > 0) {
      root = port;
      state.best_root_priority = state.root_priority[port]!;
      state.best_root = state.root[port]!;
      state.best_cost = state.cost[port]!;
      state.best_bridge_priority = state.bridge_priority[port]!;
      state.best_bridge = state.bridge[port]!;
      state.best_sender = state.sender[port]!;
      state.best_changes = state.changes[port]!;
      state.best_time_us = state.time_us[port]!;
      state.best_max_age = state.max_age[port]!;
      state.best_hello = state.hello[port]!;
      state.best_delay = state.delay[port]!;
    }
    state.cost[port] = u32(state.cost[port]! + WORST_COST);
  }
  for (let port = 0; port < built.count; port += 1) {
    // The tree has the way to the root, and the segments for which this bridge has the best message.
    if (port !== root && bestAgainst(tree, port, config.bridge_priority, built.own, port) > 0) block(tree, port);
    else if (state.port_state[port] === BLOCKED) advance(tree, port);
  }
}

/** Takes the message of a segment, if it is none that is worse than what was said before. */
export function hear(packet: Packet, tree: Tree, port: number): boolean {
  const { state, clock } = tree;
  if (packet.length < MESSAGE + MESSAGE_BYTES || packet.loadU16(14) !== LLC || packet.loadU16(MESSAGE) !== 0 || packet.loadU8(MESSAGE + 3) !== 0) return false;
  let order = packet.loadU16(MESSAGE + 5) - state.root_priority[port]!;
  if (order === 0) order = packet.loadU48(MESSAGE + 7) - state.root[port]!;
  if (order === 0) order = packet.loadU32(MESSAGE + 13) - state.cost[port]!;
  if (order === 0) order = packet.loadU16(MESSAGE + 17) - state.bridge_priority[port]!;
  if (order === 0) order = packet.loadU48(MESSAGE + 19) - state.bridge[port]!;
  if (order === 0) order = packet.loadU16(MESSAGE + 25) - state.sender[port]!;
  if (order > 0) return true;
  state.root_priority[port] = packet.loadU16(MESSAGE + 5);
  state.root[port] = packet.loadU48(MESSAGE + 7);
  state.cost[port] = packet.loadU32(MESSAGE + 13);
  state.bridge_priority[port] = packet.loadU16(MESSAGE + 17);
  state.bridge[port] = packet.loadU48(MESSAGE + 19);
  state.sender[port] = packet.loadU16(MESSAGE + 25);
  const age = Math.trunc((packet.loadU16(MESSAGE + 27) * SECOND_US) / 256);
  state.time_us[port] = Math.min(NEVER_US, Math.max(0, clock.microseconds - age));
  state.max_age[port] = packet.loadU8(MESSAGE + 29);
  state.hello[port] = packet.loadU8(MESSAGE + 31);
  state.delay[port] = packet.loadU8(MESSAGE + 33);
  const flags = packet.loadU8(MESSAGE + 4);
  state.changes[port] = flags & 1;
  if ((flags & ACKNOWLEDGES) !== 0) state.tells_change = false;
  return true;
}

/** Lets ports go on that have waited for long enough, and forgets what was not said again. */
export function passTime(tree: Tree): void {
  const { built, state, clock, log } = tree;
  const waited = clock.microseconds - state.best_delay * SECOND_US;
  for (let port = 0; port < built.count; port += 1) {
    const at = state.port_state[port]!;
    if ((at === LISTENS || at === LEARNS) && state.since_us[port]! < waited) advance(tree, port);
  }
  const old = clock.microseconds - state.best_max_age * SECOND_US;
  for (let port = 0; port < built.count; port += 1) {
    if (state.time_us[port]! <= old) {
      forget(tree, port);
      if (built.tells) {
        log.text('Expiring message on port ');
        log.decimal(port);
        log.end();
      }
    }
  }
}

/** Writes the best message for a port into a packet that has what all have in common. */
export function writeBest(packet: Packet, { config, built, state, clock }: Tree, port: number): void {
  packet.storeU8(MESSAGE + 4, state.best_changes & 1);
  packet.storeU16(MESSAGE + 5, state.best_root_priority);
  packet.storeU48(MESSAGE + 7, state.best_root);
  packet.storeU32(MESSAGE + 13, state.best_cost);
  packet.storeU16(MESSAGE + 17, config.bridge_priority);
  packet.storeU48(MESSAGE + 19, built.own);
  packet.storeU16(MESSAGE + 25, u16(port));
  const age = state.best_time_us === NEVER_US ? 0 : Math.max(0, clock.microseconds - state.best_time_us);
  packet.storeU16(MESSAGE + 27, u16(Math.trunc(age / SECOND_US) * 256 + Math.trunc(((age % SECOND_US) * 256) / SECOND_US)));
  packet.storeU16(MESSAGE + 29, u16(state.best_max_age * 256));
  packet.storeU16(MESSAGE + 31, u16(state.best_hello * 256));
  packet.storeU16(MESSAGE + 33, u16(state.best_delay * 256));
}
