/** What an OpenFlowSwitch and its OpenFlowAgent tell each other about frames and ports. */

/** Annotations of frames from and for the agent: the port it came by and bytes wanted, why, and the flow it matched. */
export const NOTE = Object.freeze({ port: 24, bytes: 28, reason: 32, flow: 36 });
/** Why a frame is given to the controller (OpenFlow 1.0, 5.4.1). */
export const REASON = Object.freeze({ no_match: 0, action: 1 });
/** Paint of frames from the agent. */
export const FROM_AGENT = Object.freeze({ look_up: 254, perform: 255 });
/** Bits of `port_closed`, by number of the port: nothing arrives, nothing leaves, floods do not leave, nothing is given to the controller. */
export const CLOSED = Object.freeze({ receive: 1, forward: 2, flood: 4, packet_in: 8 });
