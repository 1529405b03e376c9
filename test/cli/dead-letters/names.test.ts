import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { openSqliteLedger } from '../../../src/adapters/ledger-sql/driver/sqlite/client.ts'
import { actorNamed } from '../../../src/cli/support/options/options.ts'
import { takeIn, toIntakeMessage } from '../../../src/core/intake/message.ts'
import { DEFAULT_SOURCE } from '../../../src/core/intake/sources.ts'
import type { SourceMessage } from '../../../src/core/ports.ts'
import { command } from '../../fakes/cli.ts'
import { failAll } from '../../suites/conformance/ledger/dead-letters.ts'
import { World } from '../../suites/conformance/ledger/world.ts'

let folder = ''
let path = ''
const BY = ['--actor', 'ada', '--justification', 'ticket 7'] as const

/** A hire with its whole message, as intake takes it in. */
function hire(employee: string, userName: string): SourceMessage {
  const event = {
    specversion: '1.0',
    id: `hire-${employee}`,
    source: '/hr',
    type: 'worker.hired',
    subject: employee,
    time: '2026-10-01T00:00:00Z',
    data: {
      mode: 'snapshot',
      worker: { userName, active: true, name: { givenName: 'Ada', familyName: 'Lovelace' } },
    },
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

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-names-'))
  path = join(folder, 'ledger.db')
  const ledger = await openSqliteLedger({ path, now: Date.now })
  const world = new World(ledger)
  const record = (...messages: readonly SourceMessage[]) =>
    world.intake(
      messages.map((message) => toIntakeMessage({ ...takeIn(message, () => DEFAULT_SOURCE), message })),
    )
  await record(hire('p9', 'ada.lovelace@contoso.com'))
  await world.confirmAll()
  await record(hire('p1', 'Ada.Lovelace@contoso.com'))
  await failAll(world, 'EntryConflict')
  await record(hire('p2', 'bob@contoso.com'))
  await failAll(world, 'InvalidDomain')
  await ledger.close()
})
after(() => rm(folder, { recursive: true, force: true }))

const names = (...more: readonly string[]) => command(['dead-letters', 'names', ...more], { LEDGER: path })

void describe('dead-letters names', () => {
  void test('shows nothing without saying who asks and why, and nothing when no name was taken', async () => {
    assert.equal((await names()).code, 2)
    const other = await names('--employee', 'p2', ...BY)
    assert.deepEqual([other.code, other.stdout], [4, ''])
    assert.match(other.stderr, /none of these dead letters died of a name/)
  })

  void test('says who has the name and what is free, which is audited, and that the directory was not looked at', async () => {
    const { code, stdout, stderr } = await names(...BY, '--output', 'json')
    assert.equal(code, 0, stderr)
    assert.match(stderr, /the directory was not looked at: PROVISIONING_ENDPOINT is not set/)
    const { proposals, directoryAsked } = JSON.parse(stdout) as {
      readonly directoryAsked: boolean
      readonly proposals: readonly Readonly<Record<string, unknown>>[]
    }
    assert.equal(directoryAsked, false)
    assert.deepEqual(
      proposals.map((one) => ({ ...one, deadLetters: [] })),
      [
        {
          employeeId: 'p1',
          deadLetters: [],
          taken: 'Ada.Lovelace@contoso.com',
          attribute: 'userName',
          holder: { kind: 'employee', employeeId: 'p9' },
          free: ['a.lovelace@contoso.com', 'ada.lovelace2@contoso.com', 'ada.lovelace3@contoso.com'],
        },
      ],
    )
    const audit = await command(['audit', '--action', 'show-values', '--output', 'json'], { LEDGER: path })
    const entries = JSON.parse(audit.stdout) as readonly { readonly about: string; readonly actor: string }[]
    assert.deepEqual(
      entries.map(({ about, actor }) => [about, actor]),
      [['p1', actorNamed('ada')]],
    )
  })

  void test('writes a table that a replay takes, and changes nothing by itself', async () => {
    const out = join(folder, 'names.csv')
    const { stderr } = await names(...BY, '--out', out)
    assert.equal(await readFile(out, 'utf8'), '"employee","userName"\n"p1","a.lovelace@contoso.com"\n')
    const next = /rollcall (replay (dl-\d+) --patch .+ --dry-run)/.exec(stderr)
    assert.ok(next, stderr)
    const replay = ['replay', next[2] ?? '', '--patch', out, '--output', 'json', ...BY]
    const shown = await command([...replay, '--dry-run', '--show-values'], { LEDGER: path })
    assert.match(shown.stdout, /"after": "a\.lovelace@contoso\.com"/)
    assert.equal((await names(...BY)).code, 0, 'it is still a dead letter')
    assert.equal((await command([...replay, '--yes'], { LEDGER: path })).code, 0)
    assert.equal((await names(...BY)).code, 4)
  })
})
