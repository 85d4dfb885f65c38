/** An image file, read and checked: is it ours, whole, and of this version? */
import { readFileSync, statSync } from 'node:fs';
import { failure } from '../diagnostics.js';
import { Elf, ElfError } from './elf.js';
import { MANIFEST_SECTION, OtherVersion, unpackManifest, type Manifest } from './manifest.js';

export const INFO_SECTION = '.wirelet.info';
/** WL_IMAGE_MAGIC and the offsets of struct wl_image_info (native/abi/wirelet_abi.h). */
const IMAGE_MAGIC = 0x5445_4c45_5249_5721n;
const ABI_VERSION = 2;
const INFO_BYTES_OFFSET = 12;
/** No image is longer: tables of constants for a million routes are some tens of megabytes. */
const IMAGE_BYTES_MAX = 2 ** 30;

export interface ImageInfo {
  readonly base: number;
  readonly memoryBytes: number;
  readonly sharedBase: number;
  readonly control: number;
  readonly counters: number;
  readonly counterCount: number;
  /** Of the ring of log lines; 0 bytes: no element writes any. */
  readonly log: number;
  readonly logBytes: number;
}

export interface Image {
  readonly manifest: Manifest;
  /** Of a VM image. */
  readonly info?: ImageInfo;
}

/** Whether a file begins as an ELF file does: an image rather than a graph. */
export function looksLikeImage(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
}

/** Images that were read last, with what tells their files from others of the same name. */
const opened = new Map<string, { readonly stamp: string; readonly image: Image }>();
const OPENED_MAX = 16;

/** Opens an image's file; one that has not changed since is not read again. */
export function openImage(file: string): Image {
  const { dev, ino, size, mtimeMs, ctimeMs } = statSync(file);
  const stamp = [dev, ino, size, mtimeMs, ctimeMs].join(' ');
  const known = opened.get(file);
  if (known?.stamp === stamp) return known.image;
  const image = readImage(readFileSync(file), file);
  opened.delete(file);
  opened.set(file, { stamp, image });
  if (opened.size > OPENED_MAX) opened.delete(opened.keys().next().value!);
  return image;
}

/** Reads an image's description. The manifest may be missing only while the image is being made. */
export function readImage(bytes: Buffer, file: string): Image {
  const refuse = (why: string) => failure('WL3101', `${file} is not an image of Wirelet: ${why}`, 'Make one: wirelet build GRAPH -o IMAGE');
  if (bytes.length > IMAGE_BYTES_MAX) throw refuse('it is longer than 1 GiB');
  try {
    const elf = new Elf(bytes);
    const section = elf.section(MANIFEST_SECTION);
    const manifest = section === undefined ? undefined : unpackManifest(elf.content(section));
    const described = elf.section(INFO_SECTION);
    const info = described === undefined ? undefined : readInfo(elf.content(described), refuse);
    if (manifest === undefined && info === undefined) throw refuse('it has no manifest');
    return { manifest: manifest!, ...(info === undefined ? {} : { info }) };
  } catch (error) {
    if (error instanceof ElfError) throw refuse(error.message);
    if (error instanceof OtherVersion) throw failure('WL3101', `${file} is an image of another version: ${error.message}`, 'Build it again with this one: wirelet build GRAPH -o IMAGE');
    if (error instanceof SyntaxError || /^(Z_|ERR_)/.test((error as { code?: string }).code ?? '')) throw refuse('its manifest is damaged');
    throw error;
  }
}

/** The length of an image's description, which has as many interfaces as there are. */
export function describedBytes(bytes: Buffer): number {
  const elf = new Elf(bytes);
  return elf.content(elf.section(INFO_SECTION)!).readUInt32LE(INFO_BYTES_OFFSET);
}

function readInfo(bytes: Buffer, refuse: (why: string) => Error): ImageInfo {
  if (bytes.length < 128 || bytes.readBigUInt64LE(0) !== IMAGE_MAGIC) throw refuse('its description is damaged');
  const version = bytes.readUInt32LE(8);
  if (version !== ABI_VERSION) throw new OtherVersion(`it is for version ${version} of the interface between image and host, this is version ${ABI_VERSION}`);
  const number = (at: number) => Number(bytes.readBigUInt64LE(at));
  return {
    base: number(16),
    memoryBytes: number(24),
    sharedBase: number(32),
    control: number(96),
    counters: number(104),
    counterCount: bytes.readUInt32LE(112),
    logBytes: bytes.readUInt32LE(116),
    log: number(120),
  };
}
