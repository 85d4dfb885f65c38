// @ts-check
/** The page of the studio: asks the server for a picture, shows figures in it, and one element beside it. */
import { elementRates, portRates, short, sparkline, total } from './figures.mjs';

/** Points of a port's line: a minute and more. */
const HISTORY_MAX = 90;

const place = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** Which subject the page shows; that of the address, or the only one there is. */
let of = new URLSearchParams(location.search).get('of') ?? '';
/** @type {any} */
let view;
/** @type {import('./figures.mjs').Look | undefined} */
let before;
/** @type {import('./figures.mjs').Look | undefined} */
let now;
let chosen = decodeURIComponent(location.hash.slice(1));
/** @type {Map<string, number[]>} */
const history = new Map();

/** @param {string} path @param {Record<string, string>} [query] */
async function ask(path, query = {}) {
  const answer = await fetch(`${path}?${new URLSearchParams({ of, ...query })}`);
  return content(answer);
}

/** @param {Response} answer */
async function content(answer) {
  const value = await answer.json().catch(() => ({ error: `the studio answers ${answer.status}` }));
  if (!answer.ok) throw new Error(value.error);
  return value;
}

/** An element with attributes and children; text is never taken for markup.
 * @param {string} tag @param {Record<string, any>} attributes @param {(Node | string)[]} children */
function make(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** @param {readonly (readonly (string | Node)[])[]} rows @param {readonly string[]} titles @param {readonly number[]} numbers columns with figures */
function table(titles, rows, numbers = []) {
  const side = (/** @type {number} */ column) => (numbers.includes(column) ? { class: 'n' } : {});
  return make('table', {}, make('tr', {}, ...titles.map((title, column) => make('th', side(column), title))), ...rows.map((row) => make('tr', {}, ...row.map((cell, column) => make('td', side(column), cell)))));
}

/** @param {string} text empty: nothing to say */
function notice(text) {
  place('notice').hidden = text === '';
  place('notice').textContent = text;
}

// ---- the picture --------------------------------------------------------------------------------------

async function showView() {
  view = await ask('/view');
  document.title = `${view.title} - Wirelet studio`;
  place('title').textContent = view.title;
  place('about').textContent = view.about;
  place('diagnostics').hidden = view.diagnostics.length === 0;
  place('diagnostics').replaceChildren(...view.diagnostics.map((/** @type {any} */ { severity, text }) => make('pre', { class: severity }, text)));
  place('picture').classList.toggle('stale', view.stale);
  place('names').replaceChildren(...view.elements.map((/** @type {any} */ { name }) => make('option', { value: name })));
  place('traced').textContent = view.live ? 'Copies of frames that come, followed through the graph in Node; ten seconds at most.' : 'Made-up frames to the first interface, followed through the graph.';
  if (view.svg === null) {
    const rows = view.elements.map((/** @type {any} */ { name, class: type, config }) => [make('a', { href: `#${encodeURIComponent(name)}` }, name), type, config.slice(0, 80)]);
    place('picture').replaceChildren(rows.length === 0 ? make('p', {}, 'Nothing to draw yet.') : table(['element', 'class', 'configuration'], rows));
  } else {
    place('picture').innerHTML = view.svg;
    movable(/** @type {SVGSVGElement} */ (place('picture').firstElementChild));
  }
  before = now = undefined;
  await showElement();
}

/** Scrolling, dragging, and clicks on boxes. @param {SVGSVGElement} svg */
function movable(svg) {
  const whole = svg.viewBox.baseVal;
  const home = [whole.x, whole.y, whole.width, whole.height];
  let box = [...home];
  const set = (/** @type {number[]} */ next) => {
    box = next;
    svg.setAttribute('viewBox', box.join(' '));
  };
  /** Units of the picture in a pixel of the screen. */
  const scale = () => Math.max(/** @type {number} */ (box[2]) / svg.clientWidth, /** @type {number} */ (box[3]) / svg.clientHeight);
  svg.addEventListener('wheel', (event) => {
    event.preventDefault();
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(/** @type {DOMMatrix} */ (svg.getScreenCTM()).inverse());
    const factor = Math.min(8, Math.max(0.05, (/** @type {number} */ (box[2]) / /** @type {number} */ (home[2])) * Math.exp(event.deltaY / 600))) / (/** @type {number} */ (box[2]) / /** @type {number} */ (home[2]));
    const [x, y, width, height] = /** @type {[number, number, number, number]} */ (box);
    set([point.x - (point.x - x) * factor, point.y - (point.y - y) * factor, width * factor, height * factor]);
  }, { passive: false });
  let dragged = false;
  svg.addEventListener('pointermove', (event) => {
    if (event.buttons !== 1) return;
    dragged ||= Math.abs(event.movementX) + Math.abs(event.movementY) > 2;
    const [x, y, width, height] = /** @type {[number, number, number, number]} */ (box);
    if (dragged) set([x - event.movementX * scale(), y - event.movementY * scale(), width, height]);
  });
  svg.addEventListener('pointerdown', () => (dragged = false));
  svg.addEventListener('dblclick', () => set([...home]));
  const choose = (/** @type {Event} */ event) => {
    const name = /** @type {Element} */ (event.target).closest('[data-element]')?.getAttribute('data-element');
    if (name !== null && name !== undefined && !dragged) location.hash = encodeURIComponent(name);
  };
  svg.addEventListener('click', choose);
  svg.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' || event.key === ' ') choose(event);
  });
}

