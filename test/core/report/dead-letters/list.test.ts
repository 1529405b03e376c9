import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { sha256 } from '../../../../src/adapters/system.ts'
import { evaluateHere } from '../../../../src/core/expression/evaluate.ts'
import { compileShape } from '../../../../src/core/intake/shape.ts'
import { SHIPPED_SHAPES } from '../../../../src/core/intake/shapes/shipped.ts'
import { sourceRules, DEFAULT_SOURCE } from '../../../../src/core/intake/sources.ts'
import type {
  LedgerDeadLetter,
  LedgerDeadLetterQuery,
} from '../../../../src/core/ledger/port/dead-letters.ts'
import { REJECTED_FIELD } from '../../../../src/core/ports.ts'
import {
  busReason,
  type BusDeadLetterName,
  type DeadLetter,
  deadLetterId,
  type DeadLetterSelection,
  fits,
  isStale,
  ledgerReason,
  nameKey,
  parseDeadLetterId,
} from '../../../../src/core/report/dead-letters/dead-letter.ts'
import { findDeadLetter } from '../../../../src/core/report/dead-letters/find.ts'
import { listDeadLetters } from '../../../../src/core/report/dead-letters/list.ts'
import { messageReader } from '../../../../src/core/report/dead-letters/read-message.ts'
import type { Stores } from '../../../../src/core/report/dead-letters/stores.ts'
import { ledgerLetter } from '../../../fakes/dead-letters.ts'
import { day } from '../../../fakes/events.ts'
import { fakeShelf, shelved } from '../../../fakes/shelf.ts'

const all: DeadLetterSelection = {
  reason: null,
  code: null,
  type: null,
  employeeId: null,
  since: null,
  until: null,
}
const read = messageReader(
  () => ({ ...DEFAULT_SOURCE, types: { hired: 'worker.hired' } }),
  () => null,
)
const event = (n: number, more: object = {}): string =>
  JSON.stringify({
    specversion: '1.0',
    id: `e-${n}`,
    source: '/hr',
    type: 'worker.updated',
    subject: `p${n % 10}`,
    ...more,
  })

/** A ledger of dead letters, and what it was asked for. */
function fakeLedger(letters: readonly LedgerDeadLetter[]) {
  const asked: LedgerDeadLetterQuery[] = []
  return {
    asked,
    findDeadLetter: async () => null,
    findNearMatches: async () => [],
    listDeadLetters: async (query: LedgerDeadLetterQuery) => {
      asked.push(query)
      const { filter, next, limit } = query
      const rest = letters.filter(
        ({ seq, code, type, employeeId, diedAt }) =>
          seq > (next ?? 0) &&
          (filter.code ?? code) === code &&
          (filter.type ?? type) === type &&
          (filter.employeeId ?? employeeId) === employeeId &&
          diedAt >= (filter.since ?? 0) &&
          diedAt < (filter.until ?? Infinity),
      )
      const page = rest.slice(0, limit)
      return { deadLetters: page, next: rest.length > limit ? (page.at(-1)?.seq ?? null) : null }
    },
  }
}

async function listed(
  stores: Stores,
  selection: Partial<DeadLetterSelection> = {},
  after: BusDeadLetterName | null = null,
): Promise<DeadLetter[]> {
  const found: DeadLetter[] = []
  for await (const one of listDeadLetters(stores, { ...all, ...selection }, false, after)) found.push(one)
  return found
}

void describe('the reason of a dead letter', () => {
  void it('on the bus is that of the bus if it gave one, otherwise that of intake', () => {
    assert.deepEqual(
      ['MaxDeliveryCountExceeded', 'TTLExpiredException', 'FieldMissing', 'NoReason', ''].map(busReason),
      ['poison', 'expired', 'unreadable', 'unreadable', 'unreadable'],
    )
  })

  void it('in the ledger says what failed: HR data, the mapping, the service or the directory', () => {
    const reasons = Object.fromEntries(
      [
        'IncompleteRecord',
        'HydrateFailed',
        'MappingFailed',
        'RescindMismatch',
        'RescindBeyondRetention',
        'NoOutcome',
        'Http400',
      ].map((code) => [
        code,
        [ledgerReason({ code, refused: false }), ledgerReason({ code, refused: true })],
      ]),
    )
    assert.deepEqual(reasons, {
      IncompleteRecord: ['incomplete', 'incomplete'],
      HydrateFailed: ['unread', 'unread'],
      MappingFailed: ['unmapped', 'unmapped'],
      RescindMismatch: ['rescind', 'rescind'],
      RescindBeyondRetention: ['rescind', 'rescind'],
      NoOutcome: ['unanswered', 'unanswered'],
      Http400: ['failed', 'refused'],
    })
  })
})

