/** JSON Schema (draft 7) of site files. */
import type { JsonSchema } from '../kit/config.js';
import { RESTART_POLICIES, SITE_LIMITS } from './site.js';

export const SITE_SCHEMA_ID = 'https://wirelet.invalid/site.schema.json';

export function siteSchema(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: SITE_SCHEMA_ID,
    title: 'Site: the appliances of one machine',
    type: 'object',
    errorMessage: {
      type: 'a site file is a map with the key `appliances`, not ${0}',
      required: { appliances: 'the key `appliances` is missing: a map from names to { graph: FILE }' },
    },
    required: ['appliances'],
    properties: {
      $schema: { type: 'string' },
      name: text('Name of the site; without it, that of the file.', 'the name of a site is text'),
      description: text('What the site is for.', 'a description is text'),
      appliances: { description: 'Appliances by name.', ...mapOf(appliance(), '`appliances` is a map from names to { graph: FILE } or { image: FILE }') },
      interfaces: { description: 'Interfaces of the host by name: what the site plugs into.', ...mapOf(hostInterface(), '`interfaces` is a map from names to { tap: DEVICE }, { packet: DEVICE } and the like') },
      networks: { description: 'What the switch connects, by name.', ...mapOf(network(), '`networks` is a map from names to { ports: [...] }') },
      switch: {
        description: 'The daemon that carries packets between all of them.',
        type: 'object',
        properties: { cpus: processors('Processors that it runs on; all unless said.') },
        additionalProperties: false,
        errorMessage: { type: '`switch` is a map such as { cpus: [1] }' },
      },
      chains: {
        description: 'Service chains: `lan0 -> firewall -> nat -> wan0`. Each arrow is a wire.',
        type: ['array', 'null'],
        items: { type: 'string', errorMessage: 'a chain is text such as lan0 -> firewall -> wan0' },
        errorMessage: { type: '`chains` is a list of texts such as lan0 -> firewall -> wan0' },
      },
    },
    patternProperties: { '^x-': { description: 'Yours: a place for YAML anchors, and for notes.' } },
    additionalProperties: false,
  };
}

function appliance(): JsonSchema {
  return {
    type: 'object',
    properties: {
      graph: text('A graph file, relative to this one.', '`graph` is the name of a file'),
      image: text('An image that `wirelet build` wrote, relative to this file.', '`image` is the name of a file'),
      set: {
        description: "Values of the graph's parameters; `{index}` is the number of the appliance, from 1, among its `count`.",
        type: ['object', 'null'],
        additionalProperties: { type: ['string', 'number', 'boolean'], errorMessage: 'the value of a parameter is text or a number' },
        errorMessage: { type: '`set` is a map from names to values' },
      },
      elements: text("A folder with elements of one's own, relative to this file.", '`elements` is the name of a folder'),
      memory: text('The most memory that it may have: 64MiB. It is refused if its graph needs more.', 'a size of memory is text such as 64MiB', '^[1-9][0-9]{0,6}(KiB|MiB|GiB)$'),
      cpus: processors('Processors that it runs on.'),
      busy_poll: { description: 'It never sleeps: it takes a whole processor, and looks at its rings all the time.', type: 'boolean', errorMessage: '`busy_poll` is true or false' },
      count: { description: 'How many there are: NAME-1, NAME-2 and so on.', ...integer(1, SITE_LIMITS.count, '`count`') },
      snapshot: text('A file of `wirelet snapshot`, relative to this one: what its elements know at each start. `{index}` as in `set`.', '`snapshot` is the name of a file'),
      watchdog_s: { description: 'Seconds without progress after which it counts as stuck, and is ended: 10 unless said; 0: never.', ...integer(0, 86_400, '`watchdog_s`') },
      restart: { description: 'Whether it is started again when it has ended: on-failure unless said.', enum: [...RESTART_POLICIES], errorMessage: `\`restart\` is ${RESTART_POLICIES.join(', ')}` },
      description: text('For people.', 'a description is text'),
    },
    additionalProperties: false,
    errorMessage: { type: 'an appliance is a map with `graph` or `image`, not ${0}' },
  };
}

