import assert from 'node:assert/strict'
import { actorNamed } from '../../../src/cli/support/options/options.ts'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { openFileLedger } from '../../adapters/support/file-ledger.ts'
import { takeIn, toIntakeMessage } from '../../../src/core/intake/message.ts'
import { DEFAULT_SOURCE } from '../../../src/core/intake/sources.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import type { SourceMessage } from '../../../src/core/ports.ts'
import { startEntra } from '../../../src/local/entra/server.ts'
import { command } from '../../fakes/cli.ts'
import { headers } from '../../local/entra/support.ts'
import { failAll } from '../../suites/conformance/ledger/dead-letters.ts'
import { World } from '../../suites/conformance/ledger/world.ts'

let folder = ''
let path = ''
const BY = ['--actor', 'ada', '--justification', 'a test', '--yes'] as const

/** A hire with its whole message, as intake takes it in. */
function hire(employee: string, worker: object): SourceMessage {
  const event = {
    specversion: '1.0',
    id: `hire-${employee}`,
    source: '/hr',
    type: 'worker.hired',
    subject: employee,
    time: '2026-10-01T00:00:00Z',
    data: { mode: 'snapshot', worker: { displayName: 'x', active: true, ...worker } },
  }
  return {
    entity: 'hr-events',
    sequence: employee,
    enqueuedAt: Date.UTC(2026, 10, 1),
    messageId: null,
    sessionId: null,
    contentType: 'application/json',
    text: JSON.stringify(event),
    properties: {},
    unreadable: null,
  }
}

function update(employee: string, worker: object): SourceMessage {
  const { text, ...message } = hire(employee, {})
  const event: object = {
    ...JSON.parse(text ?? ''),
    id: `update-${employee}`,
    type: 'worker.updated',
    data: { version: 2, worker },
  }
  return { ...message, sequence: `${employee}-2`, text: JSON.stringify(event) }
}

async function withLedger<T>(work: (ledger: Ledger) => Promise<T>, at = path): Promise<T> {
  const ledger = await openFileLedger(at)
  try {
    return await work(ledger)
  } finally {
    await ledger.close()
  }
}

const record = (world: World, ...messages: readonly SourceMessage[]) =>
  world.intake(
    messages.map((message) => toIntakeMessage({ ...takeIn(message, () => DEFAULT_SOURCE), message })),
  )

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-patch-'))
  path = join(folder, 'ledger.db')
  await withLedger(async (ledger) => {
    const world = new World(ledger)
    await record(world, hire('p9', { userName: 'former@contoso.com' }))
    await world.confirmAll()
    await record(world, update('p9', { userName: 'taken@contoso.com' }))
    await world.confirmAll()
    await record(
      world,
      ...['p1', 'p2', 'p3'].map((one) => hire(one, { userName: `${one}@old.com`, title: 'Secret Title' })),
    )
    await failAll(world)
    await record(world, hire('p8', { userName: 'waiting@contoso.com' }))
    await world.plan()
  })
})
after(() => rm(folder, { recursive: true, force: true }))

async function file(name: string, text: string): Promise<string> {
  const at = join(folder, name)
  await writeFile(at, text)
  return at
}

interface Plan {
  readonly ledger: number
  readonly leftOut: readonly { readonly id: string; readonly why: string; readonly detail?: string }[]
  readonly changes: readonly {
    readonly id: string
    readonly fields: readonly { readonly path: string; readonly before?: string; readonly after?: string }[]
  }[]
}

/** A replay of everything in the ledger with this patch. */
async function replay(patch: string, ...more: readonly string[]) {
  const argv = ['replay', '--store', 'ledger', '--patch', patch, '--output', 'json', ...more]
  const ran = await command(argv, { LEDGER: path })
  return { ...ran, plan: (ran.stdout === '' ? null : JSON.parse(ran.stdout)) as Plan | null }
}

const CSV = 'employee,userName\np1,p1@new.com\np2,p2@new.com\np3,p3@new.com\n'