void describe('the names in a message on the bus', () => {
  const names = async (text: string | null, more = {}) => {
    const { source, id, type, employeeId } = (await read(shelved(1, { text, ...more }))).letter
    return [source, id, type, employeeId]
  }

  void it('are read from a CloudEvent in any binding, with the canonical type', async () => {
    const wanted = ['/hr', 'e-1', 'worker.hired', 'p1']
    assert.deepEqual(await names(event(1, { type: 'hired' })), wanted)
    assert.deepEqual(
      await names(`[${event(1, { type: 'hired' })}]`, { contentType: 'application/cloudevents-batch+json' }),
      wanted,
    )
    const properties = {
      'cloudEvents:id': 'e-1',
      'cloudEvents:source': '/hr',
      'cloudEvents:type': 'hired',
      'cloudEvents:subject': 'p1',
    }
    assert.deepEqual(await names('{}', { properties }), wanted)
  })

  void it('are read from a refused message, as far as they exist', async () => {
    assert.deepEqual(await names('{"id":"e-1","source":"/hr","subject":7}'), ['/hr', 'e-1', null, null])
    assert.deepEqual(await names(event(1, { data: { worker: { active: null } } })), [
      '/hr',
      'e-1',
      'worker.updated',
      'p1',
    ])
  })

  void it('are null when they cannot be read, and reading never throws', async () => {
    for (const text of [
      null,
      '',
      'no JSON',
      '[]',
      '7',
      '"text"',
      'null',
      '{"id":{}}',
      `${'['.repeat(100)}${']'.repeat(100)}`,
    ])
      assert.deepEqual(await names(text), [null, null, null, null], String(text))
    await fc.assert(
      fc.asyncProperty(
        fc.json(),
        fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean())),
        async (text, properties) => {
          await read(shelved(1, { text, properties }))
        },
      ),
    )
  })

  void it('are read through a vendor’s shape, and a shape that throws yields none', async () => {
    const shape = {
      name: 'vendor',
      form: false,
      rules: { event: '[]' },
      suspects: async () => [],
      apply: async (body: unknown) => {
        if (body !== null && typeof body === 'object' && 'bad' in body) throw new TypeError('no')
        return {
          kind: 'envelopes' as const,
          envelopes: [
            { attributes: { source: '/v', id: 'v-1', type: 'worker.hired', subject: 'p9' }, data: {} },
          ],
        }
      },
    }
    const shaped = messageReader(sourceRules([]).sources, () => ({
      name: '/v',
      shape,
      source: DEFAULT_SOURCE,
    }))
    assert.equal((await shaped(shelved(1, { text: '{"person":9}' }))).letter.employeeId, 'p9')
    assert.equal((await shaped(shelved(1, { text: '{"bad":9}' }))).letter.employeeId, null)
  })

  void it('names the employee of a message that its shape refuses', async () => {
    const rules = SHIPPED_SHAPES['bamboohr-fields']
    assert(rules)
    const shape = compileShape('bamboohr-fields', rules, sha256, evaluateHere())
    const reader = messageReader(sourceRules([]).sources, () => ({
      name: '/v',
      shape,
      source: DEFAULT_SOURCE,
    }))
    const employee = {
      id: '503',
      action: 'Updated',
      timestamp: '2026-11-20T18:42:00Z',
      fields: { Status: 'Gone' },
    }
    const { letter } = await reader(shelved(1, { text: JSON.stringify({ employees: [employee] }) }))
    assert.deepEqual([letter.employeeId, letter.type], ['503', 'worker.updated'])
  })
})

