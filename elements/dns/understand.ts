/** What a request asks for, whatever carried it. */
import { RCODE, type i32, type Packet, type u16, type ZoneTables } from 'wirelet';
import { chooseAnswer, onlyCode } from './look-up.js';
import { HEADER_BYTES, OPTION, readName, readOptions, type Labels } from './message.js';

/** What is noted of the request that was read last. */
export interface Request extends Labels {
  /** Bytes of the question's name. */
  question_length: number;
  /** See `readOptions`. */
  options: number;
}

/** From here down, below TRANSFER: a response of a header alone, its code counted on downwards. */
export const BARE = -1000;
const IXFR = 251;

/**
 * Reads the message from `at` to `end`, which has a header: the number of its answer, or below 0 only a code (`onlyCode`), TRANSFER, or
 * BARE and less. What else the response depends on is noted in `request`.
 */
export function understand(packet: Packet, at: u16, end: u16, zone: ZoneTables, request: Request): i32 {
  const flags = packet.loadU16(at + 2);
  request.options = 0;
  request.question_length = 0;
  if ((flags & 0x7800) !== 0) return BARE - RCODE.not_implemented;
  if (packet.loadU16(at + 4) !== 1 || packet.loadU16(at + 6) !== 0) return BARE - RCODE.format_error;
  const question = at + HEADER_BYTES;
  const length = readName(packet, question, end, request);
  if (length < 0 || question + length + 4 > end) return BARE - RCODE.format_error;
  const isTransfer = packet.loadU16(question + length) === IXFR;
  const authorities = packet.loadU16(at + 8);
  // A request for the changes of a zone says which it knows: the whole zone is an answer whatever that is (RFC 1995, 4).
  if (authorities !== 0 && !isTransfer) return BARE - RCODE.format_error;
  const options = authorities !== 0 ? 0 : readOptions(packet, question + length + 4, end, packet.loadU16(at + 10));
  if (options < 0) return BARE - RCODE.format_error;
  request.options = options;
  request.question_length = Math.min(255, length);
  if ((options & OPTION.other_version) !== 0) return onlyCode(RCODE.no_error);
  return (options & OPTION.signed) !== 0 ? onlyCode(RCODE.not_auth) : chooseAnswer(packet, question, length, request, zone);
}
