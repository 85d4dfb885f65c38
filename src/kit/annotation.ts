/** Arguments that name an annotation: by Click's name for it, or by its offset. */
import { parsed, parseInteger, type Kind } from './config.js';
import { ANNOTATION_BYTES } from './limits.js';
import { ANNOTATIONS } from './packet.js';

/** Click's names, where they differ from those of ANNOTATIONS. */
const CLICK_NAMES: Readonly<Record<string, keyof typeof ANNOTATIONS>> = {
  DST_IP: 'destination_address',
  DST_IP6: 'destination_address6',
  ICMP_PARAMPROB: 'icmp_parameter',
  FIX_IP_SRC: 'fix_ip_source',
  FWD_RATE: 'forward_rate',
  REV_RATE: 'reverse_rate',
};

/** Where the annotation of that name lies, by Click's name or ours, in any case. */
export function annotationNamed(name: string): { offset: number; size: number } | undefined {
  const own = CLICK_NAMES[name.toUpperCase()] ?? name.toLowerCase();
  return Object.hasOwn(ANNOTATIONS, own) ? ANNOTATIONS[own as keyof typeof ANNOTATIONS] : undefined;
}

/** An annotation of `size` bytes; the value is its offset, 0..48-size. */
export function annotation(options: { doc: string; size: number; default?: number; required?: boolean; keyword?: boolean }): Kind<number> {
  const { size } = options;
  return parsed<number>(
    'annotation',
    options,
    (text, scope) => {
      const place = annotationNamed(text) ?? scope.annotation?.(text);
      if (place !== undefined && place.size > 0 && place.size !== size) return { error: `annotation ${text} has ${place.size} bytes, not ${size}`, click: 'parse error' };
      const offset = place?.offset ?? parseInteger(text);
      if (offset === undefined) return { error: `expected an annotation such as PAINT, or its offset, got "${text}"` };
      if (offset < 0 || offset + size > ANNOTATION_BYTES) {
        return { error: `expected an offset from 0 to ${ANNOTATION_BYTES - size} for an annotation of ${size} bytes, got ${offset}` };
      }
      return { value: offset };
    },
    String,
  );
}
