/**
 * ARPQuerier under random packets, answers, lies and pauses: what may leave it, when, and what becomes of the rest;
 * and the same in C. WIRELET_SEED=N adds a seed.
 */
import t from 'tap';
import { arp, ethernet, ETHERTYPE, formatIpv4 } from '#src/kit/index.js';
import type { PacketLists } from '#src/kit/packet-store.js';
import { Engine } from '#src/run/node/engine.js';
import { Dice } from '../differential/element-fuzz.js';
import { CompiledGraph, COMPILERS, difference, runInNode, type InputFrame } from '../differential/replay.js';
import { clickGraph } from './click-graph.js';
import { someFrame, STATION } from './net-frames.js';

const START_NS = 1_000_000_000_000_000_000n;
const STEPS = 4000;
const SECOND = 1_000_000;
const TIMEOUT_US = 20 * SECOND;
const SEEDS = [1, 2, 3, ...(process.env.WIRELET_SEED === undefined ? [] : [Number(process.env.WIRELET_SEED)])];
const LIMITS = 'CAPACITY 12, ENTRY_PACKET_CAPACITY 3, TIMEOUT 20s, POLL_TIMEOUT 5s';
/** How it asks: by itself, once a second; or, as Click, when packets come, which an answer allows at once. */
const WAYS = [{ more: ', RETRIES 2', pause: SECOND }, { more: '', pause: SECOND / 10 }] as const;

/** A packet is its next hop, which GetIPAddress reads, and a number. */
const GRAPH = (entries: number, more: string) => `
  FromDevice(packets) -> GetIPAddress(0) -> q :: ARPQuerier(10.0.0.1/24, 02:00:00:00:00:01, ENTRY_CAPACITY ${entries}, ${LIMITS}${more});
  FromDevice(answers) -> [1]q;
  q[0] -> ToDevice(out);
  q[1] -> ToDevice(asked);`;

function randomInput(dice: Dice, hosts: number): InputFrame[] {
  let clock = START_NS;
  return Array.from({ length: STEPS }, (_, number) => {
    // Bursts, in which many addresses are waited for at once, and quiet times, in which answers grow old.
    const pace = Math.trunc(number / 100) % 2 === 0 ? 1000 : dice.chance(3) ? 10 * SECOND : 400_000;
    clock += 1000n * BigInt(dice.below(pace));
    const address = 0x0a00_0002 + dice.below(hosts);
    if (dice.chance(10)) return { clock };
    if (dice.chance(15)) {
      // One host in four does not answer; some change their MAC address at times.
      const mac = 0x0200_0000_1000 + address * 16 + (dice.chance(5) ? 1 : 0);
      const told = dice.chance(70) ? STATION.address : address;
      const answer = ethernet.make({ type: ETHERTYPE.arp }, arp.make({ operation: 2, sender_mac: mac, sender_address: address, target_address: told })).bytes;
      return { clock, interface: 1, bytes: address % 4 === 3 ? someFrame(dice, 'arp') : answer };
    }
    const packet = Buffer.alloc(12);
    packet.writeUInt32BE(dice.chance(3) ? dice.pick([0, 0xffff_ffff, 0x0a00_00ff, 0xe123_4567]) : address, 0);
    packet.writeUInt32BE(number, 4);
    return { clock, interface: 0, bytes: packet };
  });
}

/** Watches what leaves; `complaints` says what should not have. */
class Watch {
  readonly complaints: string[] = [];
  readonly lastLeft = new Map<number, number>();
  readonly lastAsked = new Map<number, number>();
  /** When the querier forgets old addresses next: who is asked for is forgotten, too, if nothing was heard of him for long. */
  readonly searches = new Map<number, number>();
  readonly told = new Map<number, { mac: number; at: number }>();
  private readonly sureSince = new Map<number, number>();
  left = 0;

  constructor(private readonly way: (typeof WAYS)[number]) {}

  /** A packet that came in, and must have left if the station was told its next hop not long ago. */
  sent(packet: Buffer, now: number, mayForget: boolean): void {
    const hop = packet.readUInt32BE(0);
    const since = this.sureSince.get(hop);
    if (mayForget || since === undefined || now - since > TIMEOUT_US || this.lastLeft.get(hop) === packet.readUInt32BE(4)) return;
    this.complaints.push(`packet ${packet.readUInt32BE(4)} for ${formatIpv4(hop)} did not leave, though ${formatIpv4(hop)} answered`);
  }

  /** A sound answer that is on its way in. */
  tell(frame: Buffer, now: number): void {
    const sound = frame.length >= 42 && frame.subarray(12, 22).equals(Buffer.from('08060001080006040002', 'hex')) && (frame[22]! & 1) === 0;
    const sender = sound ? frame.readUInt32BE(28) : 0;
    if (sender === 0) return;
    this.told.set(sender, { mac: frame.readUIntBE(22, 6), at: now });
    if (this.way.more === '') this.lastAsked.delete(sender);
    this.sureSince.set(sender, now);
  }

