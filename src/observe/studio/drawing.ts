/** A checked graph as a picture: boxes for elements, arrows for connections, compounds as frames around what is in them. */
import { graphlib, layout } from '@dagrejs/dagre';
import { escapeXml as escape } from '../../escape-xml.js';
import type { CheckedGraph, Instance } from '../../graph/graph.js';

/** A picture of more elements takes seconds to lay out, and nobody can read it. */
export const ELEMENTS_DRAWN_MAX = 400;

/** Pixels. */
const LETTER_WIDTH = 7.2;
const BOX_HEIGHT = 52;
const BOX_WIDTH_MIN = 96;
const BOX_PADDING = 20;
const LABEL_HEIGHT = 14;
const MARGIN = 16;

/** One connection; `id` is that of its arrow in the picture. */
export interface DrawnEdge {
  readonly id: string;
  readonly from: string;
  /** By its name, as figures of elements have it. */
  readonly output: string;
  readonly to: string;
  readonly input: string;
  readonly processing: 'push' | 'pull';
}

export interface Drawing {
  /** Null: there are too many elements. */
  readonly svg: string | null;
  readonly edges: readonly DrawnEdge[];
}

/** Lays out and draws. Boxes have `data-element`, arrows and their labels `data-edge`, for who shows figures there. */
export function draw(graph: CheckedGraph): Drawing {
  const edges = edgesOf(graph);
  return { svg: graph.instances.length > ELEMENTS_DRAWN_MAX ? null : pictureOf(graph, edges), edges };
}

function edgesOf({ instances }: CheckedGraph): DrawnEdge[] {
  const edges = instances.flatMap(({ name, outputs }) => outputs.flatMap((output) => output.to.map((end) => {
    const target = instances[end.instance]!;
    return { from: name, output: output.name, to: target.name, input: target.inputs[end.port]!.name, processing: output.processing };
  })));
  return edges.map((edge, index) => ({ id: `edge${index}`, ...edge }));
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function pictureOf(graph: CheckedGraph, edges: readonly DrawnEdge[]): string {
  const plan = new graphlib.Graph({ multigraph: true, compound: true });
  plan.setGraph({ rankdir: 'LR', nodesep: 26, ranksep: 64, marginx: MARGIN, marginy: MARGIN });
  for (const instance of graph.instances) {
    plan.setNode(instance.name, { width: Math.max(BOX_WIDTH_MIN, ...labelsOf(graph, instance).map((text) => text.length * LETTER_WIDTH + BOX_PADDING)), height: BOX_HEIGHT });
    // The two ends of an interface are no compound, though their names look so.
    if (instance.interface === undefined) placeWithin(plan, instance.name);
  }
  // The label's room is that of the rate that comes there.
  for (const { id, from, to } of edges) plan.setEdge(from, to, { width: 64, height: LABEL_HEIGHT, labelpos: 'c' }, id);
  layout(plan);
  const { width = 0, height = 0 } = plan.graph() as { width?: number; height?: number };
  const only = new Set(graph.instances.filter(({ outputs }) => outputs.length === 1).map(({ name }) => name));
  const parts = [
    ...plan.nodes().filter(isFrame).map((node: string) => frameSvg(node, plan.node(node) as unknown as Box)),
    ...edges.map((edge) => edgeSvg(edge, only.has(edge.from), plan.edge({ v: edge.from, w: edge.to, name: edge.id }) as unknown as EdgePlace)),
    ...graph.instances.map((instance) => boxSvg(graph, instance, plan.node(instance.name) as unknown as Box)),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${round(height)}" role="img" aria-label="${escape(`The graph ${graph.name}`)}">
<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path d="M0 0 8 4 0 8z"/></marker></defs>
${parts.join('\n')}
</svg>`;
}

/** Ids of frames cannot be names of elements: these end with no stroke. */
const frameOf = (name: string) => name.slice(0, name.lastIndexOf('/') + 1);
const isFrame = (node: string) => node.endsWith('/');

/** `a/b/c` stands in the frame `a/b/`, that one in `a/`. */
function placeWithin(plan: InstanceType<typeof graphlib.Graph>, name: string): void {
  const frame = frameOf(name.replace(/\/$/, ''));
  if (frame === '') return;
  if (!plan.hasNode(frame)) {
    plan.setNode(frame, {});
    placeWithin(plan, frame);
  }
  plan.setParent(name, frame);
}

/** What stands in an element's box: its name and its class, or the interface. */
function labelsOf({ interfaces }: CheckedGraph, { name, class: type, interface: device }: Instance): [string, string] {
  if (device !== undefined) return [interfaces[device]!.name, type.name];
  const own = name.slice(name.lastIndexOf('/') + 1);
  return own.startsWith(`${type.name}@`) ? [type.name, own.slice(type.name.length)] : [own, type.name];
}

function boxSvg(graph: CheckedGraph, instance: Instance, { x, y, width, height }: Box): string {
  const [name, type] = labelsOf(graph, instance);
  const [left, top] = [x - width / 2, y - height / 2];
  const kind = instance.interface === undefined ? 'element' : 'element interface';
  return `<g class="${kind}" data-element="${escape(instance.name)}" tabindex="0" role="button" aria-label="${escape(`${instance.name}, ${instance.class.name}`)}">
<rect x="${round(left)}" y="${round(top)}" width="${round(width)}" height="${round(height)}" rx="6"/>
<text x="${round(x)}" y="${round(top + 17)}" class="name">${escape(name)}</text><text x="${round(x)}" y="${round(top + 31)}" class="class">${escape(type)}</text><text x="${round(x)}" y="${round(top + 46)}" class="figure"></text>
</g>`;
}

function frameSvg(name: string, { x, y, width, height }: Box): string {
  const [left, top] = [x - width / 2, y - height / 2];
  return `<g class="compound"><rect x="${round(left)}" y="${round(top)}" width="${round(width)}" height="${round(height)}" rx="8"/><text x="${round(left + 8)}" y="${round(top + 14)}">${escape(name.slice(0, -1))}</text></g>`;
}

interface EdgePlace {
  readonly points: readonly { readonly x: number; readonly y: number }[];
  readonly x: number;
  readonly y: number;
}

function edgeSvg({ id, from, output, to, input, processing }: DrawnEdge, only: boolean, { points, x, y }: EdgePlace): string {
  const title = `${from}[${output}] to [${input}]${to}, ${processing}`;
  return `<g class="edge ${processing}" data-edge="${id}"><title>${escape(title)}</title><path d="${curveOf(points)}" marker-end="url(#head)"/>${only ? '' : portLabel(points, output)}<text x="${round(x)}" y="${round(y - 4)}" class="rate"></text></g>`;
}

/** Which of several outputs it is, where the arrow leaves. */
function portLabel([start]: EdgePlace['points'], output: string): string {
  return start === undefined ? '' : `<text x="${round(start.x + 6)}" y="${round(start.y - 4)}" class="port">${escape(output)}</text>`;
}

/** A line through the points with rounded corners: quadratic curves from middle to middle. */
function curveOf(points: EdgePlace['points']): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  const middle = (a: { x: number; y: number }, b: { x: number; y: number }) => `${round((a.x + b.x) / 2)} ${round((a.y + b.y) / 2)}`;
  const curves = rest.slice(0, -1).map((point, index) => `Q${round(point.x)} ${round(point.y)} ${middle(point, rest[index + 1]!)}`);
  const last = rest.at(-1) ?? first;
  return `M${round(first.x)} ${round(first.y)}${curves.join('')}L${round(last.x)} ${round(last.y)}`;
}

const round = (value: number) => Math.round(value * 10) / 10;
