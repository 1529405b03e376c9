import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { RollcallError } from '../../../../src/core/errors.ts'
import { isObject } from '../../../../src/core/json.ts'
import type { Naming, OutcomeRow } from '../../../../src/core/ledger/port/report.ts'
import type { OutboxMessage } from '../../../../src/core/ports.ts'
import { outcomeMessage, type OutcomeSettings } from '../../../../src/core/report/outcomes/outcome.ts'
import { publishLoop } from '../../../../src/core/report/outcomes/loop.ts'
import type { Telemetry } from '../../../../src/core/runtime.ts'
import { account, accountList } from '../../../fakes/account-list.ts'
import { publishedContracts } from '../../../fakes/contracts.ts'
import { day } from '../../../fakes/events.ts'
import { virtualRuntime } from '../../../fakes/virtual-runtime.ts'
import { runUntilEnd } from '../../../fakes/run-until-end.ts'

function row(id: number, more: Partial<OutcomeRow> = {}): OutcomeRow {
  return {
    id,
    employeeId: '10001',
    source: '/hr/acme',
    eventId: `e-${id}`,
    type: 'worker.updated',
    revision: 1,
    state: 'confirmed',
    reason: null,
    detail: null,
    by: null,
    operation: 'op-1',
    objectId: 'object-1',
    destination: 'default',
    attributes: [
      ['title', 'Head'],
      ['name.familyName', 'Lee'],
    ],
    findings: [],
    at: day(1),
    receivedAt: day(1) - 90_000,
    effectiveAt: day(1) - 86_400_000,
    traceparent: null,
    ...more,
  }
}

/**
 * An outbox of rows, and a sender that refuses while the test says so, having sent the first of
 * what it was given.
 */
function start(
  t: TestContext,
  rows: readonly OutcomeRow[],
  {
    atOnce = 2,
    account = [],
    pollMs = 1_000,
  }: {
    readonly atOnce?: number
    readonly account?: OutcomeSettings['account']
    readonly pollMs?: number
  } = {},
) {
  const runtime = virtualRuntime()
  const accounts = accountList()
  const unpublished = [...rows]
  const sent: OutboxMessage[] = []
  const asked: string[] = []
  let away = false
  const ledger = {
    listUnpublishedOutcomes: async (limit: number) => unpublished.slice(0, limit),
    markOutcomesPublished: async (ids: readonly number[], _now: number, naming?: Naming) => {
      asked.push(`mark ${ids.join(' ')}`)
      if (naming) note(naming)
      for (const id of ids)
        unpublished.splice(
          unpublished.findIndex((one) => one.id === id),
          1,
        )
    },
  }
  const unnamed = new Map<string, Naming['again'][number]>()
  const note = ({ done, again }: Naming): void => {
    for (const employeeId of done) unnamed.delete(employeeId)
    for (const one of again) unnamed.set(one.employeeId, one)
  }
  const naming = {
    listUnnamedAccounts: async (now: number, limit: number) => {
      asked.push('list unnamed')
      return [...unnamed.values()]
        .filter(({ dueAt }) => dueAt <= now)
        .slice(0, limit)
        .map(({ employeeId, tries }) => ({ employeeId, tries, objectId: 'object-1' }))
    },
    recordNaming: async (noted: Naming) => note(noted),
  }
  const outlet = {
    send: async (messages: readonly OutboxMessage[]) => {
      assert.notEqual(messages.length, 0)
      asked.push(`send ${messages.length}`)
      if (away) {
        sent.push(...messages.slice(0, 1))
        throw new TypeError('the bus is away')
      }
      sent.push(...messages)
    },
  }
  const service = publishLoop({
    ledger: { ...ledger, ...naming },
    sender: outlet,
    accounts,
    settings: { queue: 'hr-outcomes', pollMs, atOnce, values: [], account, sessions: false },
    runtime,
  })
  const run = (): void => runUntilEnd(t, service)
  return {
    runtime,
    accounts,
    sent,
    asked,
    unpublished,
    unnamed,
    service,
    run,
    goAway: () => (away = true),
    comeBack: () => (away = false),
  }
}
const events = (messages: readonly OutboxMessage[]): unknown[] =>
  messages.map(({ body }) => body['causationid'])