void describe('replay --patch for many', () => {
  void test('shows with --dry-run which fields change, and no values', async () => {
    const { code, plan, stdout, stderr } = await replay(await file('all.csv', CSV), '--dry-run')
    assert.equal(code, 0, stderr)
    assert.deepEqual(
      plan?.changes.map(({ fields }) => fields),
      [
        [{ path: 'data.worker.userName' }],
        [{ path: 'data.worker.userName' }],
        [{ path: 'data.worker.userName' }],
      ],
    )
    assert.doesNotMatch(stdout, /@new|@old|Secret/)
    const table = await command(
      ['replay', '--store', 'ledger', '--patch', join(folder, 'all.csv'), '--dry-run'],
      { LEDGER: path },
    )
    assert.match(table.stdout, /^ *3 +data\.worker\.userName *$/m)
    assert.doesNotMatch(table.stdout, /@new|@old/)
  })

  void test('shows values only to someone who is named in the audit trail, with --dry-run too', async () => {
    const all = await file('all.csv', CSV)
    const unnamed = await replay(all, '--dry-run', '--show-values')
    assert.deepEqual([unnamed.code, unnamed.stdout], [2, ''])
    const { plan } = await replay(all, '--dry-run', '--show-values', ...BY)
    assert.deepEqual(
      plan?.changes.flatMap(({ fields }) => fields.map(({ before, after }) => [before, after])),
      ['p1', 'p2', 'p3'].map((one) => [`${one}@old.com`, `${one}@new.com`]),
    )
    const audit = await command(['audit', '--action', 'show-values', '--output', 'json'], { LEDGER: path })
    const entries = JSON.parse(audit.stdout) as readonly { readonly about: string; readonly actor: string }[]
    assert.deepEqual(
      entries.map(({ about, actor }) => [about, actor]),
      ['p1', 'p2', 'p3'].map((one) => [one, actorNamed('ada')]),
    )
  })

  void test('takes a JSONata expression, and refuses the selection when it changes nothing in one of them', async () => {
    const lower = await file(
      'lower.jsonata',
      `$ ~> |data.worker|{ "userName": $replace(userName, /@old\\.com$/, "@new.com") }|`,
    )
    assert.deepEqual((await replay(lower, '--dry-run')).plan?.leftOut, [])
    const some = await file(
      'some.jsonata',
      `$employee = "p2" ? $ : ($ ~> |data.worker|{ "title": "Other" }|)`,
    )
    const { code, plan, stderr } = await replay(some, ...BY)
    assert.equal(code, 7)
    assert.deepEqual(
      plan?.leftOut.map(({ why }) => why),
      ['PatchChangesNothing'],
    )
    assert.match(stderr, /nothing was replayed: the patch must fit every selected dead letter/)
  })

  void test('is refused for a dead letter that no row of the table names', async () => {
    const { code, plan, stderr } = await replay(
      await file('two.csv', 'id,userName\nhire-p1,a@new.com\nhire-p2,b@new.com\nhire-p7,c@new.com\n'),
      '--dry-run',
    )
    assert.equal(code, 7)
    assert.deepEqual(
      plan?.leftOut.map(({ why, detail }) => [why, detail]),
      [['PatchChangesNothing', 'no row of the file names it']],
    )
    assert.match(stderr, /these lines of the file: 4/)
  })

  void test('is refused when two employees would have one user name', async () => {
    const { code, plan } = await replay('{"data":{"worker":{"userName":"Same@new.com"}}}', '--dry-run')
    assert.equal(code, 7)
    assert.deepEqual(new Set(plan?.leftOut.map(({ why }) => why)), new Set(['UserNameShared']))
    assert.equal(plan?.leftOut.length, 3)
    const two = await file('shared.csv', CSV.replace('p2@new.com', 'P1@NEW.com'))
    assert.deepEqual(
      (await replay(two, '--dry-run')).plan?.leftOut.map(({ detail }) => detail),
      ['employee p2', 'employee p1'],
    )
  })

  void test('is refused when an employee in the directory, or in an unsent record, has the user name', async () => {
    for (const [name, other] of [
      ['Taken@contoso.com', 'p9'],
      ['waiting@contoso.com', 'p8'],
    ] as const) {
      const one = await file('taken.csv', CSV.replace('p2@new.com', name))
      assert.deepEqual(
        (await replay(one, '--dry-run')).plan?.leftOut.map(({ why, detail }) => [why, detail]),
        [['UserNameShared', `employee ${other}`]],
      )
    }
    // A former name is free again, and so is a mail address of another employee.
    const former = await file('former.csv', CSV.replace('p2@new.com', 'former@contoso.com'))
    assert.equal((await replay(former, '--dry-run')).code, 0)
  })

  void test('is refused when it moves an event to another employee, renames it or cancels a termination', async () => {
    for (const [patch, why] of [
      ['{"subject":"p8"}', 'EditNamesAnotherEmployee'],
      ['{"id":"other"}', 'EditNamesAnotherEvent'],
    ] as const)
      assert.deepEqual(
        new Set((await replay(patch, '--dry-run')).plan?.leftOut.map((one) => one.why)),
        new Set([why]),
      )
  })

  void test('refuses a table that cannot be used before it looks at any dead letter', async () => {
    for (const [text, message] of [
      ['userName\na\n', /needs one column that says what a row is about/],
      ['id,employee,userName\na,b,c\n', /needs one column/],
      ['id\na\n', /no column with a new value/],
      ['id,userName\n,x\n', /line 2 does not say/],
      ['id,userName\na,x\na,y\n', /lines 2 and 3 are about the same/],
      ['id,userName\na,x,y\n', /line 2 has 3 cells/],
      ['id,userName\n"a,x\n', /not CSV/],
    ] as const) {
      const { code, stderr } = await replay(await file('wrong.csv', text), '--dry-run')
      assert.equal(code, 1, text)
      assert.match(stderr, message)
    }
    const { code, stderr } = await replay(await file('wrong.jsonata', '$now()'), '--dry-run')
    assert.equal(code, 2)
    assert.match(stderr, /wrong\.jsonata uses \$now/)
  })

  void test('replays the patched bodies when it fits all of them', async () => {
    const { code, stderr } = await replay(await file('all.csv', CSV), ...BY)
    assert.equal(code, 0, stderr)
    await withLedger(async (ledger) => {
      const [view] = await ledger.readEmployees(['p1'])
      const [event] = view?.employee.events ?? []
      assert.deepEqual([event?.state, event?.worker['userName']], ['received', 'p1@new.com'])
    })
  })
})

