/**
 * JSON Schema (draft 7) of graph files. The frame says what a file looks like; with element classes it
 * also knows the arguments of each, so that editors complete and explain them. Everything about an element
 * comes from its own declaration.
 */
import type { JsonSchema, Kind } from '../kit/config.js';
import type { ElementClass } from '../kit/element.js';
import { CORES_MAX } from './split.js';

/** An element with what its manual says of it in a sentence. */
export interface DescribedElement {
  readonly class: ElementClass;
  readonly summary: string;
}

export const SCHEMA_ID = 'https://wirelet.invalid/graph.schema.json';

/** The schema of whole files; without `elements` their arguments are not looked into. */
export function graphSchema(elements: readonly DescribedElement[] = []): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: SCHEMA_ID,
    title: 'Graph of a network appliance',
    description: 'Interfaces, elements, and the arrows along which packets go.',
    type: 'object',
    errorMessage: {
      type: 'a graph file is a map with the key `graph`, not ${0}',
      required: { graph: 'the key `graph` is missing: the arrows along which packets go' },
    },
    required: ['graph'],
    properties: { ...fileProperties(), ...bodyProperties(elements), elements: elementsOrFolder(elements) },
    patternProperties: { '^x-': { description: 'Yours: a place for YAML anchors, and for notes.' } },
    additionalProperties: false,
    definitions: {
      compound: compound(elements),
      ...Object.fromEntries(elements.map((element) => [element.class.name, elementArguments(element)])),
    },
  };
}

function fileProperties(): JsonSchema {
  return {
    $schema: { type: 'string' },
    name: text('Name of the appliance; without it, that of the file.', 'the name of an appliance is text'),
    version: {
      type: ['string', 'number'],
      description: 'Version of the appliance, for people.',
      errorMessage: 'a version is text, such as "1.2"',
    },
    description: text('What the appliance is for.', 'a description is text'),
    cpus: {
      type: 'integer',
      minimum: 1,
      maximum: CORES_MAX,
      description: 'Processors that it runs on; one unless said. Each has a copy of all elements and sees the frames of its own flows.',
      errorMessage: `\`cpus\` is a number of processors, 1 to ${CORES_MAX}`,
    },
    loops: {
      enum: ['wait'],
      description: '`wait`: packets may go round loops; where one comes round it waits for the next round of all work, in a store that is not shown. As in Click configurations.',
      errorMessage: '`loops` is `wait`: packets that come round wait for the next round of all work',
    },
    parameters: {
      description: 'Names for values: `$name` in any argument. `--set NAME=VALUE` gives another value.',
      type: ['object', 'null'],
      additionalProperties: {
        type: ['string', 'number', 'boolean', 'null', 'array'],
        items: { type: ['string', 'number', 'boolean'] },
        description: 'The value; empty if it must be given with --set.',
        errorMessage: 'the value of a parameter is text or a number, or a list of them',
      },
      errorMessage: { type: '`parameters` is a map from names to values, such as { lan_net: 10.0.0.0/8 }' },
    },
    interfaces: interfaces(),
    element_path: {
      ...oneOrMore('Folders with elements of your own, relative to this file.'),
      errorMessage: '`element_path` is a folder, or a list of folders',
    },
  };
}

function interfaces(): JsonSchema {
  return {
    description: 'What the appliance plugs into; each can begin and end arrows. Numbered in this order.',
    type: ['object', 'array', 'null'],
    items: { type: 'string', errorMessage: 'a list of interfaces has names only; a map can give each a mac and an address' },
    additionalProperties: {
      type: ['object', 'null'],
      properties: {
        mac: text('MAC address; without it one is made from the names of appliance and interface.', 'a MAC address is text, such as 02:00:00:00:00:01'),
        address: text('IPv4 address, perhaps with a prefix length: 192.0.2.1/24. Gives the names `NAME:ip` and `NAME:net`.', 'an address is text, such as 192.0.2.1/24'),
        description: text('For people.', 'a description is text'),
      },
      additionalProperties: false,
      errorMessage: { type: 'an interface is a map with `mac` and `address`, or empty' },
    },
    errorMessage: { type: '`interfaces` is a list of names, or a map from names to { mac, address }' },
  };
}

function bodyProperties(elements: readonly DescribedElement[]): JsonSchema {
  return {
    elements: elementMap(elements),
    compounds: {
      description: 'Classes made of other elements (Click\'s elementclass).',
      type: ['object', 'null'],
      additionalProperties: {
        if: { type: 'array' },
        then: { items: { $ref: '#/definitions/compound' } },
        else: { $ref: '#/definitions/compound' },
      },
      errorMessage: { type: '`compounds` is a map from names to { parameters, inputs, outputs, elements, graph }' },
    },
    graph: {
      description: 'The arrows: `lan -> Strip(14) -> CheckIPHeader -> filter`. One text (`graph: |`), a statement a line, or a list of statements.',
      type: ['string', 'array', 'null'],
      items: { type: 'string', errorMessage: 'an arrow is text; YAML read this one as something else, so put it in quotes' },
      errorMessage: { type: '`graph` is one text (`graph: |`) or a list of arrows' },
    },
  };
}

