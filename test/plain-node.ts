/** Programs that tests start in Node. */

/**
 * Node and its arguments, for spawn and its like, without what tap puts before every program that a test starts: it would record each module that
 * they load, for coverage, and that takes longer than most of them do.
 */
export function plainNode(...args: readonly string[]): [program: string, args: string[]] {
  return ['env', ['-u', 'NODE_OPTIONS', process.execPath, ...args]];
}
