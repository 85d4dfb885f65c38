/** The studio: who may ask, what it answers of files and of running appliances, and what a browser makes of it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t, { type Test } from 'tap';
import { loadGraph } from '#src/graph/load.js';
import { draw, ELEMENTS_DRAWN_MAX } from '#src/observe/studio/drawing.js';
import { FileSubject } from '#src/observe/studio/file-subject.js';
import { LiveSubject } from '#src/observe/studio/live-subject.js';
import { StudioServer } from '#src/observe/studio/studio-server.js';
import type { ElementView, StudioEvent, Subject, View } from '#src/observe/studio/subject.js';
import { packageRoot } from '#src/package-root.js';
import { Browser, browserProblem } from '../system/lab/browser.js';
import { until } from '../system/lab/until.js';
import { wirelet } from '../system/command-line.js';
import { running } from '../system/running.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-studio-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
process.env['XDG_RUNTIME_DIR'] = folder;

const GRAPH = `name: crossing
interfaces: { lan: { mac: 02:00:00:00:00:01 }, wan: { mac: 02:00:00:00:00:02 } }
graph: |
  lan -> arrived :: Counter -> way :: Switch(0) -> wan
  way[1] -> Discard
  wan -> Discard
`;
const file = path.join(folder, 'crossing.yaml');
writeFileSync(file, GRAPH);

interface Asker {
  readonly studio: StudioServer;
  get<T>(where: string): Promise<T>;
  post(body: object): Promise<{ message?: string; error?: string }>;
  /** Status, text and headers, of a request with these headers alone. */
  bare(where: string, headers?: Record<string, string>, method?: string): Promise<{ status: number; text: string; cookie: string }>;
}

async function open(t: Test, subject: Subject): Promise<Asker> {
  const studio = await StudioServer.open({ host: '127.0.0.1', port: 0 }, { names: () => [subject.name], find: () => subject });
  t.teardown(() => studio.close());
  const base = new URL(studio.url);
  const bare: Asker['bare'] = (where, headers = {}, method = 'GET') =>
    new Promise((resolve, reject) => {
      const asked = request(new URL(where, base), { headers, method, agent: false }, (response) => {
        let text = '';
        response.on('data', (bytes) => (text += bytes));
        response.on('end', () => resolve({ status: response.statusCode!, text, cookie: (response.headers['set-cookie']?.[0] ?? '').split(';')[0]! }));
      });
      asked.on('error', reject).end();
    });
  const { cookie } = await bare(studio.url);
  return {
    studio, bare,
    get: async (where) => JSON.parse((await bare(where, { cookie })).text),
    post: async (body) => (await fetch(new URL('/write', base), { method: 'POST', headers: { cookie }, body: JSON.stringify(body) })).json() as Promise<{ message?: string; error?: string }>,
  };
}

