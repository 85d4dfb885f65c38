/**
 * Every element class is shown at work: by its own examples, which test/elements runs, or by a case or a configuration. So a class that nothing covers cannot be
 * added.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { informationClasses } from '#src/graph/information-elements.js';
import { allManuals } from '#src/graph/manual.js';
import { packageRoot } from '#src/package-root.js';
import { cases } from './cases.js';

const CLASSES_MIN = 220;
const folder = path.join(packageRoot, 'configs/click');
const here = path.join(packageRoot, 'test/click');
const texts = [
  ...cases.map(({ given }) => `${given.config ?? ''}\n${(given.args ?? []).join('\n')}\n${given.stdin ?? ''}\n${Object.values(given.files ?? {}).join('\n')}`),
  ...readdirSync(folder).map((name) => readFileSync(path.join(folder, name), 'utf8')),
  ...readdirSync(here).filter((name) => name.endsWith('.test.ts') && name !== 'classes.test.ts').map((name) => readFileSync(path.join(here, name), 'utf8')),
];
const words = new Set(texts.flatMap((text) => text.split(/\W+/)));

const manuals = await allManuals();

t.test('every class has examples, or is part of a case or configuration', (t) => {
  const uncovered = manuals.filter(({ class: { name, examples } }) => examples.length === 0 && !words.has(name)).map(({ class: { name } }) => name);
  t.same(uncovered, [], 'add a case to test/click, or examples to the element');
  t.same(informationClasses.filter((name) => !words.has(name)), [], 'classes that only inform others');
  t.end();
});

t.test(`there are at least ${CLASSES_MIN} classes`, (t) => {
  t.ok(manuals.length + informationClasses.length >= CLASSES_MIN, `${manuals.length} and ${informationClasses.length}`);
  t.end();
});
