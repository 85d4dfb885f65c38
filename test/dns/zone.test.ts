/** Zone files: what they mean, and what is said of bad ones; held to BIND's named-checkzone where it is installed. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { formatDiagnostic, placeOf } from '#src/diagnostics.js';
import { formatName } from '#src/kit/dns/name.js';
import { formatType } from '#src/kit/dns/record-data.js';
import { dataBytes } from '#src/kit/dns/zone.js';
import { nameFrom, zoneFrom } from './read-zone.js';
import { BAD, GOOD, HEAD, ORIGIN, STRICTER } from './zone-cases.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-zone-'));
t.teardown(() => rmSync(folder, { recursive: true }));

const checker = spawnSync('named-checkzone', ['-v']).status === 0;

/** Whether BIND would serve the zone. */
function isGoodForBind(text: string): boolean {
  const file = path.join(folder, 'bind.zone');
  writeFileSync(file, text);
  return spawnSync('named-checkzone', ['-w', folder, ORIGIN, file], { timeout: 10_000 }).status === 0;
}

function accepted(text: string): boolean {
  return zoneFrom(text, ORIGIN, folder).zone !== undefined;
}

for (const [lines, wanted] of [[GOOD, true], [BAD, false]] as const) {
  t.test(`${wanted ? 'good' : 'bad'} zones are known as such${checker ? ', as by named-checkzone' : ''}`, (t) => {
    for (const line of lines) {
      const text = `${HEAD}${line}\n`;
      t.equal(accepted(text), wanted, `${JSON.stringify(line)}\n${zoneFrom(text, ORIGIN, folder).diagnostics.list.map(formatDiagnostic).join('\n')}`);
      if (checker) t.equal(isGoodForBind(text), wanted, `named-checkzone: ${JSON.stringify(line)}`);
    }
    t.end();
  });
}

t.test('named-checkzone is a judge', { skip: checker ? false : 'named-checkzone is not installed (Debian: bind9-utils)' }, (t) => {
  for (const [line, why] of Object.entries(STRICTER)) {
    t.equal(accepted(`${HEAD}${line}\n`), false, `refused: ${line} (${why})`);
    t.equal(isGoodForBind(`${HEAD}${line}\n`), true, `named-checkzone takes ${line}`);
  }
  for (const [text, why] of [['', 'nothing'], ['$TTL 1\n@ SOA ns hm 1 2 3 4 5\n', 'no NS'], ['$TTL 1\n@ NS ns.net.\n', 'no SOA'], [' A 1.2.3.4\n', 'no owner'], ['@ NS ns.net.\n', 'no time to live']] as const) {
    t.equal(accepted(text), false, why);
    t.equal(isGoodForBind(text), false, `named-checkzone: ${why}`);
  }
  const untimed = '@ SOA ns.net. hm 1 2 3 4 5\n NS ns.net.\nx 7 A 1.2.3.4\ny A 1.2.3.4\n';
  t.ok(accepted(untimed) && isGoodForBind(untimed), 'without $TTL the one before counts');
  t.end();
});

t.test('the records of a zone are the ones that named-checkzone prints', { skip: checker ? false : 'named-checkzone is not installed (Debian: bind9-utils)' }, (t) => {
  mkdirSync(path.join(folder, 'part'), { recursive: true });
  writeFileSync(path.join(folder, 'part/more'), 'a A 192.0.2.7\n$ORIGIN deep\n$TTL 9\nb A 192.0.2.8\n');
  const text = `${HEAD}${GOOD.filter((line) => !/^(x CNAME|other|x 1 A|\$TTL)/.test(line)).join('\n')}\n$ORIGIN example.org.\n$TTL 5\nlast TXT 1\n$INCLUDE part/more inner\n\nlater TXT 2\nrelative TXT 3\n`;
  const file = path.join(folder, 'all.zone');
  writeFileSync(file, text);
  const { zone, diagnostics } = zoneFrom(text, ORIGIN, folder);
  if (zone === undefined) return t.fail(diagnostics.list.map(formatDiagnostic).join('\n'));
  const { stdout } = spawnSync('named-checkzone', ['-D', '-q', '-s', 'full', '-w', folder, ORIGIN, file], { encoding: 'utf8', timeout: 10_000 });
  const theirs = zoneFrom(stdout, ORIGIN).zone!;
  const listed = (of: typeof zone) =>
    of.all.flatMap(({ name, sets }) => [...sets.values()].flatMap(({ type, ttl, records }) =>
      records.map(({ data }) => `${formatName(name).toLowerCase()} ${ttl} ${formatType(type)} ${Buffer.from(dataBytes(data)).toString('hex')}`))).sort();
  t.same(listed(zone), listed(theirs));
  t.ok(listed(zone).length > 30, 'there are many');
  t.equal(zone.find(nameFrom('b.deep.inner.example.org.'))?.sets.get(1)?.ttl, 9);
  t.end();
});

t.test('every mistake in a zone is said at once, where it is', (t) => {
  const text = `${HEAD}x A 1.2.3\ny MX ns\nz TXT "open\n  A 1.2.3.4 5\nw CNAME a\nw TXT b\n`;
  const { diagnostics } = zoneFrom(text, ORIGIN);
  t.same(diagnostics.list.map(({ span, code }) => `${code} ${placeOf(span!)}`), [
    'WL1311 test.zone:8:7', 'WL1311 test.zone:6:5', 'WL1311 test.zone:7:6', 'WL1311 test.zone:8:6', 'WL1311 test.zone:9:13', 'WL1312 test.zone:11:1',
  ]);
  t.end();
});

t.test('a file that includes itself ends', (t) => {
  writeFileSync(path.join(folder, 'self'), '$INCLUDE self\n');
  const { diagnostics } = zoneFrom(`${HEAD}$INCLUDE self\n`, ORIGIN, folder);
  t.match(diagnostics.list.map(({ message }) => message).join(), /more than 16 deep/);
  t.end();
});

t.test('no text makes the reader fail otherwise than with a message', (t) => {
  const pieces = ['@', 'x', 'A', '1.2.3.4', '\\', '"', '(', ')', ';', '\n', ' ', '\t', '$ORIGIN', '$TTL', 'TXT', 'SOA', '..', '\\0', '\\#', '5', 'é', '\u0000', '\r\n', 'MX', 'AAAA', '::', '\f', '$'];
  let state = 1;
  const next = (bound: number) => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) % bound;
  for (let round = 0; round < 3000; round += 1) {
    const text = Array.from({ length: next(40) }, () => pieces[(next(1 << 20) >>> 4) % pieces.length]).join('');
    try {
      zoneFrom(round % 2 === 0 ? text : HEAD + text, ORIGIN, folder);
    } catch (error) {
      t.fail(`${JSON.stringify(text)}: ${String(error)}`);
    }
  }
  t.end();
});