// ---- figures ------------------------------------------------------------------------------------------

/** @param {import('./figures.mjs').Look} look */
function showFigures(look) {
  notice('');
  [before, now] = [now, look];
  showPorts(look);
  for (const { name } of view.elements) {
    const rates = elementRates(before, look, name);
    for (const box of place('picture').querySelectorAll(`[data-element="${CSS.escape(name)}"]`)) {
      const drops = total(look.figures.elements[name]?.drops ?? {});
      /** @type {Element} */ (box.querySelector('.figure')).textContent = drops === 0 ? '' : `${short(drops)} dropped${rates.drops ? `, ${short(rates.drops)}/s` : ''}`;
      box.classList.toggle('dropping', (rates.drops ?? 0) > 0);
    }
    for (const edge of view.edges) {
      if (edge.from !== name) continue;
      const each = rates.outputs[edge.output] ?? null;
      const arrow = place('picture').querySelector(`[data-edge="${edge.id}"]`);
      if (arrow === null) continue;
      arrow.classList.toggle('flowing', (each ?? 0) > 0);
      /** @type {Element} */ (arrow.querySelector('.rate')).textContent = each ? `${short(each)}/s` : '';
    }
  }
  showCounts();
}

/** @param {import('./figures.mjs').Look} look */
function showPorts(look) {
  const rows = Object.entries(look.figures.ports).map(([name, figures]) => {
    const { rx, tx, rxBits, txBits } = portRates(before, look, name);
    const line = history.get(name) ?? [];
    if (rx !== null) line.push(rx);
    history.set(name, line.slice(-HISTORY_MAX));
    return [name, short(figures.rx_packets), short(rx), short(rxBits), spark(line), short(figures.tx_packets), short(tx), short(txBits), short(figures.drops)];
  });
  place('ports').hidden = rows.length === 0;
  place('ports').replaceChildren(table(['port', 'frames in', 'a second', 'bit/s', 'in, by seconds', 'frames out', 'a second', 'bit/s', 'drops'], rows, [1, 2, 3, 5, 6, 7, 8]));
}

/** @param {readonly number[]} values */
function spark(values) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 100 20');
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('class', 'spark');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', sparkline(values));
  svg.append(path);
  return svg;
}

// ---- one element --------------------------------------------------------------------------------------

async function showElement() {
  chosen = decodeURIComponent(location.hash.slice(1));
  for (const box of place('picture').querySelectorAll('[data-element]')) box.classList.toggle('chosen', box.getAttribute('data-element') === chosen);
  if (chosen === '') return place('element').replaceChildren();
  const wanted = chosen;
  const found = await ask('/element', { name: wanted }).catch((error) => ({ error }));
  if (wanted !== chosen) return;
  if ('error' in found) return place('element').replaceChildren(make('p', { class: 'bad' }, found.error.message));
  const ports = [...found.inputs.map((/** @type {any} */ port) => ({ ...port, side: 'input', joint: 'from' })), ...found.outputs.map((/** @type {any} */ port) => ({ ...port, side: 'output', joint: 'to' }))];
  place('element').replaceChildren(
    make('h2', {}, found.name),
    make('p', {}, found.place === '' ? found.class : `${found.class}, ${found.place}`),
    make('code', {}, `${found.class}(${found.config})`),
    make('section', { id: 'counts' }),
    ...(ports.length === 0 ? [] : [table(['port', '', 'connected'], ports.map(({ side, name, processing, joint, peers }) => [`${side} ${name}`, processing, peers.length === 0 ? '-' : `${joint} ${peers.join(', ')}`]))]),
    ...(found.handlers.length === 0 ? [] : [make('h2', {}, 'Handlers'), ...found.handlers.map((/** @type {any} */ handler) => handlerRow(found.name, handler))]),
    make('h2', {}, 'Manual'),
    make('pre', {}, found.manual),
    listingButton(found.name),
  );
  meanings = { counters: found.counters, drops: found.drops };
  showCounts();
}

/** @type {{ counters: Record<string, string>, drops: Record<string, string> }} */
let meanings = { counters: {}, drops: {} };