void describe('one list over both stores', () => {
  const messages = Array.from({ length: 600 }, (_, n) =>
    shelved(n + 1, {
      text: event(n),
      enqueuedAt: day(1) + n,
      reason: n % 3 === 0 ? 'MaxDeliveryCountExceeded' : 'FieldMissing',
    }),
  )
  const letters = Array.from({ length: 600 }, (_, n) =>
    ledgerLetter(n + 1, n % 2 === 0 ? { code: 'IncompleteRecord', detail: 'userName' } : {}),
  )
  const bothStores = () => {
    const shelf = fakeShelf(messages)
    const ledger = fakeLedger(letters)
    return { shelf, ledger, deadLetterQueues: [shelf], read, knownEvents: null, findEmployeeIds: null }
  }

  void it('lists every dead letter once, store by store, each with an id that finds it again', async () => {
    const one = bothStores()
    const found = await listed(one)
    assert.equal(new Set(found.map(deadLetterId)).size, 1_200)
    assert.deepEqual(
      found.map(({ store }) => store),
      [...Array<string>(600).fill('bus'), ...Array<string>(600).fill('ledger')],
    )
    const name = parseDeadLetterId(
      deadLetterId(found[77] ?? { store: 'ledger', reason: 'failed', letter: ledgerLetter(1) }),
    )
    assert.deepEqual(name, { store: 'bus', entity: 'hr-events', sequence: '78' })
    assert.deepEqual(name && (await findDeadLetter(one, name)), found[77])
    assert.deepEqual(parseDeadLetterId('dl-42'), { store: 'ledger', seq: 42 })
    for (const wrong of ['', 'dl-', 'dl-x', '42', '#4', 'q#', 'q#x'])
      assert.equal(parseDeadLetterId(wrong), null, wrong)
  })

  void it('goes on behind a message, also one that is gone by then, with the queues that follow', async () => {
    const shelves = ['first', 'second', 'third'].map((entity) =>
      fakeShelf(
        ['5', '7', '9'].map((sequence) => shelved(sequence, { entity, text: event(Number(sequence)) })),
        true,
        entity,
      ),
    )
    const stores = { ...bothStores(), deadLetterQueues: shelves, ledger: null }
    const behind = async (entity: string, sequence: string): Promise<readonly string[]> => {
      return (await listed(stores, {}, { store: 'bus', entity, sequence })).map(deadLetterId)
    }
    const third = ['third#5', 'third#7', 'third#9']
    assert.deepEqual(await behind('second', '7'), ['second#9', ...third])
    assert.deepEqual(await behind('second', '8'), ['second#9', ...third])
    assert.deepEqual(await behind('second', '9'), third)
    assert.deepEqual(await behind('third', '9'), [])
    assert.deepEqual(await behind('of-no-source', '1'), [], 'a queue that is not a source any more')
  })

  void it('yields the first before it reads the rest', async () => {
    const one = bothStores()
    for await (const first of listDeadLetters(one, all)) {
      assert.equal(deadLetterId(first), 'hr-events#1')
      break
    }
    assert.ok(one.shelf.shown <= 20)
    assert.equal(one.ledger.asked.length, 0)
  })

  void it('applies all filters together, in both stores', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          reason: fc.constantFrom(null, 'poison', 'unreadable', 'incomplete', 'failed'),
          code: fc.constantFrom(null, 'FieldMissing', 'InvalidDomain'),
          type: fc.constantFrom(null, 'worker.updated', 'worker.hired'),
          employeeId: fc.constantFrom(null, 'p3', 'nobody'),
          since: fc.constantFrom(null, day(1) + 100, day(2)),
          until: fc.constantFrom(null, day(1) + 300, day(2) + 50),
        }),
        async (selection) => {
          const wanted = (await listed(bothStores())).filter((one) => fits(one, selection)).map(deadLetterId)
          assert.deepEqual((await listed(bothStores(), selection)).map(deadLetterId), wanted)
        },
      ),
      { numRuns: 60 },
    )
    assert.equal((await listed(bothStores(), { employeeId: 'p3' })).length, 120)
    assert.equal((await listed(bothStores(), { type: 'worker.updated' })).length, 1_200)
    assert.equal((await listed(bothStores(), { type: 'worker.hired' })).length, 0)
    assert.equal((await listed(bothStores(), { reason: 'poison', since: day(1) + 300 })).length, 100)
  })

  void it('lists what is about one attribute, in both stores, and no archived dead letter unless that is asked for', async () => {
    const one = bothStores()
    const shelf = fakeShelf([
      shelved(1, { properties: { [REJECTED_FIELD]: 'userName' } }),
      shelved(2, { properties: { [REJECTED_FIELD]: 'title' } }),
    ])
    const found: string[] = []
    const stores = { ...one, deadLetterQueues: [shelf] }
    for await (const dead of listDeadLetters(stores, { ...all, attribute: 'userName' }))
      found.push(deadLetterId(dead))
    assert.deepEqual([found.length, found.slice(0, 3)], [301, ['hr-events#1', 'dl-1', 'dl-3']])
    assert.ok(one.ledger.asked.every(({ archived }) => !archived))
  })

  void it('finds a message whose employee id has blanks or invisible characters by the id that is visible', async () => {
    const written = [' p1', 'p1\u200B', 'p1\u00A0 ', 'p1', 'p10', 'P1']
    const shelf = fakeShelf(
      written.map((subject, index) => shelved(index + 1, { text: event(index, { subject }) })),
    )
    const stores = { deadLetterQueues: [shelf], read, ledger: null, knownEvents: null, findEmployeeIds: null }
    assert.equal((await listed(stores, { employeeId: 'p1' })).length, 4)
    assert.equal((await listed(stores, { employeeId: 'p1\u200B' })).length, 1)
  })

  void it('finds a message by any of the events in it', async () => {
    const shelf = fakeShelf([
      shelved(1, { text: `[${event(1)},${event(2)}]`, contentType: 'application/cloudevents-batch+json' }),
    ])
    for (const [employee, count] of [
      ['p1', 1],
      ['p2', 1],
      ['p3', 0],
    ] as const)
      assert.equal(
        (
          await listed(
            { deadLetterQueues: [shelf], read, ledger: null, knownEvents: null, findEmployeeIds: null },
            { employeeId: employee },
          )
        ).length,
        count,
        employee,
      )
  })

  void it('goes on after a page with a single message', async () => {
    const shelf = fakeShelf(['1', '2', '3'].map((sequence) => shelved(sequence)))
    const one = { ...shelf, peek: (from: string) => shelf.peek(from, 1) }
    const found = await listed({ ...bothStores(), deadLetterQueues: [one], ledger: null })
    assert.deepEqual(found.map(deadLetterId), ['hr-events#1', 'hr-events#2', 'hr-events#3'])
  })

  void it('ends also when the bus repeats the same page', async () => {
    const stuck = { entity: 'q', peek: async () => [shelved(5)] }
    assert.equal(
      (
        await listed({
          deadLetterQueues: [stuck],
          read,
          ledger: null,
          knownEvents: null,
          findEmployeeIds: null,
        })
      ).length,
      2,
    )
  })

  void it('marks a message as stale when all its events arrived in another one, with one ledger query per page', async () => {
    let asked = 0
    const states = new Map([
      [nameKey({ source: '/hr', id: 'e-0' }), 'confirmed'],
      [nameKey({ source: '/hr', id: 'e-1' }), 'dead-lettered'],
    ] as const)
    const knownEvents: Stores['knownEvents'] = async () => {
      asked += 1
      return [...states].map(([name, state]) => {
        const [source = '', id = ''] = name.split('\n')
        return { source, id, state, seq: 1, revision: 1, employeeId: 'p1' }
      })
    }
    const one = { ...bothStores(), ledger: null, knownEvents }
    const found = await listed(one)
    assert.deepEqual(
      found.slice(0, 3).map((dead) => dead.store === 'bus' && dead.letter.stale),
      [true, false, false],
    )
    assert.ok(asked <= 5, `${asked} times`)
    const alone = await listed({ ...one, deadLetterQueues: [fakeShelf(messages.slice(0, 1))] })
    assert.deepEqual(
      alone.map((dead) => dead.store === 'bus' && dead.letter.stale),
      [true],
    )
    const event1 = { source: '/hr', id: 'e-0', type: null, employeeId: null }
    assert.equal(isStale([event1, { ...event1, id: 'e-1' }], states), false)
    assert.equal(isStale([], states), false)
    assert.equal(isStale([{ ...event1, id: null }], states), false)
  })
})
