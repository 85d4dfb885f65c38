/** A site: the appliances of one machine, and how a switch wires them with each other and with the machine. */
import type { Span } from '../diagnostics.js';

export const RESTART_POLICIES = ['always', 'on-failure', 'never'] as const;
export type RestartPolicy = (typeof RESTART_POLICIES)[number];

export interface SiteAppliance {
  /** Unique within the site: that of the file, with `-1`, `-2` where there are several. */
  readonly name: string;
  /** A graph or an image; an absolute path. */
  readonly file: string;
  /** The site file says that it is an image. */
  readonly isImage?: boolean;
  readonly set: Readonly<Record<string, string>>;
  readonly elementFolders: readonly string[];
  /** The most memory that it may be, in bytes. */
  readonly memoryBytesMax?: number;
  /** Processors that it runs on. */
  readonly cpus?: readonly number[];
  /** It never sleeps, and takes a whole processor. */
  readonly busyPoll: boolean;
  readonly restart: RestartPolicy;
  /** A snapshot that each start begins with; an absolute path. */
  readonly snapshot?: string;
  /** Seconds without the end of a round after which it is ended as stuck; undefined: never. */
  readonly watchdogS?: number;
  readonly span: Span;
}

export type Vlans = { readonly mode: 'plain' } | { readonly mode: 'access'; readonly vlan: number } | { readonly mode: 'trunk'; readonly vlans: readonly number[] };

export type PortEnd =
  | { readonly kind: 'ring'; readonly appliance: string; readonly interface: string }
  | HostEnd;

/** What an interface of the host may be, by its key in the file. */
export const HOST_KINDS = ['tap', 'packet', 'xdp', 'vhost-user', 'pcap', 'generator'] as const;

/** An interface of the host, as the switch is told of it: a kind and what comes after `--port NAME=KIND:`. */
export interface HostEnd {
  readonly kind: 'tap' | 'packet' | 'xdp' | 'vhost-user' | 'pcap' | 'gen' | 'null';
  readonly target: string;
}

/** A port of the switch. */
export interface SitePort {
  /** `fw.lan`, or the name of an interface of the host. */
  readonly name: string;
  readonly end: PortEnd;
  readonly vlans: Vlans;
  readonly span: Span;
}

export interface SiteNetwork {
  readonly name: string;
  readonly kind: 'switch' | 'wire';
  /** Seconds after which an address that was not seen is forgotten. */
  readonly ageingS: number;
  /** Broadcast, multicast and unknown frames a second that one port may flood; 0: no limit. */
  readonly floodPps: number;
  readonly ports: readonly SitePort[];
}

export interface Site {
  readonly name: string;
  /** An absolute path. */
  readonly file: string;
  readonly appliances: readonly SiteAppliance[];
  readonly networks: readonly SiteNetwork[];
  /** Of the switch. */
  readonly switchCpus?: readonly number[];
}

export const SITE_LIMITS = { appliances: 4096, count: 4096, ageingSDefault: 300, floodPpsDefault: 10_000, watchdogSDefault: 10 } as const;
