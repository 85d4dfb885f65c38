/** Plays a script against OpenFlowAgent and its switch: what arrives is made of its lines, what leaves is compared with them. */
import type { CheckedGraph } from '#src/graph/graph.js';
import { Engine } from '#src/run/node/engine.js';
import type { Dice } from '../differential/element-fuzz.js';
import type { InputFrame } from '../differential/replay.js';
import { clickGraph } from '../elements/click-graph.js';
import { EVENTS, matches, type Line, type Script } from './script.js';

export const START_NS = 1_700_000_000_000_000_000n;
const START_US = Number(START_NS / 1000n);
const CONNECTIONS = 4;
const PORTS = 3;
/** What comes later than this after the time of its line is too late. */
const LATE_US = 20_000;
const STEP_US = 10_000;
/** What the application of a TCPEndpoint orders, by its paint: see SEND. */
const ORDERS: Readonly<Record<string, string>> = { c: '>', l: 'closed', r: 'reset' };

/** Each connection and port is an interface; the first byte of what arrives on a connection says what happens there. */
export function agentGraph({ agent, flows }: Script): Promise<CheckedGraph> {
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
  const connection = (place: number) => `FromDevice(c${place}) -> what${place} :: Classifier(${EVENTS.map((_, event) => `0/0${event}`).join(', ')}); to${place} :: Paint(${place}, 23) -> messages;
    ${EVENTS.map((_, event) => `what${place}[${event}] -> Strip(1) -> Paint(${event}) -> to${place};`).join(' ')}`;
  return clickGraph(`
    switch :: OpenFlowSwitch(a b c${flows === '' ? '' : `, ${flows}`});
    messages :: OpenFlowMessages -> agent :: OpenFlowAgent(switch${agent === '' ? '' : `, ${agent}`});
    agent[0] -> order :: PaintSwitch;
    agent[1] -> switch; agent[2] -> [2]agent; switch[${PORTS}] -> [1]agent;
    order[0] -> data :: PaintSwitch(23); order[1] -> last :: PaintSwitch(23); order[2] -> reset :: PaintSwitch(23);
    ${numbers(CONNECTIONS).map((place) => `data[${place}] -> ToDevice(c${place}); last[${place}] -> ToDevice(l${place}); reset[${place}] -> ToDevice(r${place});`).join('\n    ')}
    ${numbers(PORTS).map((port) => `FromDevice(p${port + 1}) -> Paint(${port + 1}) -> switch; switch[${port}] -> ToDevice(p${port + 1});`).join('\n    ')}
    ${numbers(CONNECTIONS).map(connection).join('\n    ')}`);
}

interface Seen {
  readonly at: number;
  /** As lines name it, with the number of the connection or port. */
  readonly what: string;
  readonly hex: string;
}

/** Plays it: what is wrong, if anything, and what was put in. */
export function play(graph: CheckedGraph, script: Script): { problems: string[]; input: InputFrame[] } {
  const seen: Seen[] = [];
  const input: InputFrame[] = [];
  let now = 0;
  const engine = new Engine(graph, {
    seed: 7,
    microseconds: START_US,
    log: () => undefined,
    transmit(port, frame) {
      const name = graph.interfaces[port]!.name;
      seen.push({ at: now, what: `${name.startsWith('p') ? 'sent' : ORDERS[name[0]!]} ${name.slice(1)}`, hex: Buffer.from(frame).toString('hex') });
    },
  });
  const step = (at: number, name?: string, bytes?: Uint8Array): void => {
    now = at;
    const clock = START_NS + BigInt(at) * 1000n;
    const port = name === undefined ? undefined : graph.interfaces.find((each) => each.name === name)!.index;
    input.push({ clock, ...(port === undefined ? {} : { interface: port, bytes: bytes! }) });
    if (port !== undefined) engine.receive(port, bytes!, { seconds: Number(clock / 1_000_000_000n), nanoseconds: Number(clock % 1_000_000_000n) });
    engine.step(START_US + at);
  };
  for (const line of script.lines) {
    for (let at = now + STEP_US; at < line.at; at += STEP_US) step(at);
    const event = line.kind === '<' ? 0 : EVENTS.indexOf(line.kind as 'open');
    const bytes = Buffer.from(line.bytes.join(''), 'hex');
    if (event >= 0) step(line.at, `c${line.place}`, Buffer.concat([Buffer.from([event]), bytes]));
    else if (line.kind === 'frame') step(line.at, `p${line.place}`, bytes);
    else step(Math.max(now, line.at));
  }
  for (let rounds = 0; rounds < 3; rounds += 1) step(now + STEP_US);
  return { problems: compare(script.lines, seen), input };
}

/** What leaves on each connection and port, one after the other, against the lines. */
function compare(lines: readonly Line[], seen: readonly Seen[]): string[] {
  const expected = lines.filter(({ kind }) => ['>', 'reset', 'closed', 'sent'].includes(kind));
  const place = (what: string) => (what.startsWith('sent') ? what : `on ${what.split(' ')[1]}`);
  const problems: string[] = [];
  for (const where of new Set([...expected.map(({ kind, place: number }) => place(`${kind} ${number}`)), ...seen.map(({ what }) => place(what))])) {
    const wanted = expected.filter(({ kind, place: number }) => place(`${kind} ${number}`) === where);
    const got = seen.filter(({ what }) => place(what) === where);
    for (let index = 0; index < Math.max(wanted.length, got.length); index += 1) {
      const [line, one] = [wanted[index], got[index]];
      const shown = one && `${one.at / 1e6} ${one.what} ${one.hex}`;
      if (line === undefined) problems.push(`besides, there was: ${shown}`);
      else if (one === undefined) problems.push(`line ${line.number} did not come: ${line.text}`);
      else if (`${line.kind} ${line.place}` !== one.what || !matches(line.bytes, one.hex)) problems.push(`line ${line.number}: ${line.text}\n  came as ${shown}`);
      else if (one.at < line.at || one.at > line.at + LATE_US) problems.push(`line ${line.number}: ${line.text}\n  came at ${one.at / 1e6}`);
      // What follows one that is wrong says little.
      if (problems.length > 0) break;
    }
  }
  return problems;
}

/** What becomes of a script's bytes in bad hands: changed, cut off, doubled, lost. */
export function inBadHands(input: readonly InputFrame[], dice: Dice): InputFrame[] {
  return input.flatMap((frame) => {
    if (frame.bytes === undefined || frame.bytes.length < 2 || !dice.chance(40)) return [frame];
    const bytes = Buffer.from(frame.bytes);
    for (let count = dice.below(4); count > 0; count -= 1) bytes[1 + dice.below(bytes.length - 1)] = dice.pick([0, 1, 4, 255, dice.below(256)]);
    const cut = dice.chance(15) ? bytes.subarray(0, 1 + dice.below(bytes.length)) : bytes;
    return dice.chance(5) ? [] : dice.chance(10) ? [{ ...frame, bytes: cut }, frame] : [{ ...frame, bytes: cut }];
  });
}
