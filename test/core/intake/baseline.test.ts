import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { baselineEvent, cellValue } from '../../../src/core/intake/baseline.ts'
import { DEFAULT_SOURCE, type Source } from '../../../src/core/intake/sources.ts'
import { BASELINE, type JsonObject, isTermination } from '../../../src/core/model.ts'
import { fold } from '../../../src/core/plan/fold/fold.ts'
import type { LedgerEvent } from '../../../src/core/ledger/event.ts'
import { day, ledgerEvent } from '../../fakes/events.ts'
import { histories, NOW } from '../../fakes/histories.ts'
import { WORKER } from '../../fakes/people.ts'
import { runs } from '../../fakes/runs.ts'

const baseline = (at: number, worker: JsonObject = WORKER): LedgerEvent =>
  ledgerEvent(100, {
    type: BASELINE,
    source: '/export',
    mode: 'snapshot',
    effectiveAt: at,
    recordedAt: at,
    worker,
  })
const active = (events: readonly LedgerEvent[], now: number): unknown =>
  fold(events, now).attributes.get('active')?.value
const origin = { asOf: day(10), name: '/hr/acme', source: DEFAULT_SOURCE }

void describe('a baseline is true as of its export', () => {
  void test('a termination recorded after the export counts, also one that took effect before it', () => {
    const late = ledgerEvent(1, { effectiveAt: day(5), recordedAt: day(20), worker: { active: false } })
    assert.equal(active([baseline(day(10)), late], day(21)), false)
    assert.equal(fold([baseline(day(10)), late], day(21)).attributes.get('title')?.value, 'Engineer')
  })

  void test('a termination recorded before the export is covered by it', () => {
    const known = ledgerEvent(1, { effectiveAt: day(5), recordedAt: day(5), worker: { active: false } })
    assert.equal(active([baseline(day(10)), known], day(21)), true)
  })

  void test('a future termination counts at its moment', () => {
    const ahead = ledgerEvent(1, { effectiveAt: day(15), recordedAt: day(5), worker: { active: false } })
    assert.deepEqual(
      [active([baseline(day(10)), ahead], day(14)), active([baseline(day(10)), ahead], day(15))],
      [true, false],
    )
  })

  void test('a termination recorded after the export counts, also behind an older termination', () => {
    const out = (seq: number, recorded: number, effective: number): LedgerEvent =>
      ledgerEvent(seq, { recordedAt: day(recorded), effectiveAt: day(effective), worker: { active: false } })
    assert.equal(active([out(2, 8, 8), baseline(day(10))], day(21)), true, 'the export knew that one')
    assert.equal(active([out(2, 8, 8), baseline(day(10)), out(3, 12, 7)], day(21)), false)
    const taken = ledgerEvent(4, {
      recordedAt: day(13),
      effectiveAt: day(13),
      rescinds: { source: '/hr/acme', id: 'e-3' },
    })
    assert.equal(active([out(2, 8, 8), baseline(day(10)), out(3, 12, 7), taken], day(21)), true)
  })

  void test('a snapshot that only repeats the baseline does not undo what was recorded after both', () => {
    const repeats = ledgerEvent(2, { mode: 'snapshot', effectiveAt: day(12), worker: WORKER })
    const late = ledgerEvent(1, { effectiveAt: day(5), recordedAt: day(20), worker: { active: false } })
    assert.equal(active([baseline(day(10)), repeats, late], day(21)), false)
  })

  void test('a snapshot that repeats a termination ends with it when the termination is rescinded', () => {
    const left = ledgerEvent(1, { effectiveAt: day(5), recordedAt: day(20), worker: { active: false } })
    const repeats = ledgerEvent(2, {
      mode: 'snapshot',
      effectiveAt: day(20),
      worker: { ...WORKER, active: false },
    })
    const takenBack = ledgerEvent(3, { effectiveAt: day(5), recordedAt: day(21), rescinds: left })
    assert.equal(active([baseline(day(10)), left, repeats], day(22)), false)
    assert.equal(active([baseline(day(10)), left, repeats, takenBack], day(22)), true)
  })

  void test('a snapshot read after a return activates who had left in the export and in a snapshot since', () => {
    const out = { ...WORKER, active: false }
    const back = ledgerEvent(1, { mode: 'snapshot', effectiveAt: day(5), worker: WORKER })
    const left = ledgerEvent(2, { mode: 'snapshot', effectiveAt: day(12), worker: out })
    const again = ledgerEvent(3, { mode: 'snapshot', effectiveAt: day(20), worker: WORKER })
    assert.equal(active([back, baseline(day(10), out), left], day(21)), false)
    assert.equal(active([back, baseline(day(10), out), left, again], day(21)), true)
  })

  void test('for every history with an export, a snapshot that HR recorded last decides what it names', () => {
    fc.assert(
      fc.property(
        histories(),
        fc.integer({ min: 0, max: 4 }),
        fc.boolean(),
        fc.boolean(),
        (events, at, wasActive, isActive) => {
          const exported = baseline(day(at) + 1, { ...WORKER, active: wasActive })
          const last = ledgerEvent(200, {
            mode: 'snapshot',
            effectiveAt: day(10),
            worker: { ...WORKER, active: isActive },
          })
          // In doubt a rescind that died keeps an employee out, whatever a snapshot repeats.
          const heard = events.filter(({ dead, rescinds }) => !dead || rescinds === null)
          const { attributes } = fold([...heard, exported, last], day(10))
          assert.equal(attributes.get('active')?.value, isActive)
        },
      ),
      { numRuns: runs(5_000) },
    )
  })

  void test('for every history, events recorded after the export count as without a baseline', () => {
    fc.assert(
      fc.property(histories(), fc.integer({ min: 0, max: 4 }), (events, at) => {
        const exported = baseline(day(at) + 1)
        const { attributes: without, late } = fold(events, NOW)
        const recorded = new Map(events.map(({ seq, recordedAt }) => [seq, recordedAt]))
        const { attributes: withIt, effects, late: lateWithIt } = fold([...events, exported], NOW)
        for (const [path, { by }] of without) {
          // A baseline is an activation too: one that such a termination may have ended, or may be
          // meant for.
          if (path === 'active' && (late !== null || lateWithIt !== null)) continue
          const holder = withIt.get(path)
          if (events.every(({ mode }) => mode === 'delta') && (recorded.get(by) ?? 0) > exported.recordedAt)
            assert.equal(holder?.by, by, path)
        }
        // Fail closed: the baseline activates no employee whom an event that it cannot know
        // disabled. Only a snapshot that repeated a leaving disables no employee once the leaving
        // is rescinded: without a baseline it may have been the first to say so.
        const out = without.get('active')
        const by = events.find(({ seq }) => seq === out?.by)
        const repeated = events.some(
          (event) =>
            isTermination(event) &&
            effects.get(event.seq)?.kind === 'rescinded' &&
            event.recordedAt <= (by?.recordedAt ?? 0),
        )
        if (
          out?.value === false &&
          (recorded.get(out.by) ?? 0) > exported.recordedAt &&
          !(by?.mode === 'snapshot' && repeated)
        )
          assert.notEqual(withIt.get('active')?.by, exported.seq)
      }),
      { numRuns: runs(20_000) },
    )
  })
})

