/**
 * The appliance dns-server answers as BIND's named does, question by question over the same zone. WIRELET_SEED=N adds
 * requests of that seed.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '#src/package-root.js';
import { Dice } from '../differential/element-fuzz.js';
import { differences } from './compare.js';
import { decode, encodeRequest, type Request } from './message.js';
import { Named, namedProblem } from './named.js';
import { NodeServer } from './node-server.js';
import { allQuestions, ORIGIN, requestForms } from './questions.js';
import { randomZone } from './random-zone.js';

const SHOWN_MAX = 20;
const ZONES = ['test/dns/full.zone', 'configs/zones/example.org.zone'].map((file) => path.join(packageRoot, file));

/** Types that zones by chance have, and one that they have not. */
const SHORT = [1, 2, 5, 15, 28, 33, 43, 16, 12];

/** Where the answers to requests differ; empty: nowhere. */
async function compared(server: NodeServer, named: Named, requests: readonly Request[]): Promise<string> {
  const wrong: string[] = [];
  let number = 0;
  for (const request of requests) {
    const message = encodeRequest({ ...request, id: (number += 1) & 0xffff });
    const [ours, theirs] = [server.ask(message), await named.ask(message)];
    const found = differences(request, ours && decode(ours), theirs && decode(theirs));
    if (found.length > 0) wrong.push(`${JSON.stringify(request)}\n  ${found.join('\n  ')}`);
  }
  return wrong.length === 0 ? '' : `${wrong.length} of ${requests.length} differ:\n${wrong.slice(0, SHOWN_MAX).join('\n')}`;
}

for (const zoneFile of namedProblem === undefined ? ZONES : []) {
  await t.test(`the server answers questions about ${path.basename(zoneFile)} as named does`, async (t) => {
    const named = await Named.start(zoneFile, ORIGIN);
    t.teardown(() => named.stop());
    const server = await NodeServer.start({ zone: zoneFile });
    const seeds = [1, 2, 3, ...(process.env.WIRELET_SEED === undefined ? [] : [Number(process.env.WIRELET_SEED)])];
    const groups: [string, Request[]][] = [
      ['every name with every type', allQuestions(zoneFile)],
      ...seeds.map((seed): [string, Request[]] => [`requests of all forms (WIRELET_SEED=${seed})`, requestForms(zoneFile, 1000, seed)]),
    ];
    for (const [title, requests] of groups) {
      t.equal(await compared(server, named, requests), '', title);
      t.ok(requests.length > 300, `${requests.length} questions`);
    }
  });
}

const ZONE_SEEDS = [11, 12, 13, 14, ...(process.env.WIRELET_SEED === undefined ? [] : [Number(process.env.WIRELET_SEED)])];

for (const seed of namedProblem === undefined ? ZONE_SEEDS : []) {
  await t.test(`and about a zone by chance (WIRELET_SEED=${seed})`, async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-zone-'));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    const zone = path.join(folder, 'random.zone');
    writeFileSync(zone, randomZone(new Dice(seed)));
    const named = await Named.start(zone, ORIGIN);
    t.teardown(() => named.stop());
    const server = await NodeServer.start({ zone });
    const requests = allQuestions(zone).filter(({ type }) => SHORT.includes(type!));
    t.equal(await compared(server, named, requests), '', 'test/dns/random-zone.ts makes the zone');
    t.ok(requests.length > 500, `${requests.length} questions`);
  });
}

if (namedProblem !== undefined) t.test('named is the judge', { skip: namedProblem }, () => undefined);