function elementsOrFolder(elements: readonly DescribedElement[]): JsonSchema {
  const map = elementMap(elements, { from: oneOrMore('Folders with elements of your own, relative to this file.') });
  return { if: { type: 'string' }, then: { type: 'string', description: 'A folder with elements of your own.' }, else: map };
}

function elementMap(elements: readonly DescribedElement[], own: Record<string, JsonSchema> = {}): JsonSchema {
  const names = elements.map((element) => element.class.name);
  const message = 'an element is a class such as Queue(100), or a map with `type` and its arguments';
  return {
    description: 'Elements by name.',
    type: ['object', 'null'],
    properties: own,
    additionalProperties: {
      if: { type: 'string' },
      then: { type: 'string', description: 'Class with arguments in Click\'s notation.' },
      else: {
        type: 'object',
        required: ['type'],
        properties: { type: typeSchema(names) },
        ...(names.length === 0 ? {} : { allOf: names.map((name) => ({
          if: { properties: { type: { const: name } }, required: ['type'] },
          then: { $ref: `#/definitions/${name}` },
        })) }),
        errorMessage: { type: message, required: { type: 'the key `type` is missing: the class of the element' } },
      },
    },
    errorMessage: { type: '`elements` is a map from names to elements' },
  };
}

function typeSchema(names: readonly string[]): JsonSchema {
  const description = 'Class of the element.';
  const errorMessage = '`type` is the name of a class';
  if (names.length === 0) return { type: 'string', description, errorMessage };
  // Compounds and the user's own elements are classes too, so other names are allowed.
  return { type: 'string', description, anyOf: [{ enum: names }, { type: 'string' }], errorMessage };
}

function compound(elements: readonly DescribedElement[]): JsonSchema {
  return {
    type: 'object',
    required: ['graph'],
    properties: {
      description: text('What it is for.', 'a description is text'),
      parameters: {
        description: 'Names of the arguments, `$name` within: a list, or a map with defaults (empty: must be given).',
        type: ['array', 'object', 'null'],
        items: { type: 'string', errorMessage: 'the parameters in a list are names' },
        additionalProperties: { type: ['string', 'number', 'boolean', 'null'], errorMessage: 'the default of a parameter is text or a number' },
        errorMessage: { type: '`parameters` of a compound is a list of names, or a map from names to defaults' },
      },
      inputs: portNames('inputs'),
      outputs: portNames('outputs'),
      ...bodyProperties(elements),
    },
    patternProperties: { '^x-': {} },
    additionalProperties: false,
    errorMessage: {
      type: 'a compound is a map with `graph`, and perhaps `parameters`, `inputs`, `outputs` and `elements`',
      required: { graph: 'the key `graph` is missing: the arrows from `input` to `output`' },
    },
  };
}

function portNames(what: string): JsonSchema {
  return {
    description: `Names of the ${what}, in order; without them they have numbers.`,
    type: ['array', 'null'],
    items: { type: 'string', errorMessage: 'the name of a port is text' },
    errorMessage: { type: `\`${what}\` is a list of names` },
  };
}

/** The arguments of one class, by name. */
function elementArguments({ class: element, summary }: DescribedElement): JsonSchema {
  const entries = Object.entries(element.config);
  return {
    title: element.name,
    description: summary,
    properties: {
      type: { description: summary },
      ...Object.fromEntries(entries.map(([key, kind]) => [key, argumentSchema(kind)])),
    },
    // Click's spelling of the same keys.
    patternProperties: Object.fromEntries(entries.map(([key, kind]) => [`^${key.toUpperCase()}$`, argumentSchema(kind)])),
    additionalProperties: false,
  };
}

function argumentSchema(kind: Kind<unknown>): JsonSchema {
  const unit = kind.unit === undefined ? '' : ` (${kind.unit.replaceAll('_', ' ')})`;
  const described: Record<string, unknown> = { description: `${kind.doc}${unit}` };
  if (isPlain(kind.default)) described.default = kind.default;
  const { schema } = kind;
  // A list may be one text too: an item, a parameter that stands for the list, a file to include.
  if (schema.type === 'array') return { ...described, anyOf: [schema, { type: ['string', 'number'] }] };
  // `$name` can stand for any value.
  return { ...described, anyOf: [schema, { type: 'string', pattern: '\\$' }] };
}

function isPlain(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function text(description: string, errorMessage: string): JsonSchema {
  return { type: 'string', description, errorMessage };
}

function oneOrMore(description: string): JsonSchema {
  return { description, type: ['string', 'array'], items: { type: 'string' } };
}
