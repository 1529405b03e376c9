import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { openSqliteLedger } from '../../../src/adapters/ledger-sql/driver/sqlite/client.ts'
import { command } from '../../fakes/cli.ts'
import { day, hrEvent } from '../../fakes/events.ts'
import { WORKER } from '../../fakes/people.ts'

let folder = ''
let path = ''

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-plan-'))
  path = join(folder, 'ledger.db')
  const ledger = await openSqliteLedger({ path, now: Date.now })
  const events = [
    hrEvent('e-1', { worker: WORKER }),
    hrEvent('e-2', { effectiveAt: day(2), worker: { title: 'Head' } }),
  ]
  await ledger.recordMessages({
    messages: [{ entity: 'q', enqueuedAt: 1, sequence: '1', events, rejected: null }],
    now: day(3),
    quietMs: 0,
    maxWaitMs: 0,
    backlog: false,
  })
  await ledger.close()
})
after(() => rm(folder, { recursive: true }))

async function rollcall(
  ...argv: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const { code, stdout, stderr } = await command(argv, { LEDGER: path })
  return { code, out: stdout, err: stderr }
}

void describe('plan and explain change nothing', () => {
  void test('plan shows what would be sent, names the events, hides values and changes nothing', async () => {
    const was = await readFile(path)
    const { code, out } = await rollcall('plan', '--output', 'json')
    const found = JSON.parse(out)
    assert.equal(code, 0)
    assert.deepEqual([found.employees, found.operations, found.calls], [1, 1, 1])
    assert.deepEqual(
      found.plan[0].operation.changes.map(
        ({ target, to, events }: { target: string; to: unknown; events: { id: string }[] }) => [
          target,
          to,
          events.map(({ id }) => id).join(),
        ],
      ),
      [
        ['userName', '(hidden)', 'e-1'],
        ['title', '(hidden)', 'e-2'],
        ['active', true, 'e-1'],
      ],
    )
    assert.deepEqual(await readFile(path), was)
  })

  void test('values are shown only when asked', async () => {
    const { out } = await rollcall('plan', '--show-values', '--employee', '10001')
    assert.match(out, /Head/)
  })

  void test('the events of a file are planned on top of the ledger, or alone', async () => {
    const file = join(folder, 'events.jsonl')
    const event = {
      specversion: '1.0',
      id: 'x-1',
      source: '/hr/acme',
      type: 'worker.job.changed',
      subject: '10001',
      time: '2026-02-01T08:00:00Z',
    }
    await writeFile(file, `${JSON.stringify({ ...event, data: { worker: { title: 'Chief' } } })}\nno json\n`)
    const onTop = await rollcall('plan', '--events', file, '--show-values', '--output', 'json')
    assert.match(onTop.err, /line 2 would be refused: BodyNotJson/)
    const change = JSON.parse(onTop.out).plan[0].operation.changes.find(
      ({ target }: { target: string }) => target === 'title',
    )
    assert.deepEqual([change.to, change.events[0].id], ['Chief', 'x-1'])
    const alone = await rollcall('plan', '--events', file, '--alone', '--output', 'json')
    assert.deepEqual([JSON.parse(alone.out).employees, JSON.parse(alone.out).operations], [1, 0])
  })

  void test('an invalid date is a wrong argument', async () => {
    const { code, err } = await rollcall('plan', '--as-of', 'tomorrow')
    assert.equal(code, 2)
    assert.match(err, /--as-of must be a date/)
  })

  void test('explain says what applied and what superseded it, and hides values', async () => {
    const { code, out } = await rollcall('explain', 'e-1')
    assert.equal(code, 0)
    assert.match(out, /applied: userName, active/)
    assert.match(out, /superseded on title by e-2/)
    assert.doesNotMatch(out, /Engineer|Head|ada@/)
    assert.equal((await rollcall('explain', 'nobody')).code, 4)
  })
})
