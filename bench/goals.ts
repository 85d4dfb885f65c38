/** All that is promised besides the scenarios' rates, in the order of docs/specification.md. */
import { APPLIANCES } from './goals/appliances.js';
import type { GoalGroup } from './goals/goal.js';
import { MAIN_JOB } from './goals/main-job.js';
import { MEASURING } from './goals/measuring.js';
import { PACKET_PATH } from './goals/packet-path.js';
import { SITES } from './goals/sites.js';
import type { Figure } from './record.js';

export const GOALS: readonly GoalGroup[] = [...MAIN_JOB, ...PACKET_PATH, ...APPLIANCES, ...SITES, ...MEASURING];

/** Measures groups one after another. What cannot be measured is told by `say` and has no figure. */
export async function measureGoals(groups: readonly GoalGroup[], samples: number, say: (text: string) => void): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [index, group] of groups.entries()) {
    if (group.measure === undefined) {
      say(`${group.name}: there is no measurement of it yet`);
      continue;
    }
    say(`${group.name} (${index + 1} of ${groups.length}) ...`);
    try {
      for (const measurement of await group.measure(say, samples)) {
        const goal = group.goals.find(({ name }) => name === measurement.name);
        if (goal === undefined) throw new Error(`"${measurement.name}" is none of its goals`);
        if (!Number.isFinite(measurement.value)) throw new Error(`"${measurement.name}" is no number`);
        figures.push({ ...measurement, unit: goal.unit });
      }
    } catch (error) {
      say(`${group.name} is not measured: ${(error as Error).message}`);
    }
  }
  return figures;
}
