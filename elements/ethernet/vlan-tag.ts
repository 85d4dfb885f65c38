/** 802.1Q tags (IEEE 802.1Q, 9.6): arguments that make one, and where packets hold one. */
import { ANNOTATIONS, HandlerError, integer, integerValue, parsed, parseInteger, u16, u8, type HandlerContext, type Kind, type Packet } from 'wirelet';

/** What stands for "the packet's annotation" among tags. */
export const FROM_ANNOTATION = -1;
const NO_NATIVE_VLAN = -1;

function tag(doc: string): Kind<number> {
  return parsed<number>(
    'VLAN tag',
    { required: false, doc },
    (text) => {
      if (/^anno$/i.test(text)) return { value: FROM_ANNOTATION };
      const value = parseInteger(text);
      return value !== undefined && value >= 0 && value <= 0xffff ? { value } : { error: `expected a tag from 0 to 0xffff, or ANNO, got "${text}"` };
    },
    (value) => (value === FROM_ANNOTATION ? 'ANNO' : String(value)),
  );
}

/** Arguments that make a tag. */
export const tagArguments = {
  vlan_tci: tag('The tag: identifier and priority as one number of 16 bits; ANNO: what the annotation of the packet says.'),
  vlan_pcp: integer({ required: false, max: 7, doc: 'The priority.' }),
  vlan_id: integer({ required: false, max: 0xfff, keyword: true, doc: 'The identifier, instead of the tag.' }),
};

export const nativeVlan = integer({ default: 0, min: NO_NATIVE_VLAN, max: 0xfff, keyword: true, doc: 'Identifier of the network whose frames bear no tag; -1: none.' });

interface TagValues {
  readonly vlan_tci?: number | undefined;
  readonly vlan_pcp?: number | undefined;
  readonly vlan_id?: number | undefined;
}

/** The tag that arguments say, or FROM_ANNOTATION. */
export function tagOf({ vlan_tci: tci, vlan_pcp: priority = 0, vlan_id: identifier = 0 }: TagValues): number {
  return tci === FROM_ANNOTATION ? tci : (tci ?? identifier) | (priority << 13);
}

/** The tag in a packet's annotation. */
export function annotatedTag(packet: Packet): u16 {
  const { offset } = ANNOTATIONS.vlan_tci;
  return u16(packet.annotationU8(offset) * 256 + packet.annotationU8(offset + 1));
}

/** Sets the tag in a packet's annotation. */
export function annotateTag(packet: Packet, tci: number): void {
  const { offset } = ANNOTATIONS.vlan_tci;
  packet.setAnnotationU8(offset, u8(tci >>> 8));
  packet.setAnnotationU8(offset + 1, u8(tci));
}

type Tagging = HandlerContext<any, string, any>;

/** Shows and sets a part of the tag: `shift` bits above the lowest, up to `high`. */
function part(doc: string, shift: number, high: number) {
  const mask = high << shift;
  return {
    doc,
    read: ({ built }: Tagging) => (built.tci === FROM_ANNOTATION ? 'ANNO' : String((built.tci & mask) >>> shift)),
    write({ built, reconfigure, config }: Tagging, value: string) {
      if (built.tci === FROM_ANNOTATION) throw new HandlerError('the tag comes from the annotation');
      const whole = (built.tci & ~mask & 0xffff) | (integerValue(value, 0, high) << shift);
      if (config.vlan_id === undefined) reconfigure('vlan_tci', String(config.vlan_pcp === undefined || shift === 13 ? whole : whole & 0x1fff));
      if (config.vlan_id !== undefined && shift < 13) reconfigure('vlan_id', String(whole & 0xfff));
      if (shift === 13 && (config.vlan_pcp !== undefined || config.vlan_id !== undefined)) reconfigure('vlan_pcp', String(whole >>> 13));
    },
  };
}

/** The tag as arguments would say it. */
export function tagText({ built, config }: Tagging): string {
  const tag = built.tci === FROM_ANNOTATION ? 'ANNO' : `VLAN_ID ${built.tci & 0xfff}, VLAN_PCP ${built.tci >>> 13}`;
  const native = config.native_vlan as number | undefined;
  return `${tag}${native === undefined || native === 0 ? '' : `, NATIVE_VLAN ${native < 0 ? 0xffff : native}`}`;
}

/** Handlers of elements that set a tag; `built.tci` is it. */
export const tagHandlers = {
  vlan_tci: {
    doc: 'The tag.',
    read: ({ built }: Tagging) => (built.tci === FROM_ANNOTATION ? 'ANNO' : String(built.tci)),
    write: ({ reconfigure }: Tagging, value: string) => reconfigure('vlan_tci', value),
  },
  vlan_id: part('The identifier.', 0, 0xfff),
  vlan_pcp: part('The priority.', 13, 7),
  config: { doc: 'The tag as arguments say it.', read: tagText },
};
