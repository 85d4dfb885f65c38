/** What a zone answers to each question, by the algorithm of RFC 1034, 4.3.2 as RFC 4592 and RFC 6672 refine it. */
import { AnswerWriter, AUTHORITATIVE, hostsOf, RCODE, RESPONSE, type Answer } from './answer-writer.js';
import { isWithin, keyOf, type Name } from './name.js';
import { targetOf, TYPE } from './record-data.js';
import type { RecordSet, Zone, ZoneNode } from './zone.js';

/** Aliases that are followed one after the other, at most. */
const ALIASES_MAX = 16;
/** Types that may stand beside an alias, and so are not looked for where it leads (RFC 4034, 2.5; RFC 3007, 3.1): KEY, RRSIG, NSEC. */
const BESIDE_ALIASES = [25, 46, 47];
/** How long a resolver may remember that ANY was not answered, in seconds (RFC 8482, 4.2). */
const ANY_TTL = 3600;

/** What is at a name. */
type Found =
  | { readonly kind: 'node'; readonly node: ZoneNode }
  | { readonly kind: 'cut'; readonly node: ZoneNode }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'elsewhere' };

export class ZoneAnswers {
  private readonly negative: RecordSet;

  constructor(private readonly zone: Zone) {
    const soa = zone.apex.sets.get(TYPE.SOA)!;
    const [record] = soa.records;
    const minimum = Buffer.from(record!.data.at(-1) as Uint8Array).readUInt32BE();
    // RFC 2308, 3: the lesser of the two.
    this.negative = { ...soa, ttl: Math.min(soa.ttl, minimum) };
  }

  /** For names that do not exist, and for types that they do not have: the same for all names in the zone. */
  nothing(code: number): Answer {
    const writer = new AnswerWriter(this.zone.origin);
    writer.set(1, this.negative, this.zone.origin);
    return writer.done(RESPONSE | AUTHORITATIVE | code);
  }

  /** For names at and below a cut, for all types but DS at the cut itself. */
  referral(cut: ZoneNode): Answer {
    const writer = new AnswerWriter(cut.name);
    this.refer(writer, cut);
    return writer.done(RESPONSE);
  }

  /** Types for which a name has an answer of its own; for others it has the one for `undefined`. */
  typesOf(node: ZoneNode): number[] {
    if (!node.sets.has(TYPE.CNAME)) return [...node.sets.keys()];
    const end = this.endOf(node);
    const further = end.kind === 'cut' ? [TYPE.DS] : end.kind === 'node' ? [...end.node.sets.keys()] : [];
    return [...new Set([TYPE.CNAME, ...BESIDE_ALIASES, ...further])];
  }

  private endOf(node: ZoneNode): Found {
    let found: Found = { kind: 'node', node };
    for (let count = 0; count < ALIASES_MAX && found.kind === 'node' && found.node.sets.has(TYPE.CNAME); count += 1) {
      found = this.find(targetOf(found.node.sets.get(TYPE.CNAME)!.records[0]!.data)!);
    }
    return found;
  }