  packet(frame: Buffer, now: number): void {
    this.left += 1;
    const [to, hop, number] = [frame.readUIntBE(0, 6), frame.readUInt32BE(14), frame.readUInt32BE(18)];
    const name = `packet ${number} for ${formatIpv4(hop)}`;
    if (frame.readUIntBE(6, 6) !== STATION.mac || frame.readUInt16BE(12) !== ETHERTYPE.ipv4) this.complaints.push(`${name} left with a wrong header`);
    if ((this.lastLeft.get(hop) ?? -1) >= number) this.complaints.push(`${name} left twice, or out of order`);
    this.lastLeft.set(hop, number);
    if (hop === 0) this.complaints.push(`${name} left for nowhere`);
    const known = this.told.get(hop);
    const wanted = hop === 0xe123_4567 ? 0x0100_5e23_4567 : hop === 0xffff_ffff || hop === 0x0a00_00ff ? 0xffff_ffff_ffff : known?.mac;
    if (to !== wanted) this.complaints.push(`${name} left for ${to.toString(16)}, not ${wanted?.toString(16)}`);
    if ((to & 1) === 0 && known !== undefined && now - known.at > TIMEOUT_US) this.complaints.push(`${name} left for a MAC address that is too old`);
  }

  query(frame: Buffer, now: number, mayForget: boolean, search: number): void {
    const wanted = frame.readUInt32BE(38);
    const before = this.lastAsked.get(wanted) ?? -Infinity;
    if (frame.length !== 42 || frame.readUInt16BE(20) !== 1 || frame.readUInt32BE(28) !== STATION.address) this.complaints.push('what left by output 1 is no query');
    if (now - before < this.way.pause && !mayForget && this.searches.get(wanted) === search) this.complaints.push(`${formatIpv4(wanted)} was asked for again after ${now - before} us`);
    this.lastAsked.set(wanted, now);
    this.searches.set(wanted, search);
  }
}

for (const seed of SEEDS) {
  for (const [entries, hosts, way] of [[64, 12, WAYS[0]], [4, 40, WAYS[0]], [64, 12, WAYS[1]]] as const) {
    await t.test(`it sends each packet once, to who answered last, and asks with patience: ${entries} entries, ${hosts} hosts${way.more} (WIRELET_SEED=${seed})`, async (t) => {
      const graph = await clickGraph(GRAPH(entries, way.more));
      const port = (name: string) => graph.interfaces.findIndex((item) => item.name === name);
      const input = randomInput(new Dice(seed), hosts).map((step) => (step.interface === undefined ? step : { ...step, interface: port(step.interface === 0 ? 'packets' : 'answers') }));
      const watch = new Watch(way);
      const querier = graph.instances.findIndex(({ class: type }) => type.name === 'ARPQuerier');
      let now = Number(START_NS / 1000n);
      const engine: Engine = new Engine(graph, {
        seed: 1,
        microseconds: now,
        log: () => undefined,
        transmit(at, frame) {
          if (at === port('out')) watch.packet(Buffer.from(frame), now);
          else watch.query(Buffer.from(frame), now, entries < hosts, engine.context(querier).state.search_us as number);
        },
      });
      for (const step of input) {
        now = Number(step.clock / 1000n);
        // The pause before this frame ends first: timers that are due fire in it.
        engine.step(now);
        if (step.interface === undefined) continue;
        if (step.interface === port('answers')) watch.tell(Buffer.from(step.bytes!), now);
        engine.receive(step.interface, step.bytes!, { seconds: 0, nanoseconds: 0 });
        engine.step(now);
        if (step.interface === port('packets')) watch.sent(Buffer.from(step.bytes!), now, entries < hosts);
      }
      t.same(watch.complaints, []);

      const { drops, counters } = engine.counts()[querier]!;
      const held = (engine.context(querier).state.pending as PacketLists).length;
      const gone = (drops.unresolved ?? 0) + (drops.pending_full ?? 0) + (drops.table_full ?? 0) + (drops.no_destination ?? 0);
      const came = input.filter((step) => step.interface === port('packets')).length;
      t.equal(watch.left + gone + held, came, 'every packet left, waits, or is counted as dropped');
      t.ok(watch.left > came / 50 && (drops.unresolved ?? 0) > 0 && (drops.bad_response ?? 0) > 0, 'the input reached what there is to test');
      t.ok(held <= 12, 'no more packets wait than may');
      t.ok(counters.queries! > 0);

      const compiled = await CompiledGraph.of(graph);
      try {
        t.equal(difference(runInNode(graph, input, START_NS), compiled.run(COMPILERS[0]!, input, START_NS)), undefined, 'C does what Node does');
      } finally {
        compiled.dispose();
      }
    });
  }
}