function hostInterface(): JsonSchema {
  return {
    type: 'object',
    properties: {
      tap: text('A tap device, which is made for the site if it is not there.', 'a device has a name of 1 to 15 characters', '^[^/\\s:]{1,15}$'),
      packet: text('An interface of this machine, whose frames are taken by a packet socket.', 'a device has a name of 1 to 15 characters', '^[^/\\s:]{1,15}$'),
      xdp: text('An interface of this machine, whose frames are taken by AF_XDP instead of by the kernel.', 'a device has a name of 1 to 15 characters', '^[^/\\s:]{1,15}$'),
      'vhost-user': text('A Unix socket where another process speaks vhost-user: PATH to connect to a back-end, PATH,server to be one.', '`vhost-user` is the path of a socket, such as /run/vm.sock,server'),
      pcap: text('Captures to play and to record, relative to this file: in=FILE,out=FILE,speed=recorded.', '`pcap` is text such as in=FILE,out=FILE'),
      generator: text('Frames that are made up, and a sink: size=64,rate=10k.', '`generator` is text such as size=64,rate=10k'),
      description: text('For people.', 'a description is text'),
    },
    additionalProperties: false,
    errorMessage: { type: 'an interface of the host is { tap: DEVICE }, { packet: DEVICE }, { xdp: DEVICE }, { vhost-user: SOCKET }, { pcap: in=FILE } or { generator: size=64 }' },
  };
}

function network(): JsonSchema {
  return {
    type: 'object',
    required: ['ports'],
    properties: {
      kind: { description: 'A switch learns addresses; a wire has two ends and loses nothing.', enum: ['switch', 'wire'], errorMessage: '`kind` is switch or wire' },
      ports: {
        description: 'Interfaces of appliances (`firewall.lan`), and of the host by name.',
        type: 'array',
        items: {
          if: { type: 'string' },
          else: {
            type: 'object',
            required: ['port'],
            properties: {
              port: text('An interface: `firewall.lan`, or the name of one of the host.', 'a port is text such as firewall.lan'),
              vlan: { description: 'Frames are of this VLAN within, and untagged here.', ...integer(1, 4094, 'a VLAN') },
              trunk: {
                description: 'Frames of these VLANs, tagged (IEEE 802.1Q).',
                type: 'array', minItems: 1, items: integer(1, 4094, 'a VLAN'),
                errorMessage: '`trunk` is a list of VLANs, such as [10, 20]',
              },
            },
            additionalProperties: false,
            errorMessage: { type: 'a port is text such as firewall.lan, or { port: firewall.lan, vlan: 10 }', required: { port: 'the key `port` is missing: which interface it is' } },
          },
        },
        errorMessage: { type: '`ports` is a list of interfaces such as [lan0, firewall.lan]' },
      },
      ageing_s: { description: 'Seconds after which an address that was not seen is forgotten.', ...integer(1, 1_000_000, '`ageing_s`') },
      flood_pps: { description: 'Broadcast, multicast and unknown frames a second that one port may flood; 0: no limit.', ...integer(0, 1_000_000_000, '`flood_pps`') },
      description: text('For people.', 'a description is text'),
    },
    additionalProperties: false,
    errorMessage: { type: 'a network is a map with `ports`', required: { ports: 'the key `ports` is missing: the interfaces that the network connects' } },
  };
}

function processors(description: string): JsonSchema {
  return {
    description,
    type: 'array', items: { type: 'integer', minimum: 0, maximum: 1023 }, minItems: 1,
    errorMessage: '`cpus` is a list of numbers of processors, such as [0, 1]',
  };
}

function mapOf(items: JsonSchema, message: string): JsonSchema {
  return { type: ['object', 'null'], additionalProperties: items, errorMessage: { type: message } };
}

function text(description: string, message: string, pattern?: string): JsonSchema {
  return { type: 'string', minLength: 1, description, ...(pattern === undefined ? {} : { pattern }), errorMessage: message };
}

function integer(minimum: number, maximum: number, what: string): JsonSchema {
  return { type: 'integer', minimum, maximum, errorMessage: `${what} is a whole number from ${minimum} to ${maximum}` };
}
