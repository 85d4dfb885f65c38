/**
 * The documentation as a site: every document of the repository becomes a page, which configs/project-site.yaml serves. Runs as a step
 * of `npm run build`; the same documents make the same site.
 */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { marked } from 'marked';

const root = path.resolve(path.dirname(new URL(import.meta.url).pathname), '../..');

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: #0b62c4; }
@media (prefers-color-scheme: dark) { :root { --accent: #6cb2ff; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.55 system-ui, sans-serif; display: grid; grid-template-columns: 15rem minmax(0, 52rem); gap: 2.5rem; }
nav { padding: 1.5rem 1rem; border-right: 1px solid var(--line); min-height: 100vh; font-size: .92rem; }
nav a { display: block; padding: .15rem .5rem; border-radius: .3rem; text-decoration: none; color: inherit; }
nav a[aria-current] { background: var(--soft); color: var(--accent); font-weight: 600; }
nav strong { display: block; margin: 1.2rem .5rem .3rem; }
main { padding: 1rem 1rem 4rem; min-width: 0; }
a { color: var(--accent); }
h1, h2, h3 { line-height: 1.25; margin: 2rem 0 .8rem; }
h1 { margin-top: 1rem; }
pre { overflow-x: auto; padding: .8rem 1rem; background: var(--soft); border-radius: .4rem; }
code { font: .88em/1.45 ui-monospace, monospace; }
:not(pre) > code { background: var(--soft); padding: .1em .3em; border-radius: .25em; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border: 1px solid var(--line); padding: .3rem .6rem; text-align: left; vertical-align: top; }
img { max-width: 100%; }
@media (max-width: 50rem) { body { display: block; } nav { min-height: 0; border: 0; border-bottom: 1px solid var(--line); } }
`;

/** Documents by their path in the repository, and images that they show. */
function sources() {
  const top = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];
  const below = readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((file) => path.posix.join('docs', file.split(path.sep).join('/'))).sort();
  return { documents: [...top, ...below.filter((file) => file.endsWith('.md'))], images: below.filter((file) => file.endsWith('.svg')) };
}

/** Where a document is served: README.md is the front page, docs lie at the top. */
function pageOf(document) {
  return document === 'README.md' ? 'index.html' : document.replace(/^docs\//, '').replace(/\.md$/, '.html');
}

function titleOf(text, document) {
  return /^# +(.*?) *$/m.exec(text)?.[1] ?? document;
}

function escaped(text) {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

/** The anchor of a heading, as the documents' own links have it; a second one of the same name gets a number. */
function anchors() {
  const used = new Map();
  return (title) => {
    const base = title.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-');
    const count = used.get(base) ?? 0;
    used.set(base, count + 1);
    return count === 0 ? base : `${base}-${count}`;
  };
}

function render(document, text, served) {
  const anchor = anchors();
  const here = path.posix.dirname(pageOf(document));
  const moved = (href) => {
    if (/^[a-z]+:|^#/.test(href)) return href;
    const [target, fragment] = href.split('#');
    const file = path.posix.normalize(path.posix.join(path.posix.dirname(document), target));
    if (!served.has(file)) return undefined;
    return path.posix.relative(here, file.endsWith('.md') ? pageOf(file) : file.replace(/^docs\//, '')) + (fragment === undefined ? '' : `#${fragment}`);
  };
  const renderer = new marked.Renderer();
  renderer.heading = function ({ tokens, depth, text: title }) {
    return `<h${depth} id="${anchor(title.replace(/`/g, ''))}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
  };
  // What is not on the site, such as a source file, is named but not linked.
  renderer.link = function ({ href, tokens }) {
    const to = moved(href);
    const inside = this.parser.parseInline(tokens);
    return to === undefined ? inside : `<a href="${escaped(to)}">${inside}</a>`;
  };
  renderer.image = ({ href, text: alt }) => `<img src="${escaped(moved(href) ?? href)}" alt="${escaped(alt)}">`;
  return marked.parse(text, { renderer, gfm: true });
}

function page(document, title, body, links) {
  const up = '../'.repeat(pageOf(document).split('/').length - 1);
  const list = (names) => names.map(({ name, label }) => `<a href="${up}${pageOf(name)}"${name === document ? ' aria-current="page"' : ''}>${escaped(label)}</a>`).join('\n');
  const [decisions, others] = [links.filter(({ name }) => name.startsWith('docs/decisions/')), links.filter(({ name }) => !name.startsWith('docs/decisions/'))];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<link rel="stylesheet" href="${up}style.css">
</head>
<body>
<nav>
${list(others)}
<strong>Decisions</strong>
${list(decisions)}
</nav>
<main>
${body}</main>
</body>
</html>
`;
}

/** Writes the site into a folder, which is emptied before. */
export function buildProjectSite(folder = path.join(root, 'build/project-site')) {
  const { documents, images } = sources();
  const texts = new Map(documents.map((document) => [document, readFileSync(path.join(root, document), 'utf8')]));
  const links = documents.map((name) => ({ name, label: titleOf(texts.get(name), name) }));
  const served = new Set([...documents, ...images]);
  rmSync(folder, { recursive: true, force: true });
  const write = (file, content) => {
    const full = path.join(folder, file);
    mkdirSync(path.dirname(full), { recursive: true });
    writeFileSync(full, content);
  };
  for (const { name, label } of links) write(pageOf(name), page(name, label, render(name, texts.get(name), served), links));
  for (const image of images) write(image.replace(/^docs\//, ''), readFileSync(path.join(root, image)));
  write('style.css', STYLE.trimStart());
  write('404.html', page('README.md', 'Not found', '<h1>Not found</h1>\n<p>There is no such page. <a href="/">Begin at the front page.</a></p>\n', links));
}
