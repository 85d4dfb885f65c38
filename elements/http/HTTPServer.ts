/**
 * Serves a folder of files by HTTP/1.1 (RFC 9110, RFC 9112) over TCP. The files are read when the graph is built, and compressed then; they
 * are constants of the appliance, and a segment that is lost is made from them again: a connection costs some hundred
 * bytes, whatever it is sent.
 *
 * GET and HEAD, persistent connections and pipelining, ranges (one at a time), entity tags and dates of change, gzip and brotli where
 * a request accepts them. `index.html` stands for its folder, `404.html` in ROOT for what is not there. Requests that are too
 * long, malformed or slow are answered as they should be, and the connection is closed.
 *
 * Give it IPv4 packets that CheckTCPHeader let pass, and with IPV6 also IPv6 packets that CheckIP6Header let pass. What it sends has the other side
 * as destination annotation, for ARPQuerier and IP6NDSolicitor.
 */
import { checksummed, defineElement, duration, example, integer, ipv4, push, siteTables, tcp, TCP_FLAG, text, TIME_RANGE, type PacketTemplate } from 'wirelet';
import { COUNTERS, connectionState, DROPS, FLAG, initializeConnections } from '../tcp/connection.js';
import { tick } from '../tcp/due.js';
import { parametersOf, TCP_ARGUMENTS } from '../tcp/parameters.js';
import { segmentArrives } from '../tcp/segment.js';
import { acknowledged, exchangeState, fill, type Http } from './exchange.js';
import { AT } from './marks.js';
import { deliver, finished } from './request.js';
import { fail, startRequest } from './answer.js';
import { WORDS, wordOf } from './words.js';

/** What a client may send unasked: requests are short. */
const WINDOW_BYTES = 16_384;
/** Resources that a site may have, for the range of a number. */
const RESOURCES_MAX = 2 ** 20;

function opened(context: Http, c: number): void {
  const { state, clock, built } = context;
  startRequest(context, c);
  state.response_count[c] = 0;
  state.response_first[c] = 0;
  state.wish_at[c] = Math.min(clock.microseconds + built.request_us, TIME_RANGE.high);
}

function ended(): void {}

/** Too long nothing happened. */
function wish(context: Http, c: number): void {
  const { state, built, clock, counters } = context;
  const later = Math.min(clock.microseconds + built.idle_us, TIME_RANGE.high);
  if (state.response_count[c] > 0) {
    // It still takes what it asked for, or does not.
    if (state.progress[c] === state.snd_una[c]) {
      counters.slow_clients.add(1);
      state.tries[c] = 255;
      state.retransmit_at[c] = clock.microseconds;
    } else {
      state.progress[c] = state.snd_una[c];
      state.wish_at[c] = later;
    }
  } else if ((state.flags[c] & FLAG.closing) === 0) {
    if (state.head_bytes[c] > 0) {
      counters.slow_clients.add(1);
      fail(context, c, AT.timeout);
    } else state.flags[c] = state.flags[c] | FLAG.closing;
    state.wish_at[c] = later;
  }
}

const ends = { source: 0x0a00_0002, destination: 0x0a00_0001 };
const segment = (values: Parameters<typeof tcp.make>[0]): PacketTemplate => checksummed(ipv4.make({ ...ends, protocol: 6 }, tcp.make({ source_port: 4000, destination_port: 80, window: 1000, ...values })));
const answer = (values: Parameters<typeof tcp.make>[0]): PacketTemplate => ({
  ...checksummed(ipv4.make({ source: ends.destination, destination: ends.source, protocol: 6, dont_fragment: 1 }, tcp.make({ source_port: 80, destination_port: 4000, ...values }))),
  destinationAddress: ends.source,
});

export default defineElement({
  name: 'HTTPServer',
  config: {
    root: text({ doc: 'The folder to serve, relative to the folder of the graph or to the current one.' }),
    port: integer({ default: 80, min: 1, max: 65_535, keyword: true, doc: 'Port to listen on.' }),
    connections: integer({ default: 1024, min: 1, max: 65_536, keyword: true, doc: 'Connections at once; others are refused.' }),
    idle: duration({ default: 60e6, keyword: true, doc: 'Time after which a connection without a request is closed.' }),
    request: duration({ default: 10e6, keyword: true, doc: 'Time that a request may take to come.' }),
    head: integer({ default: 8192, min: 256, max: 65_535, unit: 'bytes', keyword: true, doc: 'Longest head of a request.' }),
    held: integer({ default: 128, min: 4, max: 65_536, keyword: true, doc: 'Packets kept that came out of order, of all connections together.' }),
    ...TCP_ARGUMENTS,
  },
  ports: { inputs: { in: push('IPv4 packets with marked headers and checked TCP segments.') }, outputs: { out: push('Segments, as IPv4 packets with a destination annotation.') } },
  counters: {
    ...COUNTERS,
    requests: 'Requests that were read to their end.',
    pages: 'Files, or parts of them, that were sent, or would have been but for HEAD.',
    not_modified: 'Responses that the client has what it asks for.',
    client_errors: 'Responses with a status of 400 or more.',
    slow_clients: 'Connections that were closed because a request did not come, or a response was not taken.',
    bytes_sent: 'Bytes of files.',
  },
  drops: DROPS,
  endsLoops: 'A segment becomes responses, which are answered to nobody here.',
  state: ({ config }) => ({ ...connectionState(config.connections, config.held, config.ipv6), ...exchangeState(config.connections, RESOURCES_MAX) }),
  build({ config, files, fail }) {
    const folder = files.folder(config.root);
    if (folder === undefined) return files.refuse();
    const site = siteTables(folder);
    if (typeof site === 'string') return fail(site);
    return {
      tcp: parametersOf(config, config.connections, config.port, WINDOW_BYTES),
      site,
      words: Object.fromEntries(Object.entries(WORDS).map(([name, word]) => [name, wordOf(word)])),
      idle_us: config.idle,
      request_us: config.request,
      head_max: config.head,
    };
  },
  split: 'flows',
  initialize: (context) => initializeConnections(context),
  process: (packet, context) => segmentArrives(packet, context, fill, deliver, finished, opened, acknowledged, ended),
  timers: { tick: (context) => tick(context as any, fill, ended, wish) },
  examples: [
    example('refuses connections to other ports', segment({ destination_port: 81, sequence: 99, flags: TCP_FLAG.syn }), { out: answer({ source_port: 81, acknowledgement: 100, flags: TCP_FLAG.rst | TCP_FLAG.ack }) }, { config: 'configs/sites/example', counters: { connections_refused: 1 } }),
    example('says that it knows of no connection', segment({ sequence: 5, acknowledgement: 77, flags: TCP_FLAG.ack }), { out: answer({ sequence: 77, flags: TCP_FLAG.rst }) }, { config: 'configs/sites/example' }),
  ],
});
