/** Where two responses to one request differ in what they mean. */
import type { Request, Response } from './message.js';

const TRUNCATED = 0x0200;
const AUTHENTIC = 0x0020;
const ANY = 255;

export function differences(request: Request, ours: Response | undefined, theirs: Response | undefined): string[] {
  if (ours === undefined || theirs === undefined) return ours === theirs ? [] : [`${ours === undefined ? 'no' : 'a'} response, but ${theirs === undefined ? 'none' : 'one'} of named`];
  const found: string[] = [];
  const same = (what: string, a: unknown, b: unknown) => {
    if (JSON.stringify(a) !== JSON.stringify(b)) found.push(`${what}: ${JSON.stringify(a)}, but named: ${JSON.stringify(b)}`);
  };
  same('id', ours.id, theirs.id);
  // Which record answers ANY is free (RFC 8482), and so what fits; named repeats a bit without meaning where it cuts.
  const flags = 0xffff - (request.type === ANY ? TRUNCATED : 0) - ((theirs.flags & TRUNCATED) !== 0 ? AUTHENTIC : 0);
  same('flags', (ours.flags & flags).toString(16), (theirs.flags & flags).toString(16));
  same('code', ours.rcode, theirs.rcode);
  same('question', ours.questions, theirs.questions);
  same('EDNS', ours.edns, theirs.edns);
  // What is in a response that was cut short does not count (RFC 2181, 9).
  if (((ours.flags | theirs.flags) & TRUNCATED) !== 0) return found;
  if (request.type === ANY) {
    same('whether there is an answer', ours.answer.length > 0, theirs.answer.length > 0);
    return found;
  }
  same('answer', ours.answer, theirs.answer);
  same('authority', ours.authority, theirs.authority);
  // To askers who take 512 bytes by EDNS named sends no additional records, as it may.
  if (request.edns === undefined || request.edns.size > 512 || theirs.additional.length > 0) same('additional', ours.additional, theirs.additional);
  return found;
}