void describe('dead-letters names makes such a table', () => {
  let at = ''
  const environment = (more: Readonly<Record<string, string>> = {}) => ({ LEDGER: at, ...more })
  const names = (argv: readonly string[], more?: Readonly<Record<string, string>>) =>
    command(['dead-letters', 'names', ...argv], environment(more))
  const ASKED = ['--actor', 'ada', '--justification', 'ticket 7'] as const

  before(async () => {
    at = join(folder, 'names.db')
    await withLedger(async (ledger) => {
      const world = new World(ledger)
      const name = { givenName: 'Ada', familyName: 'Lovelace' }
      await record(world, hire('p9', { userName: 'ada.lovelace@contoso.com' }))
      await world.confirmAll()
      await record(world, hire('p1', { userName: 'Ada.Lovelace@contoso.com', name }))
      await failAll(world, 'EntryConflict')
      await record(world, hire('p2', { userName: 'bob@contoso.com' }))
      await failAll(world)
    }, at)
  })

  void test('not without saying who asks and why, and none when no name was taken', async () => {
    assert.equal((await names([])).code, 2)
    const other = await names(['--employee', 'p2', ...ASKED])
    assert.deepEqual([other.code, other.stdout], [4, ''])
    assert.match(other.stderr, /none of these dead letters died of a name/)
  })

  void test('of names that are free in the ledger and in the directory, which is audited', async (t) => {
    const entra = await startEntra({ settings: { cycleMs: 3_600_000 } })
    t.after(() => entra.stop())
    const alias = { userPrincipalName: 'x@contoso.com', proxyAddresses: ['smtp:A.Lovelace@contoso.com'] }
    await fetch(`http://127.0.0.1:${entra.port}/v1.0/users`, {
      method: 'POST',
      headers,
      body: JSON.stringify(alias),
    })
    const { code, stdout, stderr } = await names([...ASKED, '--output', 'json'], {
      PROVISIONING_ENDPOINT: entra.endpoint,
      PROVISIONING_ALLOW_HTTP: 'true',
      AUTH_MODE: 'local',
    })
    assert.equal(code, 0, stderr)
    const { proposals, directoryAsked } = JSON.parse(stdout) as {
      readonly directoryAsked: boolean
      readonly proposals: readonly object[]
    }
    assert.equal(directoryAsked, true)
    assert.deepEqual(
      proposals.map((one) => ({ ...one, deadLetters: [] })),
      [
        {
          employeeId: 'p1',
          deadLetters: [],
          taken: 'Ada.Lovelace@contoso.com',
          attribute: 'userName',
          holder: { kind: 'employee', employeeId: 'p9' },
          free: [2, 3, 4].map((number) => `ada.lovelace${number}@contoso.com`),
        },
      ],
    )
    const audit = await command(['audit', '--action', 'show-values', '--output', 'json'], environment())
    assert.match(audit.stdout, /"about":"p1"/)
  })

  void test('which a replay takes, and nothing is changed before', async () => {
    const out = join(folder, 'proposed.csv')
    const { stderr } = await names([...ASKED, '--out', out])
    assert.match(stderr, /the directory was not looked at: PROVISIONING_ENDPOINT is not set/)
    assert.equal(await readFile(out, 'utf8'), '"employee","userName"\n"p1","a.lovelace@contoso.com"\n')
    const [, id = ''] = /rollcall replay (dl-\d+) --patch .+ --dry-run/.exec(stderr) ?? []
    assert.equal((await names([...ASKED])).code, 0, 'it is still a dead letter')
    const replayed = await command(['replay', id, '--patch', out, ...BY], environment())
    assert.equal(replayed.code, 0, replayed.stderr)
    assert.equal((await names([...ASKED])).code, 4)
  })
})