void describe('outcomes are published', () => {
  void test('in the order they were decided, and marked only after they are sent', async (t) => {
    const { runtime, sent, asked, unpublished, run } = start(t, [row(1), row(2), row(3)])
    run()
    await runtime.settle()
    assert.deepEqual(events(sent), ['e-1', 'e-2', 'e-3'])
    assert.deepEqual(asked, ['send 2', 'mark 1 2', 'send 1', 'mark 3'])
    assert.deepEqual(unpublished, [])
  })

  void test('at least once: an outcome that a failing bus may have accepted is sent again with the same id', async (t) => {
    const { runtime, sent, asked, goAway, comeBack, run } = start(t, [row(1), row(2), row(3)])
    goAway()
    run()
    await runtime.settle()
    assert.deepEqual(asked, ['send 2'])
    comeBack()
    await runtime.advance(5_000)
    assert.deepEqual(events(sent), ['e-1', 'e-1', 'e-2', 'e-3'])
    assert.equal(sent[0]?.id, sent[1]?.id)
  })

  void test('with the time from receipt, or from a later effective date, for the first revision only', async (t) => {
    const { runtime, run } = start(t, [
      row(1),
      row(2, { effectiveAt: day(1) - 5_000, state: 'unchanged' }),
      row(3, { effectiveAt: day(30), state: 'skipped' }),
      row(4, { revision: 2 }),
      row(5, { effectiveAt: day(1) }),
    ])
    const counted: string[] = []
    const count: Telemetry['count'] = (name, by, attributes) =>
      void counted.push(`${name} ${by} ${Object.values(attributes ?? {}).join()}`)
    Object.assign(runtime.telemetry, { count })
    run()
    await runtime.settle()
    assert.deepEqual(
      counted,
      ['confirmed', 'unchanged', 'skipped', 'confirmed', 'confirmed'].map(
        (one) => `rollcall.events 1 ${one}`,
      ),
    )
    assert.deepEqual(runtime.recorded, [
      'rollcall.outcome.duration_seconds 90 confirmed',
      'rollcall.outcome.duration_seconds 5 unchanged',
      'rollcall.outcome.duration_seconds 90 skipped',
      'rollcall.outcome.duration_seconds 0 confirmed',
    ])
  })

  void test('at once after a wake', async (t) => {
    const { runtime, sent, unpublished, service, run } = start(t, [])
    run()
    await runtime.settle()
    unpublished.push(row(7))
    service.wake()
    await runtime.settle()
    assert.deepEqual(events(sent), ['e-7'])
  })
})

