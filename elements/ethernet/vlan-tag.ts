/** 802.1Q tags (IEEE 802.1Q, 9.6): arguments that make one, and where packets hold one. */
import { ANNOTATIONS, EMPTY_SCOPE, HandlerError, integer, parsed, u16, u8, type HandlerContext, type Kind, type Packet } from 'wirelet';

/** What stands for "the packet's annotation" among tags. */
export const FROM_ANNOTATION = -1;
const NO_NATIVE_VLAN = -1;

/** A tag as a number. */
const tagNumber = (doc: string): Kind<number> => integer({ required: false, max: 0xffff, signed: true, doc });

/** A tag, or the word for that of the annotation. */
function tag(doc: string): Kind<number> {
  const number = tagNumber(doc);
  return parsed<number>(
    'VLAN tag',
    { required: false, doc },
    (text) => {
      if (text === 'ANNO') return { value: FROM_ANNOTATION };
      const read = number.parse(text, EMPTY_SCOPE);
      return 'error' in read ? { ...read, error: `expected a tag from 0 to 0xffff, or ANNO, got "${text}"` } : read;
    },
    (value) => (value === FROM_ANNOTATION ? 'ANNO' : String(value)),
  );
}

const parts = {
  vlan_pcp: integer({ required: false, max: 7, signed: true, doc: 'The priority.' }),
  vlan_id: integer({ required: false, max: 0xfff, signed: true, keyword: true, doc: 'The identifier, instead of the tag.' }),
};

/** Arguments that make a tag. */
export const numberArguments = { vlan_tci: tagNumber('The tag: identifier and priority as one number of 16 bits.'), ...parts };

/** Arguments that make a tag, or leave it to the annotation. */
export const tagArguments = { vlan_tci: tag('The tag: identifier and priority as one number of 16 bits; ANNO: what the annotation of the packet says.'), ...parts };

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
function part(name: keyof typeof parts, shift: number, high: number) {
  const mask = high << shift;
  const { doc } = parts[name];
  return {
    doc,
    read: ({ built }: Tagging) => (built.tci === FROM_ANNOTATION ? '' : String((built.tci & mask) >>> shift)),
    write({ built, reconfigure, config }: Tagging, value: string) {
      // As long as the annotation says the tag, it says all of it.
      if (built.tci === FROM_ANNOTATION) return;
      const read = parts[name].parse(value.trim(), EMPTY_SCOPE);
      if ('error' in read) throw new HandlerError(`${name.toUpperCase()}: ${read.click ?? read.error}`);
      const whole = (built.tci & ~mask & 0xffff) | (read.value << shift);
      if (config.vlan_id === undefined) reconfigure('vlan_tci', String(config.vlan_pcp === undefined || shift === 13 ? whole : whole & 0x1fff));
      if (config.vlan_id !== undefined && shift < 13) reconfigure('vlan_id', String(whole & 0xfff));
      if (shift === 13 && (config.vlan_pcp !== undefined || config.vlan_id !== undefined)) reconfigure('vlan_pcp', String(whole >>> 13));
    },
  };
}

/** As Click shows it: nothing for 0, 65535 for none. */
function nativeText(native: number): string {
  return native === 0 ? '' : String(native & 0xffff);
}

/** The tag as arguments would say it. */
export function tagText({ built, config }: Tagging): string {
  const tag = built.tci === FROM_ANNOTATION ? 'ANNO' : `VLAN_ID ${built.tci & 0xfff}, VLAN_PCP ${built.tci >>> 13}`;
  const native = nativeText((config.native_vlan as number | undefined) ?? 0);
  return native === '' ? tag : `${tag}, NATIVE_VLAN ${native}`;
}

/** Handlers of elements that set a tag; `built.tci` is it. */
export const tagHandlers = {
  vlan_tci: {
    doc: 'The tag.',
    read: ({ built }: Tagging) => (built.tci === FROM_ANNOTATION ? 'ANNO' : String(built.tci)),
    // A priority that was there stays: arguments are said as identifier and priority.
    write(element: Tagging, value: string) {
      const before = element.built.tci as number;
      element.reconfigure('vlan_tci', value.trim());
      if (before !== FROM_ANNOTATION) element.replace('vlan_tci', (element.config.vlan_tci as number) | (before & 0xe000));
    },
  },
  vlan_id: part('vlan_id', 0, 0xfff),
  vlan_pcp: part('vlan_pcp', 13, 7),
  config: { doc: 'The tag as arguments say it.', read: tagText },
};

/** Shows the native VLAN where it is not 0, and sets it. */
export const nativeHandler = {
  doc: 'The network whose frames bear no tag, but for 0.',
  read: ({ config }: Tagging) => nativeText(config.native_vlan as number),
  write: ({ reconfigure }: Tagging, value: string) => reconfigure('native_vlan', value.trim()),
};
