/** The response to a request: which file, in which form, and what else it may be. */
import { CODING, u32, VARIANTS } from 'wirelet';
import { HOW, respond, type Http } from './exchange.js';
import { AT, FIELD, METHOD, PHASE, WANTS } from './marks.js';
import { FNV_START } from './words.js';

/** A new request begins. */
export function startRequest(tcp: Http, c: number): void {
  const { state, built } = tcp;
  state.phase[c] = PHASE.start;
  state.node[c] = built.site.root;
  state.value[c] = 0;
  state.word[c] = FNV_START;
  state.count[c] = 0;
  state.head_bytes[c] = 0;
  state.method[c] = METHOD.other;
  state.field[c] = FIELD.other;
  state.wants[c] = 0;
  state.digits[c] = 0;
  state.range_first[c] = 0;
  state.range_last[c] = 0;
  state.body[c] = 0;
}

/** Answers with the page for a status, and reads nothing more. */
export function fail(tcp: Http, c: number, status: number): void {
  const { state, built, counters } = tcp;
  const variant = built.site.pages[status]! * VARIANTS;
  const headOnly = state.method[c] === METHOD.head ? HOW.head_only : 0;
  respond(tcp, c, status, HOW.close | headOnly, variant, 0, Math.max(0, built.site.body_length[variant]!));
  counters.client_errors.add(1);
  state.phase[c] = PHASE.deaf;
}

/** The request is whole: the response. */
export function answer(tcp: Http, c: number): void {
  const { state, built, counters } = tcp;
  const { site } = built;
  const wants = state.wants[c];
  counters.requests.add(1);
  let status: number = AT.ok;
  let how: number = 0;
  let resource: number = 0;
  let coding: number = CODING.identity;
  let from: u32 = 0;
  let length: u32 = 0;
  const closes = (wants & WANTS.close) !== 0 || ((wants & WANTS.old) !== 0 && (wants & WANTS.keep_alive) === 0);
  if (closes) how = how | HOW.close;
  else if ((wants & WANTS.old) !== 0) how = how | HOW.keep_alive;
  if (state.method[c] === METHOD.head) how = how | HOW.head_only;
  const found = state.value[c];
  // A body has one length, and only the newer protocol codes it (RFC 9112, 6.1): what disagrees may be another's second request.
  const lengths = (wants & WANTS.encoded) !== 0 && (wants & (WANTS.length | WANTS.old)) !== 0;
  const uncoded = (wants & WANTS.encoded) !== 0 && (wants & (WANTS.chunked | WANTS.coded)) === 0;
  if ((wants & WANTS.bad) !== 0 || (wants & (WANTS.host | WANTS.old)) === 0 || lengths || uncoded) status = AT.bad;
  else if ((wants & WANTS.coded) !== 0 || state.method[c] === METHOD.other) status = AT.no_such_method;
  else if (state.method[c] === METHOD.known) status = AT.no_method;
  else if (found === 0) status = AT.not_found;
  if (status >= AT.bad) {
    resource = site.pages[status]!;
    counters.client_errors.add(1);
    // What follows a request that is not understood is not understood either.
    if (status !== AT.not_found && status !== AT.no_method) how = how | HOW.close;
  } else {
    resource = Math.min(Math.max(0, found - 1), site.kinds.length - 1);
    if (site.kinds[resource] === 1) status = AT.moved;
  }
  if (status === AT.ok && ((wants & WANTS.must_match) !== 0 ? (wants & WANTS.matches) === 0 : (wants & WANTS.changed) !== 0)) {
    // Conditions in the order of RFC 9110, 13.2.2.
    status = AT.failed;
    resource = site.pages[status]!;
    counters.client_errors.add(1);
  }
  const plain = resource * VARIANTS;
  if ((wants & WANTS.brotli) !== 0 && site.body_length[plain + CODING.brotli]! >= 0) coding = CODING.brotli;
  else if ((wants & WANTS.gzip) !== 0 && site.body_length[plain + CODING.gzip]! >= 0) coding = CODING.gzip;
  const variant = plain + coding;
  const size = Math.max(0, site.body_length[variant]!);
  length = size;
  if (status === AT.ok) {
    if ((wants & WANTS.has_match) !== 0 ? (wants & WANTS.same) !== 0 : (wants & WANTS.has_since) !== 0 && (wants & WANTS.unchanged) !== 0) {
      status = AT.not_modified;
      how = how | HOW.no_length | HOW.head_only;
      counters.not_modified.add(1);
    } else {
      counters.pages.add(1);
      if ((wants & WANTS.range) !== 0 && (wants & WANTS.whole) === 0 && state.method[c] === METHOD.get) {
        let last: number = (wants & WANTS.open_range) !== 0 ? size - 1 : Math.min(state.range_last[c], size - 1);
        from = state.range_first[c];
        if ((wants & WANTS.suffix) !== 0) {
          from = Math.max(0, size - state.range_last[c]);
          last = size - 1;
        }
        if (from >= size || ((wants & WANTS.suffix) !== 0 && state.range_last[c] === 0)) {
          status = AT.bad_range;
          how = how | HOW.unsatisfiable | HOW.head_only;
          from = 0;
          length = 0;
        } else if (last >= from) {
          status = AT.partial;
          how = how | HOW.partial;
          length = u32(last - from + 1);
        } else from = 0;
      }
    }
  }
  respond(tcp, c, status, how, variant, from, length);
  counters.bytes_sent.add((how & HOW.head_only) !== 0 ? 0 : length);
  const body = state.body[c];
  startRequest(tcp, c);
  if ((how & HOW.close) !== 0) state.phase[c] = PHASE.deaf;
  else if ((wants & WANTS.chunked) !== 0) state.phase[c] = PHASE.chunk_size;
  else if (body > 0) {
    state.phase[c] = PHASE.body;
    state.body[c] = body;
  }
}
