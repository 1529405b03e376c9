import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { sqliteDialect } from '../../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import { openFileLedger } from '../../adapters/support/file-ledger.ts'
import { HELD_BY_ID, LEFT_OUT } from '../../../src/adapters/ledger-sql/inspect/holdings.ts'
import { MIGRATIONS } from '../../../src/adapters/ledger-sql/schema.ts'
import { command } from '../../fakes/cli.ts'
import { joiner, World } from '../../suites/conformance/ledger/world.ts'

const folder = mkdtempSync(join(tmpdir(), 'rollcall-employee-'))
const LEDGER = join(folder, 'ledger.db')
after(() => rmSync(folder, { recursive: true }))

const BY = ['--actor', 'ann', '--justification', 'access request 12'] as const
const employee = (...args: readonly string[]) => command(['employee', ...args], { LEDGER })

void test('an access request has all that is held about the employee, nothing about others, and is audited', async () => {
  const ledger = await openFileLedger(LEDGER)
  const world = new World(ledger)
  await world.record(joiner('hire-1', 'p1', { title: 'Head' }), joiner('hire-2', 'p2', { managerId: 'p1' }))
  await world.confirmAll()
  await ledger.blockEmployees(
    [{ employeeId: 'p1', until: null, actor: 'ann', justification: 'ticket 7' }],
    world.now,
  )
  await ledger.close()
  const { code, stdout, stderr } = await employee('export', 'p1', ...BY)
  assert.equal(code, 0, stderr)
  const held = JSON.parse(stdout)
  assert.deepEqual(
    [held.events[0].worker.title, held.records[0].record.title, held.outbox.length, held.blocks.length],
    ['Head', 'Head', 1, 1],
  )
  assert.equal(held.events[0].recorded_at, '2026-11-01T08:00:00.000Z')
  assert.deepEqual(
    held.audit.map(({ action }: { readonly action: string }) => action),
    ['block', 'show-values'],
  )
  assert.doesNotMatch(stdout, /hire-2|p2@example\.com/)
  assert.equal((await employee('export', 'p3', ...BY)).code, 4)
})

void test('every table with an employee in it is part of an access request, or named as left out', () => {
  const tables = MIGRATIONS.flatMap(({ statements }) => statements(sqliteDialect)).flatMap((statement) => {
    const [, name = ''] = /^CREATE TABLE (\w+)/.exec(statement) ?? []
    return /\n\s*employees?\s+TEXT/.test(statement) ? [name] : []
  })
  assert.ok(tables.includes('events') && tables.includes('replay_items'))
  const covered = new Set<string>([...Object.keys(HELD_BY_ID), ...LEFT_OUT, 'blocks'])
  assert.deepEqual(
    tables.filter((name) => !covered.has(name)),
    [],
  )
})
