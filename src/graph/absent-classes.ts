/** Classes of Click that there cannot be here, or are not: why, and what to use instead. */

export interface AbsentClass {
  /** Follows the name of the class: "NAME needs ...". */
  readonly reason: string;
  readonly instead: string;
}

const KERNEL: AbsentClass = { reason: 'is for a router inside the Linux kernel', instead: 'Take FromDevice and ToDevice for the frames of an interface.' };

const ABSENT: Readonly<Record<string, AbsentClass>> = {
  PollDevice: KERNEL,
  FromLinux: KERNEL,
  ToLinux: KERNEL,
  ToHostSniffers: KERNEL,
  FromUserDevice: KERNEL,
  ToUserDevice: KERNEL,
};

/** What is known of a class of Click's that there is not here. */
export function absentClass(className: string): AbsentClass | undefined {
  return Object.hasOwn(ABSENT, className) ? ABSENT[className] : undefined;
}