void describe('a row becomes an event', () => {
  void test('dotted columns are nested, and the same row gives the same event', () => {
    const event = baselineEvent({ employee: '7', 'name.givenName': 'Ann', active: true }, origin)
    assert('id' in event)
    assert.deepEqual(structuredClone(event.worker), { name: { givenName: 'Ann' }, active: true })
    assert.deepEqual(
      [event.id, event.recordedAt, event.effectiveAt],
      ['baseline:2026-01-10T12:00:00.000Z:7', day(10), day(10)],
    )
    assert.deepEqual(baselineEvent({ employee: '7', 'name.givenName': 'Ann', active: true }, origin), event)
  })

  void test('the employee id has the form it has in events, and so has that of the manager', () => {
    const source = { ...DEFAULT_SOURCE, employeeId: { case: 'upper', pad: 6 } } as const
    const idOf = (employee: string | number): unknown => {
      const event = baselineEvent({ employee, title: 'A', managerId: ' a7 ' }, { ...origin, source })
      assert('id' in event, JSON.stringify(event))
      assert.equal(event.worker['managerId'], 'A7')
      assert.ok(event.id.endsWith(`:${event.employeeId}`))
      return event.employeeId
    }
    assert.deepEqual([' 79902', '79903\u200b', 79_904, '\u00a0a1 '].map(idOf), [
      '079902',
      '079903',
      '079904',
      'A1',
    ])
    for (const employee of ['\u200b', '  ', '1.2E+11', '7,0E+5', true])
      assert('code' in baselineEvent({ employee, title: 'A' }, origin), String(employee))
    const big = baselineEvent({ employee: '90071992547409931234' }, origin)
    assert('id' in big && big.employeeId === '90071992547409931234')
  })

  void test('the employee is named by the first of the columns that may name it', () => {
    const event = baselineEvent({ subject: '9', externalId: '8', employee: '7' }, origin)
    assert('id' in event)
    assert.deepEqual([event.employeeId, event.worker['externalId']], ['7', '8'])
    const long = baselineEvent({ employee: '7'.repeat(1_024) }, origin)
    assert('id' in long)
  })

  void test('its order is the moment of the export where time orders the source, and the lowest elsewhere', () => {
    const orderOf = (order: Source['order']): unknown => {
      const event = baselineEvent({ employee: '7' }, { ...origin, source: { ...DEFAULT_SOURCE, order } })
      return 'order' in event && event.order
    }
    assert.deepEqual(
      (['time', 'version', 'sequence'] as const).map((order) => orderOf(order)),
      [day(10), null, null],
    )
  })

  void test('a row that is a SCIM user has its attributes where events have them', () => {
    const user = { externalId: '7', emails: [{ type: 'work', value: 'a@x' }], manager: { value: '8' } }
    const event = baselineEvent(user, origin)
    assert('id' in event)
    assert.deepEqual(structuredClone(event.worker), { emails: { work: 'a@x' }, managerId: '8' })
  })

  void test('an error names its column and never its value', () => {
    for (const row of [
      {},
      { employee: '' },
      { employee: 'a\u0000' },
      { employee: '7', active: 'S3cret' },
      { employee: '7', name: 'S3cret', 'name.x': 'S3cret' },
      { employee: '7', 'name.x': 'S3cret', name: 'S3cret' },
      { employee: 'S3cret'.padEnd(1_025, 'x') },
    ]) {
      const event = baselineEvent(row, origin)
      assert('code' in event)
      assert.doesNotMatch(event.description, /S3cret/)
    }
  })

  void test('an empty cell gives no attribute, and only active is read as true or false', () => {
    assert.deepEqual(
      [
        cellValue('title', ''),
        cellValue('title', 'true'),
        cellValue('active', 'TRUE'),
        cellValue('active', ' False '),
        cellValue('active', 'yes'),
      ],
      [undefined, 'true', true, false, 'yes'],
    )
  })
})
