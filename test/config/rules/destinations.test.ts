import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { directDestinationsIn } from '../../../src/compose/destinations/direct.ts'
import { destinationNames, destinationsIn, limitsOf } from '../../../src/compose/destinations/list.ts'
import { DEFAULT_QUOTA } from '../../../src/core/destinations/destination.ts'
import { blocksOf } from '../../docs/support/page.ts'
import { writtenFiles } from '../written-files.ts'

const { read, complaints } = writtenFiles()

const TENANT = '8a3c2f0e-1b2d-4c5e-9f60-718293a4b5c6'
const OTHER_TENANT = '11111111-2222-4333-8444-555555555555'
const endpoint = (job: string, version = 'v1.0'): string =>
  `https://graph.microsoft.com/${version}/servicePrincipals/5e2f7a10/synchronization/jobs/${job}/bulkUpload`
const NORTH = `{ name: north, where: { organization: North }, endpoint: '${endpoint('north')}' }`
const destinations = (...lines: readonly string[]): string =>
  ['destinations:', ...lines.map((line) => `  - ${line}`)].join('\n')

void describe('destinations of the file', () => {
  void test('are in its order, each with its rule, its job and its limits', () => {
    const config = read(
      destinations(
        NORTH,
        `{ name: south, where: { organization: [South, Sud] }, endpoint: '${endpoint('south')}', tenant: ${OTHER_TENANT}, callsPerDay: 500, callsPer5s: 10 }`,
        `{ name: others, endpoint: '${endpoint('others')}', quota: shared, callsPerDay: unlimited }`,
      ),
      { AZURE_TENANT_ID: TENANT, CALLS_PER_DAY: '1000', CALLS_PER_5S: '20' },
    )
    assert.deepEqual(
      destinationsIn(config).map(({ name, endpoint: { jobId }, tenant, limits }) => ({
        name,
        jobId,
        tenant,
        calls: [limits.perDay, limits.perWindow],
        quota: limits.quota,
      })),
      [
        { name: 'north', jobId: 'north', tenant: null, calls: [1000, 20], quota: DEFAULT_QUOTA },
        { name: 'south', jobId: 'south', tenant: OTHER_TENANT, calls: [500, 10], quota: OTHER_TENANT },
        { name: 'others', jobId: 'others', tenant: null, calls: [Infinity, 20], quota: 'shared' },
      ],
    )
    const { routing } = config.rules.destinations ?? {}
    const home = (organization: string) =>
      routing?.routeOf(new Map([['organization', { value: organization, by: 1 }]]))
    assert.deepEqual(['North', 'South', 'Sud', 'West'].map(home), ['north', 'south', 'south', 'others'])
  })

  void test('of the tenant of the identity share its calls, however the tenant is written', () => {
    const config = read(
      destinations(
        NORTH,
        `{ name: south, endpoint: '${endpoint('south')}', tenant: ${TENANT.toUpperCase()} }`,
      ),
      { AZURE_TENANT_ID: TENANT },
    )
    assert.deepEqual(
      destinationNames(config).map(({ quota }) => quota),
      [DEFAULT_QUOTA, DEFAULT_QUOTA],
    )
  })

  void test('have the mapping of the file, unless they have their own', async () => {
    const config = read(
      [
        destinations(
          NORTH,
          `{ name: south, endpoint: '${endpoint('south')}', mapping: { attributes: { title: { constant: Sud } } } }`,
        ),
        'mapping: { attributes: { title: grade } }',
      ].join('\n'),
    )
    const worker = new Map([
      ['userName', { value: 'ada@example.com', by: 1 }],
      ['grade', { value: 'A1', by: 1 }],
      ['active', { value: true, by: 1 }],
    ])
    const { routing } = config.rules.destinations ?? {}
    const titles = ['north', 'south'].map(async (name) => {
      const mapped = await routing?.mappingOf(name).map('1', worker)
      return mapped?.record['title']
    })
    assert.deepEqual(await Promise.all(titles), ['A1', 'Sud'])
  })

  void test('use the attributes of every mapping and of the rules, so that none of them is a finding', () => {
    const own = '{ attributes: { nickName: alias } }'
    const { rules } = read(
      destinations(NORTH, `{ name: south, endpoint: '${endpoint('south')}', mapping: ${own} }`),
    )
    const used = ['title', 'alias', 'organization', 'colour'].map((path) => rules.uses(path))
    assert.deepEqual(used, [true, true, true, false])
    const ruled = read(
      destinations(
        NORTH.replace('organization', 'site'),
        `{ name: south, endpoint: '${endpoint('south')}' }`,
      ),
    )
    assert.deepEqual(
      ['site', 'alias'].map((path) => ruled.rules.uses(path)),
      [true, false],
    )
  })

  void test('of kind scim are reached directly, with a budget and no limit of calls, after the jobs', () => {
    const branch =
      "{ name: branch, kind: scim, endpoint: 'https://graph.microsoft.com/rp/scim', where: { organization: B }, usdPerDay: 1.5, usdPerMonth: 20 }"
    const config = read(destinations(branch, `{ name: north, endpoint: '${endpoint('north')}' }`))
    assert.deepEqual(
      destinationsIn(config).map(({ name }) => name),
      ['north'],
    )
    assert.deepEqual(
      destinationNames(config).map(({ name }) => name),
      ['north', 'branch'],
    )
    const [direct, ...more] = directDestinationsIn(config)
    const { origin, costs } = direct ?? {}
    const budget = { day: 1_500_000, month: 20_000_000 }
    assert.deepEqual(
      [more.length, origin, costs],
      [0, 'https://graph.microsoft.com', { budget, microUsdPerCall: 2_000 }],
    )
    assert.equal(limitsOf(config, 'branch').perDay, Infinity)
    assert.equal(limitsOf(config).quota, DEFAULT_QUOTA)
  })

  void test('are as the guide writes them', () => {
    const blocks = blocksOf('docs/guides/several-targets.md').filter(({ language }) => language === 'yaml')
    const variables = { ENDPOINT_SOUTH: endpoint('south'), PROVISIONING_ENDPOINT: endpoint('default') }
    const names = blocks.map(({ body }) => destinationNames(read(body, variables)).map(({ name }) => name))
    assert.deepEqual(names, [
      ['north', 'south', 'subsidiary'],
      ['south', 'default'],
    ])
  })

  void test('are one without any, the job of PROVISIONING_ENDPOINT', () => {
    const config = read('', { PROVISIONING_ENDPOINT: endpoint('only'), CALLS_PER_DAY: '9' })
    assert.equal(config.rules.destinations, null)
    const [only, ...others] = destinationsIn(config)
    assert.deepEqual(
      [only.name, only.endpoint.jobId, only.limits.perDay, others.length],
      ['default', 'only', 9, 0],
    )
  })
})

