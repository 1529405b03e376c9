import assert from 'node:assert/strict'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { proveSettings } from '../../src/compose/check/settings.ts'
import { readConfig } from '../../src/compose/config.ts'
import { warnOfExposed } from '../../src/compose/exposed.ts'
import { maskedYaml } from '../../src/config/masked-yaml.ts'
import { jsonSchema } from '../../src/config/schema.ts'
import { RollcallError } from '../../src/core/errors.ts'
import { evaluateHere } from '../../src/core/expression/evaluate.ts'
import { writtenFiles } from './written-files.ts'

const { folder, file, read, complaints } = writtenFiles()

void describe('without a file', () => {
  void test('canonical events come from the one queue of the environment, with the default mapping', () => {
    const { rules, file } = readConfig({
      SERVICEBUS_QUEUE: 'my-queue',
      SOURCE_ZONE: 'Europe/Berlin',
      SOURCE_LAST_DAY: 'inclusive',
    })
    assert.equal(file, null)
    assert.deepEqual(rules.sourceAddresses, [{ queue: 'my-queue', entity: 'my-queue', sessions: false }])
    assert.equal(rules.sources.length, 1)
    assert.deepEqual(rules.sources[0]?.source, {
      zone: 'Europe/Berlin',
      rank: 0,
      order: 'version',
      lastDay: 'inclusive',
    })
    assert.ok(rules.mapping.uses('name.givenName'))
  })
  void test('an error names the variable and not its value', () => {
    for (const [name, value] of [
      ['SOURCE_ZONE', 'Berlin-ish'],
      ['UPLOADS', 'secret'],
      ['AUTH_MODE', 'hush'],
    ] as const)
      assert.throws(
        () => readConfig({ [name]: value }),
        (error) =>
          error instanceof RollcallError && error.message.includes(name) && !error.message.includes(value),
      )
  })
  void test('the time limit of a statement cannot be 0', () => {
    assert.throws(() => readConfig({ LEDGER_STATEMENT_MS: '0' }), /LEDGER_STATEMENT_MS/)
  })

  void test('a secret may be in a file, without the line break at its end, and not in two places', () => {
    const secret = file('s3cret\n', 'secret')
    assert.equal(readConfig({ AZURE_CLIENT_SECRET_FILE: secret }).AZURE_CLIENT_SECRET, 's3cret')
    assert.throws(() => readConfig({ AZURE_CLIENT_SECRET_FILE: secret, AZURE_CLIENT_SECRET: 'x' }), {
      message: /both set/,
    })
    assert.throws(() => readConfig({ AZURE_CLIENT_SECRET_FILE: join(folder, 'nowhere') }), {
      message: /AZURE_CLIENT_SECRET_FILE/,
    })
  })

  void test('printed, has every part of the file, so that it reads back as the same', () => {
    const config = read(`activation: { policy: early, days: 3 }
pilot: { employees: ['20011'] }
leavers: { emergency: { usdPerDay: 1, usdPerMonth: 10, when: [full, late] } }
notices: { waitMs: 7000 }
targets: { extension_1: 'urn:x:User:badge' }
directory: { compare: { title: null }, manager: true, cleared: sent }
userNames: { domain: contoso.com }
`)
    const printed = read(maskedYaml(config)).rules
    for (const part of ['activation', 'emergency', 'notices', 'targets', 'directory', 'userNames'] as const)
      assert.deepEqual(printed[part], config.rules[part], part)
    assert.equal(printed.pilot?.mark, config.rules.pilot?.mark)
    assert.match(maskedYaml(readConfig({})), /^leavers: \{\}$/m)
  })

  void test('names each secret whose file group or others may read, and warns once at the start', () => {
    const [open, closed] = [file('s3cret\n', 'open'), file('t0ken\n', 'closed')]
    chmodSync(open, 0o640)
    chmodSync(closed, 0o600)
    const config = readConfig({ AZURE_CLIENT_SECRET_FILE: open, HTTP_TOKEN_FILE: closed })
    assert.deepEqual(config.exposed, ['AZURE_CLIENT_SECRET_FILE'])
    assert.deepEqual(readConfig({ AZURE_CLIENT_CERTIFICATE_PATH: open }).exposed, [
      'AZURE_CLIENT_CERTIFICATE_PATH',
    ])
    assert.deepEqual(proveSettings(config).at(-1), {
      what: 'AZURE_CLIENT_SECRET_FILE',
      outcome: 'not known',
      say: 'group or others may read the file of this secret: chmod 600 it',
    })
    const warned: unknown[] = []
    const log = { warn: (event: string, fields?: object) => void warned.push([event, fields]) }
    warnOfExposed(config, log)
    chmodSync(open, 0o400)
    warnOfExposed(readConfig({ AZURE_CLIENT_SECRET_FILE: open }), log)
    assert.equal(warned.length, 1)
    assert.match(JSON.stringify(warned), /"secrets\.exposed",\{"settings":\["AZURE_CLIENT_SECRET_FILE"\]/)
  })
})

void describe('a file', () => {
  void test('an empty file changes nothing', () => {
    assert.deepEqual(read('').rules.sourceAddresses, readConfig({}).rules.sourceAddresses)
  })
  void test('the environment overrides its settings', () => {
    const config = read('settings: { UPLOADS: 7, LOG_LEVEL: warn, CALLS_PER_DAY: unlimited }', {
      LOG_LEVEL: 'error',
    })
    assert.deepEqual(
      [config.UPLOADS, config.LOG_LEVEL, config.CALLS_PER_DAY],
      [7, 'error', Number.POSITIVE_INFINITY],
    )
  })
  void test('expands variables, files of variables and defaults, and leaves other text', () => {
    const { rules } = read(
      'sources: [{ name: "${NAME}", queue: "${QUEUE:-fallback}", zone: "${ZONE}", rank: "${RANK}" }, { name: "$${NAME}", queue: "${a}" }]',
      { NAME: '/hr/acme', ZONE_FILE: file('Europe/Berlin\n', 'zone'), RANK: '3' },
    )
    assert.deepEqual(
      rules.sources.map(({ name, entity }) => [name, entity]),
      [
        ['/hr/acme', 'fallback'],
        ['${NAME}', '${a}'],
      ],
    )
    assert.deepEqual([rules.sources[0]?.source.zone, rules.sources[0]?.source.rank], ['Europe/Berlin', 3])
  })
  void test('names queues, topics and sessions, each address once', () => {
    const { rules } = read(`
sources:
  - { name: a, queue: q, match: /hr/a }
  - { name: b, queue: q }
  - { name: c, topic: people, subscription: rollcall, sessions: true }`)
    assert.deepEqual(rules.sourceAddresses, [
      { queue: 'q', entity: 'q', sessions: false },
      { topic: 'people', subscription: 'rollcall', entity: 'people/Subscriptions/rollcall', sessions: true },
    ])
  })
  void test('overrides the default mapping, or begins with an empty one', async () => {
    const over = read(
      'mapping: { attributes: { title: job.title, nickName: null, displayName: { jsonata: "$employee" } } }',
    ).rules
    assert.equal(over.places.size, 25)
    assert.deepEqual(
      [over.mapping.uses('title'), over.mapping.uses('job.title'), over.mapping.uses('nickName')],
      [false, true, false],
    )
    const { record } = await over.mapping.map('7', new Map([['active', { value: true, by: 1 }]]))
    assert.equal(record['displayName'], '7')
    const alone = read(
      'mapping: { base: none, nulls: omit, attributes: { active: active, title: title } }',
    ).rules
    assert.equal(alone.places.size, 2)
    const omitted = await alone.mapping.map('7', new Map([['title', { value: null, by: 1 }]]))
    assert.ok(!('title' in omitted.record))
    assert.deepEqual(omitted.missing, ['active'])
  })
  void test('uses shapes by name, its own before the shipped ones, or inline rules', () => {
    const { sources } = read(`
shapes:
  mine: { event: "{ 'type': 'worker.updated' }" }
sources:
  - { name: a, queue: a, shape: hibob }
  - { name: b, queue: b, shape: mine }
  - { name: c, queue: c, shape: { xml: true, body: { list: any }, items: list, id: [x, y], fields: { x: id, y: "text?" }, event: "$" } }
  - { name: d, queue: d, shape: bamboohr-fields, access: { active: [Apprentice] } }`).rules
    assert.deepEqual(
      sources.map(({ shape }) => shape?.name),
      ['hibob', 'mine', 'c', 'bamboohr-fields'],
    )
  })
  void test('adds the words of a source to the access rules of its shape', async () => {
    const timestamp = '2026-01-31T18:42:00+0000'
    const employee = { id: '1', action: 'Updated', timestamp, fields: { Status: 'Apprentice' } }
    const kind = async (more: string): Promise<string | undefined> => {
      const path = file(`sources: [{ name: a, shape: bamboohr-fields${more} }]`)
      const [source] = readConfig({ ROLLCALL_CONFIG: path }, evaluateHere()).rules.sources
      return (await source?.shape?.apply({ employees: [employee] }, 'a'))?.kind
    }
    assert.equal(await kind(''), 'rejected')
    assert.equal(await kind(', access: { active: [Apprentice] }'), 'envelopes')
  })
})

void test('read takes a sign-in by OAuth, whose secret may be a variable', () => {
  const yaml = (secret: string): string => `
sources:
  - name: /hr/sf
    queue: hr-events
    shape: successfactors
    read:
      url: https://api.successfactors.example/odata/v2/EmpJob('{employee}')
      oauth: { tokenUrl: https://api.successfactors.example/oauth/token, clientId: x, clientSecret: ${secret} }`
  assert.equal(read(yaml('y')).rules.readers.has('/hr/sf'), true)
  assert.equal(read(yaml('"${HR_SECRET}"'), { HR_SECRET: 's' }).rules.readers.size, 1)
  assert.deepEqual(complaints(yaml('"${HR_SECRET}"')).length, 1)
})

void describe('an error in the file names line, column, path and what is expected', () => {
  const cases: readonly (readonly [what: string, yaml: string, expected: readonly RegExp[]])[] = [
    [
      'a key that is not known',
      'sources:\n  - name: a\n    colour: red',
      [/^3:5: sources\[0\]\.colour is not known here; known are name, queue,/],
    ],
    [
      'a key that is missing',
      'sources:\n  - queue: a',
      [/^2:5: sources\[0\]\.name is missing; it must be a text$/],
    ],
    [
      'a word that is none of those known',
      'sources:\n  - name: a\n    order: secret',
      [/^3:12: sources\[0\]\.order must be one of version, sequence, time$/],
    ],
    [
      'an unknown zone',
      'sources: [{ name: a, zone: secret }]',
      [/^1:28: sources\[0\]\.zone must be an IANA zone/],
    ],
    [
      'half a subscription',
      'sources: [{ name: a, topic: t }]',
      [/sources\[0\] must have topic and subscription together/],
    ],
    [
      'a setting that is not known',
      'settings:\n  QUEUE: a',
      [/^2:3: settings\.QUEUE is not known here; known are LEDGER,/],
    ],
    ['a setting that is wrong', 'settings:\n  UPLOADS: 99', [/^2:12: settings\.UPLOADS /]],
    [
      'a variable that is not set',
      'sources:\n  - name: ${NOWHERE}',
      [/^2:11: sources\[0\]\.name names the variable NOWHERE, which is not set$/],
    ],
    ['what is not YAML', 'sources: [', [/^1:\d+: is not YAML \[\w+\]$/]],
    [
      'an expression without quotes',
      'mapping:\n  attributes:\n    userName: { jsonata: mail ?: $employee & "@contoso.com" }',
      [/^3:26: is not YAML \[\w+\]; put an expression into quotes, or into a block after \|$/],
    ],
    [
      'a rule of two minds',
      'mapping:\n  attributes:\n    title: { from: a, jsonata: b }',
      [/^3:12: mapping\.attributes\.title must have exactly one of from, jsonata and constant$/],
    ],
    [
      'an expression with a slip',
      'mapping:\n  attributes:\n    title: { jsonata: "a(" }',
      [/^3:12: mapping\.attributes\.title cannot be used: .*S0\d+.*character/],
    ],
    [
      'a regular expression that cannot be matched in linear time',
      'mapping:\n  attributes:\n    title: { jsonata: "$contains(title, /^(?=Dr)/) ? title" }',
      [
        /^3:12: mapping\.attributes\.title cannot be used: .*the expression uses the regular expression \/\^\(\?=Dr\)\/, which cannot be matched in linear time/,
      ],
    ],
    [
      'a regular expression with a back reference, in a shape',
      'shapes:\n  x: { event: "$match(a, /(b)\\\\1/)" }',
      [/^2:6: shapes\.x cannot be used: shape x: event uses the regular expression .* back references/],
    ],
    [
      'a reading that asks for the time',
      "sources:\n  - { name: a, read: { url: 'https://hr.example/{employee}', at: '$now()' } }",
      [/sources\[0\]\.read cannot be used: the expression at of the HR system uses \$now; the same input/],
    ],
    [
      'a sign-in without what proves it',
      "sources:\n  - { name: a, read: { url: 'https://hr.example/{employee}', oauth: { tokenUrl: 'https://as.example', clientId: secret } } }",
      [/sources\[0\]\.read cannot be used: oauth needs clientSecret, keyFile, or a client certificate/],
    ],
    [
      'a call with a name that cannot be bound',
      "sources:\n  - { name: a, read: { url: 'https://hr.example/{employee}', calls: [{ name: 'a b', url: x }] } }",
      [/sources\[0\]\.read\.calls\[0\]\.name /],
    ],
    [
      'a place the service does not process',
      'mapping: { attributes: { emails: a } }',
      [/mapping\.attributes\.emails cannot be used: .*processes only/],
    ],
    [
      'a mapping without active',
      'mapping: { attributes: { active: null } }',
      [/mapping\.attributes\.active is missing/],
    ],
    [
      'a mapping that decides active',
      'mapping: { attributes: { active: { constant: true } } }',
      [/mapping\.attributes\.active cannot be used/],
    ],
    [
      'an unknown shape',
      'sources: [{ name: a, shape: secret }]',
      [/sources\[0\]\.shape must be one of adp, bamboohr,/],
    ],
    [
      'a shape with a slip',
      'shapes:\n  x: { event: "{" }',
      [/^2:6: shapes\.x cannot be used: shape x: event is not JSONata/],
    ],
    [
      'words for a shape that reads no status',
      'sources: [{ name: a, shape: hibob, access: { active: [Trainee] } }]',
      [/sources\[0\]\.access needs a shape that has access rules/],
    ],
    [
      'a word that gives access and takes it',
      'shapes: { x: { access: { from: s, active: [Leave], inactive: [leave] }, event: $ } }',
      [/shapes\.x\.access has "leave" in two lists/],
    ],
    [
      'two shapes on one queue',
      'sources: [{ name: a, shape: hibob }, { name: b, shape: adp }]',
      [/sources\[1\]\.shape is the second on hr-events/],
    ],
    [
      'one queue with and without sessions',
      'sources: [{ name: a }, { name: b, sessions: true }]',
      [/sources\[1\]\.sessions differs/],
    ],
    [
      'a shape that is called as something every object has',
      'sources: [{ name: a, shape: constructor }]',
      [/sources\[0\]\.shape must be one of adp/],
    ],
    [
      'a key that would replace a prototype',
      'shapes: { __proto__: { event: $ } }',
      [/^1:11: shapes\.__proto__ cannot be a name/],
    ],
    [
      'two sources of one name',
      'sources: [{ name: a, queue: x }, { name: a, queue: y }]',
      [/sources\[1\]\.name is the name of another/],
    ],
    [
      'several things at once',
      'sources: [{ name: a, rank: high, lastDay: 3 }]',
      [/rank must be a number/, /lastDay must be one of/],
    ],
  ]
  for (const [what, yaml, expected] of cases)
    void test(what, () => {
      const told = complaints(yaml)
      assert.equal(told.length, expected.length, told.join('\n'))
      for (const [index, pattern] of expected.entries()) assert.match(told[index] ?? '', pattern)
      assert.ok(!told.join().includes('secret'), told.join('\n'))
    })
})

void describe('one check names the problems of every part', () => {
  void test('of the schema, the rules, the settings and the environment, in the order of the file', () => {
    const told = complaints(
      [
        'settings:',
        '  UPLOADS: 99',
        'sources:',
        '  - { name: a, queue: x, order: wrong }',
        '  - { name: b, queue: y, shape: nowhere }',
        'shapes:',
        '  odd: { event: $, colour: red }',
        '  broken: { event: "{" }',
        'mapping:',
        '  attributes:',
        '    title: { jsonata: "a(" }',
        '    nickName: { from: "${NOWHERE}" }',
        'notices: { colour: red }',
      ].join('\n'),
      { SOURCE_ZONE: 'Berlin-ish', CALLS_PER_DAY: 'many' },
    )
    assert.deepEqual(
      told.map((line) => /^(?:\d+:\d+: )?(the environment|[\w.[\]]+)/.exec(line.trim())?.[1]),
      [
        'settings.UPLOADS',
        'sources[0].order',
        'sources[1].shape',
        'shapes.odd.colour',
        'shapes.broken',
        'mapping.attributes.title',
        'mapping.attributes.nickName.from',
        'notices.colour',
        'the environment',
        'SOURCE_ZONE',
        'CALLS_PER_DAY',
      ],
      told.join('\n'),
    )
  })

  void test('and none that only follows from another', () => {
    const lines = [
      'sources:',
      '  - { name: a, shape: mine, access: { active: [Trainee] } }',
      'shapes:',
      '  mine: { event: 5 }',
      'mapping: { base: none, attributes: { active: 5 } }',
    ]
    const told = complaints(lines.join('\n'))
    assert.deepEqual(
      told.map((line) => line.split(' ')[1]),
      ['shapes.mine.event', 'mapping.attributes.active'],
    )
  })

  void test('also where the file is not YAML, or cannot be read', () => {
    assert.equal(complaints('sources: [', { UPLOADS: '99' }).length, 3)
    assert.throws(
      () => readConfig({ ROLLCALL_CONFIG: join(folder, 'nowhere.yaml'), UPLOADS: '99' }),
      /cannot be read[^]*UPLOADS/,
    )
  })
})

void test('the schema for editors has every key and describes most', () => {
  const schema = JSON.stringify(jsonSchema())
  for (const key of ['settings', 'sources', 'shapes', 'mapping', 'lastDay', 'attributes', 'jsonata'])
    assert.ok(schema.includes(`"${key}"`), key)
  assert.ok(schema.includes('"additionalProperties":false'))
})
