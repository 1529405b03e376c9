import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { openFileLedger } from '../../adapters/support/file-ledger.ts'
import { command } from '../../fakes/cli.ts'
import { day, hrEvent } from '../../fakes/events.ts'
import { WORKER } from '../../fakes/people.ts'

let folder = ''
let path = ''

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-plan-'))
  path = join(folder, 'ledger.db')
  const ledger = await openFileLedger(path)
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

const BY = ['--actor', 'ann', '--justification', 'ticket 7'] as const

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

  void test('values are shown only to someone who is named in the audit trail', async () => {
    const refused = await rollcall('plan', '--show-values', '--employee', '10001')
    assert.deepEqual([refused.code, refused.out], [2, ''])
    const { out } = await rollcall('plan', '--show-values', ...BY, '--employee', '10001')
    assert.match(out, /Head/)
    assert.match((await rollcall('audit', '10001')).out, /ann \(\S+\) +show-values +1 +10001 +ticket 7/)
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
    const onTop = await rollcall('plan', '--events', file, '--show-values', ...BY, '--output', 'json')
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

const line = (id: string, subject: string, worker: object, more: object = {}): object => ({
  specversion: '1.0',
  id,
  source: '/hr/acme',
  type: 'worker.hired',
  subject,
  time: '2026-02-01T08:00:00Z',
  data: { worker },
  ...more,
})

interface PlanJson {
  readonly lines: readonly {
    readonly line: number
    readonly becomes: string
    readonly employeeId?: string
    readonly effectiveAt?: string
    readonly code?: string
  }[]
  readonly cannotPlan: readonly {
    readonly employeeId: string
    readonly reason: string
    readonly detail: string
    readonly events: readonly { readonly id: string }[]
  }[]
  readonly unmapped: Readonly<Record<string, readonly string[]>>
  readonly operations: number
}

void describe('plan names what it cannot plan and the result of each line', () => {
  const fileOf = async (...lines: readonly object[]): Promise<string> => {
    const file = join(folder, `${lines.length}-${Math.random()}.jsonl`)
    await writeFile(file, lines.map((one) => JSON.stringify(one)).join('\n'))
    return file
  }
  const planOf = async (
    file: string,
    ...more: readonly string[]
  ): Promise<readonly [number, PlanJson, string]> => {
    const { code, out, err } = await rollcall('plan', '--events', file, ...more, '--output', 'json')
    return [code, JSON.parse(out) as PlanJson, err]
  }

  void test('an employee without a required attribute is one row, names what is missing, and ends the command with 7', async () => {
    const file = await fileOf(
      line('i-1', '501', { title: 'Smith' }),
      line('i-2', '502', { userName: 'b@c.de' }),
    )
    const [code, { cannotPlan, operations }] = await planOf(file, '--alone')
    assert.equal(code, 7)
    assert.deepEqual(
      cannotPlan.map(({ employeeId, reason, detail, events }) => [
        employeeId,
        reason,
        detail,
        events.map(({ id }) => id),
      ]),
      [['501', 'Incomplete', 'userName', ['i-1']]],
    )
    assert.equal(operations, 1)
    const { code: again, out } = await rollcall('plan', '--events', file, '--alone')
    assert.equal(again, 7)
    assert.match(out, /501 +cannot be planned +Incomplete: userName +i-1/)
    assert.match(out, /1 employees who cannot be planned as they are/)
    assert.doesNotMatch(out, /Smith/)
  })

  void test('an employee with a failing mapping rule is one row that names the rule and no value', async () => {
    const mapping = join(folder, 'failing.yaml')
    await writeFile(mapping, 'mapping: { attributes: { title: { jsonata: "$number(grade)" } } }')
    const file = await fileOf(line('m-1', '511', { userName: 'a@c.de', grade: 'Top-Secret' }))
    const [code, { cannotPlan }] = await planOf(file, '--alone', '--mapping', mapping)
    assert.equal(code, 7)
    assert.deepEqual(
      cannotPlan.map(({ employeeId, reason }) => [employeeId, reason]),
      [['511', 'MappingFailed']],
    )
    assert.match(cannotPlan[0]?.detail ?? '', /^title: /)
    assert.doesNotMatch(JSON.stringify(cannotPlan), /Top-Secret/)
  })

  void test('each line becomes an event, a duplicate, a collision or a refusal', async () => {
    const known = { specversion: '1.0', id: 'e-1', source: '/hr/acme', type: 'worker.hired', subject: '999' }
    const file = await fileOf(
      line('l-1', '521', { userName: 'a@c.de' }),
      line('l-1', '521', { userName: 'a@c.de' }),
      line('l-1', '522', { userName: 'b@c.de' }),
      line('l-2', '523', { userName: 'c@c.de' }, { type: 'worker.promoted' }),
      line('e-1', '999', { userName: 'd@c.de' }, known),
      line(
        'l-3',
        '524',
        { userName: 'e@c.de' },
        { data: { worker: { userName: 'e@c.de' }, effectiveDate: '2026-03-01' } },
      ),
    )
    const [code, { lines, operations }, err] = await planOf(file)
    assert.equal(code, 7)
    assert.deepEqual(
      lines.map((one) => [one.line, one.becomes, one.employeeId ?? null, one.code ?? null]),
      [
        [1, 'taken', '521', null],
        [2, 'duplicate', '521', null],
        [3, 'collision', '522', 'EventCollision'],
        [4, 'refused', null, 'UnknownType'],
        [5, 'collision', '999', 'EventCollision'],
        [6, 'taken', '524', null],
      ],
    )
    assert.equal(lines[0]?.effectiveAt?.slice(0, 10), '2026-02-01')
    assert.match(err, /line 4 would be refused/)
    assert.equal(operations, 2, 'an event that collides is not planned')
    const { out } = await rollcall('plan', '--events', file)
    assert.match(out, /1 +taken +worker\.hired +521 +2026-02-01T/)
    assert.match(out, /3 +collision +worker\.hired +522/)
    const [, one] = await planOf(file, '--employee', '524')
    assert.deepEqual(
      one.lines.map(({ line: number }) => number),
      [4, 6],
    )
  })

  void test('an event that the ledger holds is a duplicate, and changes nothing', async () => {
    const ledgerFile = join(folder, 'again.db')
    const ledger = await openFileLedger(ledgerFile)
    const file = await fileOf(line('d-1', '531', { userName: 'a@c.de' }))
    const before = await command(['plan', '--events', file, '--alone', '--output', 'json'], {
      LEDGER: ledgerFile,
    })
    const event = hrEvent('d-1', {
      type: 'worker.hired',
      employeeId: '531',
      worker: { userName: 'a@c.de', active: true },
    })
    await ledger.recordMessages({
      messages: [
        {
          entity: 'q',
          enqueuedAt: 1,
          sequence: '1',
          events: [{ ...event, effectiveRaw: null }],
          rejected: null,
        },
      ],
      now: day(3),
      quietMs: 0,
      maxWaitMs: 0,
      backlog: false,
    })
    await ledger.close()
    const { code, stdout } = await command(['plan', '--events', file, '--output', 'json'], {
      LEDGER: ledgerFile,
    })
    assert.equal(before.code, 0)
    const { lines } = JSON.parse(stdout) as PlanJson
    assert.deepEqual([code, lines.map(({ becomes }) => becomes)], [0, ['duplicate']])
  })

  void test('attributes that no mapping takes are named once for each source', async () => {
    const scim = (id: string, employee: string): object =>
      line(id, employee, {
        userName: `${employee}@contoso.com`,
        emails: [{ type: 'work', value: 'x@contoso.com' }],
        phoneNumbers: [{ type: 'work', value: '+4930123' }],
        manager: { value: '71001' },
        badge: { colour: 'red', number: '77' },
        photos: [{ value: 'https://x' }],
      })
    const other = line('s-3', '543', { userName: 'c@c.de', shoeSize: '42' }, { source: '/hr/other' })
    const file = await fileOf(scim('s-1', '541'), scim('s-2', '542'), other)
    const [code, { unmapped }] = await planOf(file, '--alone')
    assert.equal(code, 0)
    assert.deepEqual(unmapped, {
      '/hr/acme': ['badge.colour', 'badge.number', 'photos'],
      '/hr/other': ['shoeSize'],
    })
    const { out } = await rollcall('plan', '--events', file, '--alone')
    assert.match(out, /no mapping takes these attributes of \/hr\/acme: badge\.colour, badge\.number, photos/)
    assert.doesNotMatch(out, /71001|x@contoso/)
  })
})

void describe('plan with a pilot', () => {
  void test('plan says how many employees a pilot holds, how many of them leave, and the share of the quota', async () => {
    const file = join(folder, 'pilot.yaml')
    const said = async (pilot: string): Promise<string> => {
      await writeFile(file, `pilot: ${pilot}\n`)
      return (await rollcall('plan', '--mapping', file)).out.split('\n').slice(-3).join('\n')
    }
    assert.match(
      await said('{ employees: ["none"] }'),
      /0 operations.*\n1 employees outside the pilot are held, 0 of them leavers/,
    )
    assert.match(
      await said('{ employees: ["10001"] }'),
      /1 operations, at least 1 calls \(0\.1 % of a day's quota\); nothing was sent/,
    )
  })
})