void describe('a destination that cannot be used is named with line and column', () => {
  const south = (more: string): string => destinations(NORTH, `{ name: south, ${more} }`)
  const at = `endpoint: '${endpoint('south')}'`
  const cases: readonly (readonly [what: string, yaml: string, expected: RegExp])[] = [
    [
      'a name twice',
      destinations(NORTH, `{ name: north, ${at} }`),
      /^3:13: destinations\[1\]\.name is that of another destination$/,
    ],
    [
      'a name of the wrong form',
      destinations(`{ name: North Sea, ${at} }`),
      /^2:13: destinations\[0\]\.name must be /,
    ],
    [
      'kind scim without a budget',
      south("kind: scim, endpoint: 'https://graph.microsoft.com/rp/scim', usdPerDay: 1"),
      /usdPerMonth is missing, and Microsoft bills the calls of kind scim$/m,
    ],
    [
      'a budget of a job',
      south(`${at}, usdPerDay: 1`),
      /destinations\[1\]\.usdPerDay is for destinations of kind scim$/m,
    ],
    [
      'a quota of kind scim',
      south("kind: scim, endpoint: 'https://x', usdPerDay: 1, usdPerMonth: 2, callsPerDay: 9"),
      /destinations\[1\]\.callsPerDay is for provisioning jobs$/m,
    ],
    [
      'no job at all',
      destinations("{ name: a, kind: scim, endpoint: 'https://x', usdPerDay: 1, usdPerMonth: 2 }"),
      /destinations\[0\]\.kind is scim in every destination; one at least must be a provisioning job$/m,
    ],
    [
      'a job twice',
      south(`endpoint: '${endpoint('North', 'beta')}'`),
      /^3:30: destinations\[1\]\.endpoint is the job of another destination$/,
    ],
    [
      'a URL that is not a bulkUpload URL',
      south('endpoint: https://graph.microsoft.com/v1.0/secret'),
      /^3:30: destinations\[1\]\.endpoint cannot be used: it is not a bulkUpload URL; copy /,
    ],
    [
      'a host that gets no token',
      south(`endpoint: '${endpoint('south').replace('graph.microsoft.com', 'secret.example')}'`),
      /^3:30: destinations\[1\]\.endpoint cannot be used: it points to a host that gets no token/,
    ],
    ['no endpoint', south('quota: a'), /^3:5: destinations\[1\]\.endpoint is missing; it must be a text$/],
    [
      'a destination before the last that takes every employee',
      destinations(`{ name: south, ${at} }`, NORTH),
      /^2:5: destinations\[0\]\.where is missing, so that no later destination gets an employee$/,
    ],
    [
      'a rule without attributes',
      south(`where: {}, ${at}`),
      /^3:27: destinations\[1\]\.where must name an attribute; /,
    ],
    [
      'an attribute without a value',
      south(`where: { organization: [] }, ${at}`),
      /^3:43: destinations\[1\]\.where\.organization must be at least one$/,
    ],
    [
      'an attribute that is an object',
      south(`where: { organization: { name: secret } }, ${at}`),
      /^3:43: destinations\[1\]\.where\.organization must be /,
    ],
    [
      'a key that is not known',
      south(`${at}, colour: secret`),
      /^3:\d+: destinations\[1\]\.colour is not known here; known are name, where, kind, endpoint, /,
    ],
    [
      'a tenant that is not an id',
      south(`${at}, tenant: secret`),
      /destinations\[1\]\.tenant must be an id such as/,
    ],
    ['no calls at all', south(`${at}, callsPerDay: 0`), /destinations\[1\]\.callsPerDay must be 1 or more$/],
    [
      'its own mapping with a slip',
      south(`${at}, mapping: { attributes: { title: { jsonata: 'a(' } } }`),
      /^3:\d+: destinations\[1\]\.mapping\.attributes\.title cannot be used: .*S0\d+/,
    ],
    [
      'its own mapping to a place that the service does not process',
      south(`${at}, mapping: { attributes: { emails: a } }`),
      /^3:\d+: destinations\[1\]\.mapping\.attributes\.emails cannot be used: .*processes only/,
    ],
    [
      'its own mapping without active',
      south(`${at}, mapping: { base: none, attributes: { title: title } }`),
      /^3:\d+: destinations\[1\]\.mapping\.attributes\.active is missing/,
    ],
    ['an empty list', 'destinations: []', /^1:15: destinations must be at least one$/],
  ]
  for (const [what, yaml, expected] of cases)
    void test(what, () => {
      const told = complaints(yaml)
      assert.equal(told.length, 1, told.join('\n'))
      assert.match(told[0] ?? '', expected)
      assert.ok(!told.join().includes('secret'), told.join('\n'))
    })

  void test('and the problems of other parts are named with it', () => {
    const told = complaints(
      [
        destinations(`{ name: North Sea, ${at} }`),
        'sources: [{ name: a, shape: nowhere }]',
        'mapping: { attributes: { title: { jsonata: "a(" } } }',
      ].join('\n'),
    )
    assert.deepEqual(
      told.map((line) => line.split(' ')[1]),
      ['destinations[0].name', 'sources[0].shape', 'mapping.attributes.title'],
    )
  })
})