  /**
   * The answer to a question for a node of the zone, or, if it is a wildcard, for the names that it stands for. Aliases that
   * lead in a circle, or too far, are an error (RFC 1034, 3.6.2).
   */
  answer(node: ZoneNode, type: number | undefined): Answer {
    const isWild = node.name[0] === '*';
    const writer = new AnswerWriter(node.name, node.name.length - (isWild ? 1 : 0), !isWild);
    let found: Found = { kind: 'node', node };
    let name: Name | undefined;
    const seen = new Set([keyOf(node.name)]);
    for (let count = 0; count < ALIASES_MAX && found.kind === 'node'; count += 1) {
      const { sets } = found.node;
      const set = type === undefined ? undefined : sets.get(type);
      if (set !== undefined) {
        writer.set(0, set, name);
        this.addresses(writer, set, false);
        return writer.done(RESPONSE | AUTHORITATIVE);
      }
      const alias = sets.get(TYPE.CNAME);
      if (alias === undefined || (type !== undefined && BESIDE_ALIASES.includes(type))) return this.without(writer, RCODE.no_error);
      writer.set(0, alias, name);
      name = targetOf(alias.records[0]!.data)!;
      if (seen.has(keyOf(name))) return writer.done(RESPONSE | AUTHORITATIVE | RCODE.server_failure);
      seen.add(keyOf(name));
      found = this.find(name);
      // At a cut, the zone itself answers for DS (RFC 4035, 3.1.4.1).
      if (found.kind === 'cut' && type === TYPE.DS && keyOf(found.node.name) === keyOf(name)) found = { kind: 'node', node: dsOnly(found.node) };
    }
    if (found.kind === 'node') return writer.done(RESPONSE | AUTHORITATIVE | RCODE.server_failure);
    if (found.kind === 'nothing') return this.without(writer, RCODE.name_error);
    if (found.kind === 'cut') this.refer(writer, found.node);
    return writer.done(RESPONSE | AUTHORITATIVE);
  }

  /** DS at a cut. */
  signer(cut: ZoneNode): Answer | undefined {
    return cut.sets.has(TYPE.DS) ? this.answer(dsOnly(cut), TYPE.DS) : undefined;
  }

  /** To a question for all types (RFC 8482, 4.2); an alias is one. */
  any(node: ZoneNode): Answer {
    if (node.sets.has(TYPE.CNAME)) return this.answer(node, TYPE.CNAME);
    const writer = new AnswerWriter(node.name);
    writer.record(0, TYPE.HINFO, ANY_TTL, [Uint8Array.from([7, ...Buffer.from('RFC8482'), 0])]);
    return writer.done(RESPONSE | AUTHORITATIVE);
  }

  private without(writer: AnswerWriter, code: number): Answer {
    writer.set(1, this.negative, this.zone.origin);
    return writer.done(RESPONSE | AUTHORITATIVE | code);
  }

  private refer(writer: AnswerWriter, cut: ZoneNode): void {
    const servers = cut.sets.get(TYPE.NS)!;
    writer.set(1, servers, cut.name);
    this.addresses(writer, servers, true);
  }

  /** Addresses of the hosts that a set names; those of servers within a cut must be there (RFC 9471). */
  private addresses(writer: AnswerWriter, set: RecordSet, isReferral: boolean): void {
    const hosts = hostsOf(set).map((name) => ({ name, required: isReferral && isWithin(name, set.owner) }));
    for (const wanted of [true, false]) {
      for (const { name, required } of hosts) {
        if (required !== wanted || !isWithin(name, this.zone.origin)) continue;
        // A referral has the addresses that nobody could find without it, an answer those that the zone has authority for.
        if (isReferral !== (this.zone.cutAbove(name) !== undefined)) continue;
        const node = this.zone.find(name) ?? this.wildcardFor(name);
        for (const type of [TYPE.A, TYPE.AAAA]) {
          const found = node?.sets.get(type);
          if (found !== undefined) writer.additional(found, name, required);
        }
      }
    }
  }

  private find(name: Name): Found {
    if (!isWithin(name, this.zone.origin)) return { kind: 'elsewhere' };
    const cut = this.zone.cutAbove(name);
    if (cut !== undefined) return { kind: 'cut', node: cut };
    const node = this.zone.find(name) ?? this.wildcardFor(name);
    return node === undefined ? { kind: 'nothing' } : { kind: 'node', node };
  }

  /** The wildcard that stands for a name that does not exist: the one right below the closest name that does. */
  private wildcardFor(name: Name): ZoneNode | undefined {
    for (let above = name.slice(1); above.length >= this.zone.origin.length; above = above.slice(1)) {
      if (this.zone.find(above) !== undefined) return this.zone.find(['*', ...above]);
    }
    return undefined;
  }
}

/** What the zone itself says at a cut. */
function dsOnly({ name, sets }: ZoneNode): ZoneNode {
  return { name, sets: new Map([...sets].filter(([type]) => type === TYPE.DS)) };
}
