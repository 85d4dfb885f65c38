/** What an engine needs to know of an appliance that it is to run, and the files that tell it. */
import type { Manifest } from '../image/manifest.js';
import { shellWord } from '../shell-word.js';

export interface Card {
  /** The interface's name in the graph. */
  readonly interface: string;
  readonly mac: string;
  /** What the interface plugs into, by the engine's kind of name: a tap, a bridge, a network. */
  readonly network: string;
}

/** One machine that runs the image. */
export interface Machine {
  readonly name: string;
  /** In the order of the graph: cards whose address is not the graph's go to interfaces in this order. */
  readonly cards: readonly Card[];
}

export interface Deployment {
  /** Of the appliance, as engines allow names. */
  readonly name: string;
  /** The image's file name, and the folder in which all files are, absolute. */
  readonly image: string;
  readonly folder: string;
  /** For the appliance, and firmware beside it. */
  readonly memoryMib: number;
  readonly machines: readonly Machine[];
}

export interface DeployedFile {
  readonly name: string;
  readonly text: string;
  readonly executable?: boolean;
}

/** What a card's `network` is for an engine. */
export interface NetworkKind {
  readonly name: string;
  /** Letters that it may have. */
  readonly lettersMax: number;
  /** Each machine needs its own. */
  readonly own: boolean;
}

/** Of Linux's interfaces: IFNAMSIZ, less the end. */
const INTERFACE_LETTERS_MAX = 15;
export const TAP: NetworkKind = { name: 'tap', lettersMax: INTERFACE_LETTERS_MAX, own: true };
export const BRIDGE: NetworkKind = { name: 'bridge', lettersMax: INTERFACE_LETTERS_MAX, own: false };

/** An engine: what its files are, and, for README.txt, how they are used. */
export interface Target {
  readonly title: string;
  readonly network: NetworkKind;
  files(deployment: Deployment): DeployedFile[];
  /** Lines that a person types, in the folder. */
  start(deployment: Deployment): string[];
  stop(deployment: Deployment): string[];
  /** How it is controlled, by `wirelet attach`: lines for a person, after the machines run. */
  control(deployment: Deployment): string[];
  /** What must be there before. */
  readonly needs: string;
}

/** Below the image there is 1 MiB; firmware of PCs keeps its tables at the end of memory. */
const FIRMWARE_MIB = 9;
const MIB = 2 ** 20;
/** Some engines take no less, and most want an even number. */
const MEMORY_MIB_MIN = 16;

export function memoryMibOf({ memory_bytes: bytes }: Manifest): number {
  return Math.max(MEMORY_MIB_MIN, 2 * Math.ceil((bytes / MIB + FIRMWARE_MIB) / 2));
}

/** A name that libvirt, Kubernetes (RFC 1123 labels) and file systems take alike. */
export function engineName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 40) || 'appliance';
}

/**
 * The machines of a deployment. The first has the graph's addresses; each further one differs in a byte of them, so that switches
 * tell them apart (the appliance itself sends from the addresses of its graph). `networks`: by interface; else the interface's name, with
 * the machine's number where there are several and each needs a tap of its own.
 */
export function machinesOf(manifest: Manifest, replicas: number, networks: ReadonlyMap<string, string>, { own, lettersMax }: NetworkKind): Machine[] {
  const name = engineName(manifest.name);
  return Array.from({ length: replicas }, (_, number) => ({
    name: replicas === 1 ? name : `${name}-${number + 1}`,
    cards: manifest.interfaces.map(({ name: port, mac }) => {
      const suffix = own && replicas > 1 ? `-${number + 1}` : '';
      const network = networks.get(port) ?? engineName(port).slice(0, lettersMax - suffix.length);
      return { interface: port, mac: addressOf(mac, number), network: network + suffix };
    }),
  }));
}

/** A locally administered address beside one (IEEE 802, 8.2.2); itself for number 0. */
function addressOf(mac: string, number: number): string {
  if (number === 0) return mac;
  const bytes = mac.split(':').map((byte) => parseInt(byte, 16));
  bytes[0] = (bytes[0]! | 2) & 0xfe;
  bytes[3] = (bytes[3]! + number) & 0xff;
  bytes[2] = (bytes[2]! + (number >> 8)) & 0xff;
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** The socket of a machine's serial port, in the folder. */
export const serialOf = ({ name }: Machine) => `${name}.serial`;

/** Lines that a person types to control machines whose serial ports are sockets in the folder. */
export function attachBySockets({ image, machines }: Deployment): string[] {
  return machines.map((machine) => `wirelet attach ${image} --serial unix:${serialOf(machine)} --name ${machine.name}`);
}

/** A script that becomes a program with these options, a line each. */
export function script(what: string, lines: readonly (readonly string[])[], before: readonly string[] = []): string {
  const words = lines.map((line) => line.map((word) => (word.startsWith('$') || word.startsWith('"') ? word : shellWord(word))).join(' '));
  return ['#!/bin/sh', `# ${what}`, 'set -eu', 'cd "$(dirname "$0")"', ...before, `exec ${words.join(' \\\n  ')} "$@"`, ''].join('\n');
}
