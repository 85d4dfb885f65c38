/** A smaller graph that fails as a greater one does. */
import { around, without, type GraphModel } from './graph-model.js';

/** Leaves out elements, halves first, then one by one, as long as `fails` still holds; `most` trials. */
export async function shrink(model: GraphModel, fails: (model: GraphModel) => Promise<boolean>, most: number): Promise<GraphModel> {
  let best = model;
  let left = most;
  const attempt = async (candidate: GraphModel | undefined): Promise<boolean> => {
    if (candidate === undefined || left === 0) return false;
    left -= 1;
    if (!(await fails(candidate))) return false;
    best = candidate;
    return true;
  };
  await attempt({ ...best, compounds: [] });
  for (let size = best.elements.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at < best.elements.length; ) {
      const names = best.elements.slice(at, at + size).filter(({ className }) => className !== 'Discard' && className !== 'Idle').map(({ name }) => name);
      const smaller = names.length > 0 && ((names.length === 1 && (await attempt(around(best, names[0]!)))) || (await attempt(without(best, new Set(names)))));
      if (!smaller) at += size;
    }
  }
  return best;
}