await t.test('a picture has each element, each connection, and compounds around what is in them', async (t) => {
  const click = path.join(folder, 'nested.click');
  writeFileSync(click, `elementclass Pair { input -> first :: Counter -> second :: Counter -> output }
    InfiniteSource(LIMIT 1) -> p :: Pair -> q :: Queue -> Unqueue -> Paint(1 /* <"'&> */) -> Discard;`);
  const { checked } = await loadGraph(click);
  const { svg, edges } = draw(checked);
  t.equal(svg!.match(/data-element="/g)!.length, checked.instances.length);
  t.equal(svg!.match(/data-edge="/g)!.length, edges.length);
  t.same(edges.map(({ from, to, processing }) => `${from} ${processing} ${to}`), ['InfiniteSource@1 push p/first', 'q pull Unqueue@4', 'Unqueue@4 push Paint@5', 'Paint@5 push Discard@6', 'p/first push p/second', 'p/second push q']);
  t.match(svg, /class="compound"[^]*?>p<\/text>/);
  t.notMatch(svg, /NaN|undefined/);
});

await t.test('what is in a graph is never taken for markup', async (t) => {
  const hostile = path.join(folder, 'hostile.yaml');
  writeFileSync(hostile, 'name: "<script>alert(1)</script>"\ninterfaces: [lan]\ngraph: |\n  lan -> Discard\n');
  const { checked } = await loadGraph(hostile).catch(() => loadGraph(file));
  const { svg } = draw({ ...checked, name: '<script>"&' });
  t.notMatch(svg, /<script/);
});

await t.test('too many elements for a picture are said to be so', async (t) => {
  const large = path.join(folder, 'large.click');
  writeFileSync(large, `InfiniteSource(LIMIT 1)${' -> Counter'.repeat(ELEMENTS_DRAWN_MAX)} -> Discard;`);
  const view = await new FileSubject(large, {}).view();
  t.equal(view.svg, null);
  t.equal(view.elements.length, ELEMENTS_DRAWN_MAX + 2);
});

await t.test('nobody without the key gets or changes anything', async (t) => {
  const { studio, bare } = await open(t, new FileSubject(file, {}));
  const { port } = new URL(studio.url);
  for (const where of ['/', '/view?of=crossing.yaml', '/events?of=crossing.yaml', '/studio.mjs', '/?key=00', '/?key=']) t.equal((await bare(where)).status, 403, where);
  t.equal((await bare('/write', {}, 'POST')).status, 403);
  t.equal((await bare('/', { cookie: `wirelet_studio_${port}=${'0'.repeat(32)}` })).status, 403);
  const welcome = await bare(studio.url);
  t.equal(welcome.status, 303, 'the key goes out of the address');
  t.equal((await bare('/', { cookie: welcome.cookie })).status, 200);
  t.equal((await bare('/write', { cookie: welcome.cookie })).status, 405, 'nothing is written by looking');
  t.equal((await bare('/../../package.json', { cookie: welcome.cookie })).status, 404, 'there are no files but the page');
});

await t.test('a file is drawn, explained and traced; when it is saved with a mistake, that is shown beside the last good picture', async (t) => {
  const { get } = await open(t, new FileSubject(file, {}));
  const first = await get<View>('/view?of=crossing.yaml');
  t.match(first, { title: 'crossing', live: false, stale: false, diagnostics: [] });
  const element = await get<ElementView>('/element?of=crossing.yaml&name=way');
  t.match(element, { class: 'Switch', config: '0', place: `${file}:4:32`, inputs: [{ name: 'in', peers: ['arrived[out]'] }] });
  t.match(element.manual, /\w/);
  t.match(await get('/element?of=crossing.yaml&name=nobody'), { error: /no element "nobody"/ });
  t.match(await get('/trace?of=crossing.yaml&count=1'), { text: /arrived +Counter -> 0[^]*sends it on wan/ });
  t.match(await get('/trace?of=crossing.yaml&count=0'), { error: /WL1391/ });
  t.match(await get('/listing?of=crossing.yaml&name=way'), { text: /way :: Switch[^]*\| / });
  t.match(await get('/read?of=crossing.yaml&handler=way.switch'), { error: /WL4146[^]*wirelet run GRAPH --name/ });
});

await t.test('whoever watches a file hears when it is saved', async (t) => {
  const subject = new FileSubject(file, {});
  const stop = new AbortController();
  t.teardown(() => stop.abort());
  const heard: StudioEvent[] = [];
  const watching = subject.watch((event) => heard.push(event), stop.signal);
  await subject.view();
  // Watching begins a moment later: the file is saved until it is heard.
  await until(async () => {
    writeFileSync(file, GRAPH.replace('way :: Switch(0)', 'way :: Swich(0)'));
    return heard.length;
  }, (count) => count > 0, 'a file that was saved');
  const wrong = await until(() => subject.view(), ({ stale }) => stale, 'the mistake');
  t.match(wrong.diagnostics, [{ line: 4, text: /WL\d+ [^]*Did you mean "Switch"/ }]);
  t.match(wrong.svg, /data-element="way"/, 'the last good picture stays');
  writeFileSync(file, GRAPH);
  await until(() => subject.view(), ({ stale }) => !stale, 'the file put right');
  stop.abort();
  await watching;
});

await t.test('a running appliance shows its figures, answers handlers, and is found again', async (t) => {
  const start = () => running('shown', [file, '--vmm', 'process', '--port', 'lan=gen:size=64,rate=2000', '--port', 'wan=null'], { XDG_RUNTIME_DIR: folder });
  const appliance = await start();
  t.teardown(() => appliance.process.kill('SIGKILL'));
  const subject = new LiveSubject('shown', []);
  const { get, post } = await open(t, subject);
  t.match(await get('/view?of=shown'), { title: 'shown', live: true, about: /runs by process/ });
  const { handlers } = await get<ElementView>('/element?of=shown&name=way');
  t.match(handlers.find(({ name }) => name === 'switch'), { flags: /r.*w|w.*r/ });
  t.same(await get('/read?of=shown&handler=way.switch'), { value: '0' });
  t.type((await post({ of: 'shown', handler: 'way.switch', value: '1' })).message, 'string');
  t.same(await get('/read?of=shown&handler=way.switch'), { value: '1' });
  t.match(await post({ of: 'shown', handler: 'way.nothing', value: '1' }), { error: /WL4146/ });
  t.match(await get('/trace?of=shown&count=2'), { text: /frame 1 from lan[^]*2 matched/ });

  const stop = new AbortController();
  t.teardown(() => stop.abort());
  const heard: StudioEvent[] = [];
  const watching = subject.watch((event) => heard.push(event), stop.signal);
  const figures = () => heard.flatMap((event) => (event.kind === 'figures' ? [event.figures] : []));
  const counts = async () => figures().map(({ elements }) => elements['arrived']!.counters['packets']!);
  const seen = await until(counts, ({ length }) => length >= 2, 'two looks');
  t.ok(seen.at(-1)! > seen[0]!, `figures grow: ${seen.join(', ')}`);
  await appliance.stop();
  await until(async () => heard.filter(({ kind }) => kind === 'gone').length, (count) => count > 0, 'its end');
  const again = await start();
  t.teardown(() => again.process.kill('SIGKILL'));
  await until(async () => heard.filter(({ kind }) => kind === 'view').length, (count) => count > 0, 'the next of that name');
  stop.abort();
  await watching;
  await again.stop();
});

await t.test('in a browser', { skip: browserProblem() }, async (t) => {
  const appliance = await running('browsed', [file, '--vmm', 'process', '--port', 'lan=gen:size=64,rate=2000', '--port', 'wan=null'], { XDG_RUNTIME_DIR: folder });
  t.teardown(() => appliance.process.kill('SIGKILL'));
  const { studio } = await open(t, new LiveSubject('browsed', []));
  const browser = await Browser.open();
  t.teardown(() => browser.close());
  await browser.go(studio.url);
  const text = (selector: string) => browser.evaluate<string>(`document.querySelector(${JSON.stringify(selector)})?.textContent ?? ''`);
  t.match(await until(() => text('#ports'), (shown) => /lan\s*\d/.test(shown), 'ports'), /lan/);
  t.match(await until(() => text('.edge.flowing .rate'), (shown) => shown !== '', 'rates at arrows'), /^[\d.]+( k)?\/s$/);
  await browser.evaluate(`document.querySelector('[data-element="way"]').dispatchEvent(new MouseEvent('click', { bubbles: true }))`);
  await until(() => text('#element h2'), (shown) => shown === 'way', 'the element that was clicked');
  t.match(await until(() => text('#counts'), (shown) => /packets/.test(shown), 'its counters'), /packets/);
  const row = `[...document.querySelectorAll('#element div')].find((each) => each.firstElementChild?.textContent === 'switch')`;
  await browser.evaluate(`{ const row = ${row}; row.querySelector('input').value = '1'; [...row.querySelectorAll('button')].at(-1).click(); }`);
  await until(() => appliance.read('way.switch'), (value) => value === '1', 'the handler that was written');
  await browser.evaluate(`document.querySelector('#trace button').click()`);
  t.match(await until(() => text('#hops'), (shown) => /matched/.test(shown), 'a trace'), /frame 1 from lan/);
  t.equal((await browser.picture()).subarray(1, 4).toString(), 'PNG');
  t.equal(await text('#notice'), '', 'nothing is complained of');
  await appliance.stop();
});

t.test('the page asks for nothing that is not of the studio', (t) => {
  for (const name of ['studio.html', 'studio.css', 'studio.mjs', 'figures.mjs']) {
    t.notMatch(readFileSync(path.join(packageRoot, 'src/observe/studio/page', name), 'utf8'), /https?:\/\/(?!www\.w3\.org\/2000\/svg)/, name);
  }
  t.end();
});

await t.test('a file that is not there is told before anything is shown', async (t) => {
  const said = await wirelet(['studio', path.join(folder, 'gone.yaml')]);
  t.match(said, { status: 1, stdout: '', stderr: /^WL1000 error: .*gone\.yaml/ });
});
