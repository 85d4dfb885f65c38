import { statSync } from 'node:fs';

/** Whether an argument that may be GRAPH or VM is a file, or has the name of one. */
export function namesGraph(subject: string): boolean {
  return statSync(subject, { throwIfNoEntry: false })?.isFile() === true || /\.(ya?ml|json|click)$/i.test(subject);
}
