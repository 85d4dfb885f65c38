/** Something that this machine lacks: a compiler, a device, a permission, a step of the build. */
export class Unavailable extends Error {
  constructor(
    message: string,
    /** What to do about it, best as a command. */
    readonly fix: string,
    readonly code = 'WL5000',
  ) {
    super(message);
    this.name = 'Unavailable';
  }
}