/** Counters and drops of the chosen element, as they are now. */
function showCounts() {
  const figures = now?.figures.elements[chosen];
  const counts = document.getElementById('counts');
  if (figures === undefined || counts === null) return;
  const old = before?.figures.elements[chosen];
  const seconds = before === undefined || now === undefined ? 0 : (now.at_ms - before.at_ms) / 1000;
  const each = (/** @type {number} */ value, /** @type {number | undefined} */ earlier) => (earlier === undefined || seconds <= 0 || value < earlier ? '' : short((value - earlier) / seconds));
  const named = (/** @type {string} */ text, /** @type {string | undefined} */ meaning) => make('span', { title: meaning ?? '' }, text);
  const rows = [
    ...Object.entries(figures.counters).map(([name, value]) => [named(name, meanings.counters[name]), value.toLocaleString('en-US'), each(value, old?.counters[name])]),
    ...Object.entries(figures.drops).map(([name, value]) => [named(`dropped: ${name}`, meanings.drops[name]), value.toLocaleString('en-US'), each(value, old?.drops[name])]),
  ];
  counts.replaceChildren(table(['counter', 'now', 'a second'], rows, [1, 2]));
}

/** @param {string} element @param {{ name: string, flags: string, doc: string }} handler */
function handlerRow(element, { name, flags, doc }) {
  const shown = make('pre', {});
  shown.hidden = true;
  const show = (/** @type {Promise<string>} */ answer) => answer.then((text) => tell(shown, text, false), (error) => tell(shown, error.message, true));
  const read = () => show(ask('/read', { handler: `${element}.${name}` }).then(({ value }) => value));
  const value = /** @type {HTMLInputElement} */ (make('input', { 'aria-label': `value for ${name}`, autocomplete: 'off' }));
  const write = () => show(post(`${element}.${name}`, value.value));
  return make('div', { title: doc },
    make('code', {}, name), ' ',
    ...(flags.includes('r') ? [make('button', { onclick: read }, 'read'), ' '] : []),
    ...(flags.includes('w') ? [value, ' ', make('button', { onclick: write }, 'write')] : []),
    shown);
}

/** @param {string} handler @param {string} value */
async function post(handler, value) {
  const answer = await fetch('/write', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ of, handler, value }) });
  return (await content(answer)).message;
}

/** @param {HTMLElement} shown @param {string} text @param {boolean} bad */
function tell(shown, text, bad) {
  shown.hidden = false;
  shown.textContent = text === '' ? '(nothing)' : text;
  shown.classList.toggle('bad', bad);
}

/** @param {string} name */
function listingButton(name) {
  const shown = make('pre', { class: 'wide' });
  shown.hidden = true;
  const show = () => {
    tell(shown, 'compiling ...', false);
    ask('/listing', { name }).then(({ text }) => tell(shown, text, false), (error) => tell(shown, error.message, true));
  };
  return make('div', {}, make('button', { onclick: show }, 'TypeScript beside its C'), shown);
}

// ---- beginning ----------------------------------------------------------------------------------------

function listen() {
  const source = new EventSource(`/events?${new URLSearchParams({ of })}`);
  source.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    if (event.kind === 'figures') showFigures(event);
    else if (event.kind === 'gone') notice(`${event.reason.split('\n')[0]}. Looking for it again.`);
    else showView().catch((error) => notice(error.message));
  };
  source.onerror = () => notice('The studio does not answer: it may have been ended.');
}

/** @param {readonly string[]} names */
function offer(names) {
  place('subjects').hidden = false;
  place('subjects').replaceChildren(...names.map((name) => make('a', { href: `/?${new URLSearchParams({ of: name })}` }, name)));
}

async function begin() {
  const { subjects } = await ask('/subjects');
  if (subjects.length > 1 || of !== '') offer(subjects);
  if (of === '' && subjects.length === 1) of = subjects[0];
  if (of === '') return notice(subjects.length === 0 ? 'No appliance with a name runs: wirelet run GRAPH --name NAME starts one. Then load this page again.' : 'Choose an appliance.');
  await showView();
  listen();
}

place('find').addEventListener('submit', (event) => {
  event.preventDefault();
  location.hash = encodeURIComponent(/** @type {HTMLInputElement} */ (place('wanted')).value);
});
place('wanted').addEventListener('change', () => (location.hash = encodeURIComponent(/** @type {HTMLInputElement} */ (place('wanted')).value)));
place('trace').addEventListener('submit', (event) => {
  event.preventDefault();
  const form = new FormData(/** @type {HTMLFormElement} */ (place('trace')));
  const hops = place('hops');
  hops.className = 'wide';
  tell(hops, view.live ? 'waiting for frames ...' : 'running ...', false);
  ask('/trace', { count: String(form.get('count')), match: String(form.get('match')) }).then(({ text }) => tell(hops, text, false), (error) => tell(hops, error.message, true));
});
window.addEventListener('hashchange', () => void showElement());
begin().catch((error) => notice(error.message));
