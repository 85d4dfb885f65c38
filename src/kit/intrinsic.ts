/**
 * Intrinsics: functions of the kit that Node runs as written and that the compiler replaces by its own
 * code. Everything else an element calls must itself be in the packet-path subset, and is compiled from
 * its source.
 */
const names = new WeakMap<object, string>();

/** Registers `run` as the intrinsic `name`; the compiler looks its lowering up by that name. */
export function intrinsic<F extends (...args: never[]) => unknown>(name: string, run: F): F {
  names.set(run, name);
  return run;
}

/** The intrinsic's name, or undefined if `value` is not an intrinsic. */
export function intrinsicName(value: unknown): string | undefined {
  return typeof value === 'function' ? names.get(value) : undefined;
}