void describe('outcomes name the account', () => {
  const MINUTE = 60_000
  const BOTH = ['userName', 'mail'] as const
  const RARELY = { account: BOTH, pollMs: 5 * MINUTE }
  const namesIn = (messages: readonly OutboxMessage[]): unknown[] =>
    messages.map(({ body }) => (isObject(body['data']) ? body['data']['account'] : assert.fail()))
  const marks = (messages: readonly OutboxMessage[]): unknown[] =>
    messages.map(({ body }) => body['dataclassification'])

  void test('as Entra holds it, asked for once for all outcomes of a batch, each account once', async (t) => {
    const { runtime, accounts, sent, run } = start(
      t,
      [row(1), row(2), row(3, { objectId: 'object-2' }), row(4, { objectId: null })],
      { atOnce: 4, account: BOTH },
    )
    accounts.accounts = [account('object-1'), account('object-2')]
    accounts.mail.set('object-2', 'two@example.com')
    run()
    await runtime.settle()
    assert.deepEqual(accounts.asked, [['object-1', 'object-2']])
    assert.deepEqual(namesIn(sent), [
      { userName: 'object-1@example.com', mail: null },
      { userName: 'object-1@example.com', mail: null },
      { userName: 'object-2@example.com', mail: 'two@example.com' },
      null,
    ])
    assert.deepEqual(marks(sent), ['confidential', 'confidential', 'confidential', undefined])
  })

  void test('only if that is configured, and only by the fields that are', async (t) => {
    const without = start(t, [row(1)])
    without.run()
    await without.runtime.settle()
    assert.deepEqual([namesIn(without.sent), without.accounts.asked], [[undefined], []])
    const one = start(t, [row(1)], { account: ['mail'] })
    one.accounts.accounts = [account('object-1')]
    one.run()
    await one.runtime.settle()
    assert.deepEqual(namesIn(one.sent), [{ mail: null }])
  })

  void test('and wait five seconds at most for a directory that does not answer, which is then left alone for a minute', async (t) => {
    const { runtime, accounts, sent, unpublished, service, run } = start(t, [row(1)], { account: BOTH })
    accounts.accounts = [account('object-1')]
    accounts.beforeNames = () => new Promise(() => {})
    run()
    await runtime.advance(4_999)
    assert.deepEqual(sent, [])
    await runtime.advance(1)
    assert.deepEqual([namesIn(sent), marks(sent)], [[null], [undefined]])
    accounts.beforeNames = () => {}
    unpublished.push(row(2))
    service.wake()
    await runtime.settle()
    assert.deepEqual(namesIn(sent), [null, null])
    assert.equal(accounts.asked.length, 1)
    await runtime.advance(60_000)
    unpublished.push(row(3))
    service.wake()
    await runtime.settle()
    assert.deepEqual(namesIn(sent).at(-1), { userName: 'object-1@example.com', mail: null })
  })

  void test('and what they could not say is published once it is known, after waits that grow for two weeks', async (t) => {
    const { runtime, accounts, sent, unnamed, run } = start(t, [row(1)], RARELY)
    run()
    await runtime.settle()
    assert.deepEqual(namesIn(sent), [null])
    accounts.accounts = [account('object-1')]
    await runtime.advance(15 * MINUTE)
    assert.deepEqual([sent.length, accounts.asked.length], [1, 2], 'there is no mailbox yet')
    await runtime.advance(59 * MINUTE)
    assert.equal(accounts.asked.length, 2)
    accounts.mail.set('object-1', 'ada@example.com')
    await runtime.advance(2 * MINUTE)
    const told = sent[1]?.body
    assert.deepEqual(publishedContracts().troubles('account', told), [])
    assert.deepEqual(told && [told['type'], told['subject'], told['data']], [
      'rollcall.account.named',
      '10001',
      { objectId: 'object-1', account: { userName: 'object-1@example.com', mail: 'ada@example.com' } },
    ])
    await runtime.advance(30 * 24 * 60 * MINUTE)
    assert.deepEqual([sent.length, accounts.asked.length, unnamed.size], [2, 3, 0])
  })

  void test('and those that are due together are asked for at once, however many they are', async (t) => {
    const rows = ['1', '2', '3'].map((employeeId, n) => row(n + 1, { employeeId }))
    const { runtime, accounts, sent, run } = start(t, rows, { atOnce: 1, account: BOTH })
    run()
    await runtime.settle()
    accounts.accounts = [account('object-1')]
    accounts.mail.set('object-1', 'ada@example.com')
    await runtime.advance(15 * MINUTE + 50_000)
    assert.equal(sent.length, 6)
  })

  void test('and an account that never gets a mailbox is published as it is, and not asked for any more', async (t) => {
    const { runtime, accounts, sent, unnamed, run } = start(t, [row(1)], RARELY)
    accounts.accounts = [account('object-1')]
    run()
    await runtime.advance(20 * 24 * 60 * MINUTE)
    assert.deepEqual(namesIn(sent), [
      { userName: 'object-1@example.com', mail: null },
      { userName: 'object-1@example.com', mail: null },
    ])
    assert.deepEqual([accounts.asked.length, unnamed.size], [17, 0])
  })

  void test('and an account that the directory never lists is given up without a word', async (t) => {
    const { runtime, sent, unnamed, run } = start(t, [row(1)], RARELY)
    run()
    await runtime.settle()
    assert.equal(unnamed.size, 1)
    await runtime.advance(20 * 24 * 60 * MINUTE)
    assert.deepEqual([sent.length, unnamed.size], [1, 0])
  })

  void test('and the ledger is asked for those that are due once a minute at most', async (t) => {
    const { runtime, asked, run } = start(t, [row(1)], { account: BOTH })
    run()
    await runtime.advance(MINUTE)
    assert.deepEqual(asked, ['send 1', 'mark 1', 'list unnamed', 'list unnamed'])
  })

  void test('and go without it, said once, where users may not be read', async (t) => {
    const { runtime, accounts, sent, run } = start(t, [row(1), row(2)], { atOnce: 1, account: BOTH })
    accounts.failures = [new RollcallError('DirectoryForbidden', '403')]
    run()
    await runtime.settle()
    assert.deepEqual(namesIn(sent), [null, null])
    assert.deepEqual(
      runtime.lines.map(({ level, event, fields }) => [level, event, fields['code']]),
      [['info', 'publish.unnamed', 'DirectoryForbidden']],
    )
    assert.equal(accounts.asked.length, 1)
  })
})

