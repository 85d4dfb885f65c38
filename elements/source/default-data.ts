/** What the packets of sources hold. */
import { data, integer } from 'wirelet';

/** The bytes that Click's sources send, for whoever compares what is sent. */
export const DEFAULT_DATA: Uint8Array = Buffer.from('Random bullshit in a packet, at least 64 bytes long. Well, now it is.');

/** Bytes of a packet at most. */
export const LENGTH_MAX = 9216;

/** The arguments that say what packets hold. */
export const dataArguments = {
  data: data({ required: false, doc: 'The bytes of each packet; default: 69 bytes of text, those that Click sends.' }),
  length: integer({ default: -1, min: -0x8000_0000, max: LENGTH_MAX, keyword: true, doc: 'Bytes of each packet, the data repeated or cut; negative: as the data are.' }),
  datasize: integer({ required: false, min: -0x8000_0000, max: LENGTH_MAX, keyword: true, doc: 'Another name of LENGTH.' }),
};

/** The bytes of each packet. */
export function bytesOf({ data: given, length, datasize }: { readonly data?: Uint8Array | undefined; readonly length: number; readonly datasize?: number | undefined }): Uint8Array {
  return dataOfLength(given ?? DEFAULT_DATA, datasize ?? length);
}

/** `data` as it is, cut to `length` bytes or repeated up to them; a negative length: as it is. */
function dataOfLength(data: Uint8Array, length: number): Uint8Array {
  if (length < 0) return data;
  return Uint8Array.from({ length: data.length === 0 ? 0 : length }, (_, index) => data[index % data.length]!);
}