void describe('an outcome', () => {
  const { digest } = virtualRuntime()
  const told = (more: Partial<OutcomeRow>, settings: Partial<OutcomeSettings> = {}): OutboxMessage =>
    outcomeMessage(row(1, more), { values: [], account: [], sessions: false, ...settings }, digest)

  void test('is a CloudEvent that names its event, its reason, the superseding event and the codes of open findings', () => {
    const { body, subject, properties, contentType } = told({
      state: 'superseded',
      reason: 'Newer',
      by: { source: '/hr/acme', id: 'e-9' },
      findings: ['DisabledElsewhere'],
      traceparent: '00-trace',
    })
    assert.deepEqual(
      [subject, contentType, properties],
      ['10001', 'application/cloudevents+json', { state: 'superseded', reason: 'Newer' }],
    )
    const { id, ...rest } = body
    assert.equal(typeof id, 'string')
    assert.deepEqual(rest, {
      specversion: '1.0',
      source: '/rollcall',
      type: 'rollcall.event.superseded',
      subject: '10001',
      time: '2026-01-01T12:00:00.000Z',
      datacontenttype: 'application/json',
      dataschema: 'urn:rollcall:outcome-data:1',
      partitionkey: '10001',
      causationid: 'e-1',
      traceparent: '00-trace',
      data: {
        event: { source: '/hr/acme', id: 'e-1', type: 'worker.updated' },
        revision: 1,
        revises: null,
        state: 'superseded',
        reason: 'Newer',
        detail: null,
        attributes: ['title', 'name.familyName'],
        by: { source: '/hr/acme', id: 'e-9' },
        operation: 'op-1',
        findings: ['DisabledElsewhere'],
        objectId: 'object-1',
      },
    })
  })

  void test('says nothing about the account where that is not configured, and is not confidential', () => {
    const names = { objectId: 'object-1', userName: 'ada@example.com', mail: null }
    const { body } = outcomeMessage(row(1), { values: [], account: [], sessions: false }, digest, names)
    assert.equal(body['dataclassification'], undefined)
  })

  void test('has a different id for every event and revision, and the same id each time it is published', () => {
    const id = (more: Partial<OutcomeRow>): string => told(more).id
    assert.equal(id({}), id({ id: 99, at: day(9), state: 'skipped' }))
    const next = told({ revision: 2 }).body['data']
    assert.ok(typeof next === 'object' && next !== null && 'revises' in next)
    assert.equal(next.revises, id({}), 'a revision names the outcome it takes the place of')
    assert.equal(
      new Set([id({}), id({ revision: 2 }), id({ eventId: 'e-2' }), id({ source: '/hr/other' })]).size,
      4,
    )
  })

  void test('contains only values of the configured attributes, with everything below them', () => {
    const valueOrigins = (values: readonly string[]): unknown => {
      const data = told({}, { values }).body['data']
      assert.ok(data instanceof Object)
      return Reflect.get(data, 'values')
    }
    assert.equal(valueOrigins([]), undefined)
    assert.equal(valueOrigins(['tit', 'name.family']), undefined)
    assert.deepEqual(valueOrigins(['title']), { title: 'Head' })
    assert.deepEqual(valueOrigins(['name']), { 'name.familyName': 'Lee' })
    assert.deepEqual(valueOrigins(['*']), { title: 'Head', 'name.familyName': 'Lee' })
  })

  void test('shares a session with other outcomes of its employee if configured, with a valid session name', () => {
    assert.equal(told({}).sessionId, undefined)
    assert.equal(told({}, { sessions: true }).sessionId, '10001')
    assert.equal(told({ employeeId: 'x'.repeat(128) }, { sessions: true }).sessionId, 'x'.repeat(128))
    const long = told({ employeeId: 'x'.repeat(500) }, { sessions: true }).sessionId
    assert.ok(long !== undefined && long.length <= 128)
    assert.notEqual(long, told({ employeeId: 'x'.repeat(501) }, { sessions: true }).sessionId)
  })
})
