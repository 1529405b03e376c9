import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { describePart } from '../../../src/cli/explain/event-part.ts'
import { explainAttributes, explainEmployee } from '../../../src/core/plan/explain.ts'
import { fold } from '../../../src/core/plan/fold/fold.ts'
import { previewEmployee } from '../../../src/core/plan/preview.ts'
import { changesBetween, valueOrigins } from '../../../src/core/plan/mapping/origins.ts'
import type { EmployeeEvent } from '../../../src/core/ledger/employee.ts'
import { day } from '../../fakes/events.ts'
import { histories, NOW } from '../../fakes/histories.ts'
import { employee, personEvent, rules, WORKER } from '../../fakes/people.ts'
import { runs } from '../../fakes/runs.ts'

const hired = personEvent(1, { worker: WORKER })

async function words(events: readonly EmployeeEvent[], seq: number): Promise<readonly string[]> {
  const found = (await explainEmployee(employee(events), NOW, rules)).events.find(
    (event) => event.seq === seq,
  )
  assert(found)
  return describePart(found.part)
}

void describe('an event is explained', () => {
  void test('applied, with the attributes of the record that come from it', async () => {
    assert.deepEqual(await words([hired], 1), ['applied: userName, title, active'])
  })
  void test('superseded, attribute by attribute, by the winning event', async () => {
    const moved = personEvent(2, { effectiveAt: day(2), worker: { title: 'Head' } })
    assert.deepEqual(await words([hired, moved], 1), [
      'applied: userName, active',
      'superseded on title by e-2',
    ])
  })
  void test('held, with the moment it takes effect', async () => {
    const later = personEvent(2, { effectiveAt: day(5), worker: { title: 'Head' } })
    const [held, ...others] = await words([hired, later], 2)
    assert.match(held ?? '', /^held until 2026-01-05T12:00:00Z \(.*\): it takes effect then$/)
    assert.deepEqual(others, [])
  })
  void test('unchanged because none of its attributes is mapped', async () => {
    const hobby = personEvent(2, { effectiveAt: day(2), worker: { hobby: 'chess' } })
    assert.deepEqual(await words([hired, hobby], 2), ['not mapped to the directory: hobby'])
  })
  void test('unchanged because the record already had its values', async () => {
    const snapshot = personEvent(2, { effectiveAt: day(2), mode: 'snapshot', worker: WORKER })
    assert.deepEqual(await words([hired, snapshot], 2), [
      'unchanged, already in the record: userName, title, active',
    ])
  })
  void test('a snapshot with one attribute that the record already had, and one it had not', async () => {
    const snapshot = personEvent(2, {
      effectiveAt: day(2),
      mode: 'snapshot',
      worker: { ...WORKER, title: 'Head', hobby: 'chess' },
    })
    assert.deepEqual(await words([hired, snapshot], 2), [
      'applied: title',
      'unchanged, already in the record: userName, active',
      'not mapped to the directory: hobby',
    ])
    const again = personEvent(3, {
      effectiveAt: day(3),
      mode: 'snapshot',
      worker: { ...WORKER, title: 'Head', hobby: 'chess' },
    })
    assert.deepEqual(await words([hired, snapshot, again], 3), [
      'unchanged, already in the record: userName, title, active',
    ])
  })
  void test('rescinded, with the rescind, and the rescind with its target', async () => {
    const moved = personEvent(2, { effectiveAt: day(2), worker: { title: 'Head' } })
    const rescind = personEvent(3, { effectiveAt: day(3), rescinds: { source: '/hr/acme', id: 'e-2' } })
    assert.deepEqual(await words([hired, moved, rescind], 2), ['rescinded by e-3'])
    assert.deepEqual(await words([hired, moved, rescind], 3), ['rescinds e-2'])
    assert.deepEqual(await words([hired, rescind], 3), ['rescinds e-2 once that arrives'])
  })
  void test('dead, and whether it keeps the employee disabled', async () => {
    const leaves = personEvent(2, {
      effectiveAt: day(2),
      worker: { active: false },
      dead: true,
      state: 'dead-lettered',
    })
    assert.deepEqual(await words([hired, leaves], 2), [
      'dead, but the employee stays disabled: active false still counts',
    ])
  })
  void test('dead, and not in the record', async () => {
    const dead = personEvent(2, {
      effectiveAt: day(2),
      worker: { title: 'Head' },
      dead: true,
      state: 'dead-lettered',
    })
    assert.deepEqual(await words([hired, dead], 2), ['dead: not in the record'])
  })
  void test('announced, with the moment the employee becomes active', async () => {
    const ahead = personEvent(1, { worker: WORKER, effectiveAt: day(9) })
    const fold = { owns: () => null, activation: { policy: 'announce', attribute: 'hireDate' } } as const
    const { events } = await explainEmployee(employee([ahead]), NOW, { ...rules, fold })
    const part = events[0]?.part
    assert(part?.kind === 'held')
    assert.equal(part.until, day(9))
    assert.match(part.why, /sent ahead, disabled/)
  })
  void test('a rescind waits for the event of the source that it names, whatever another source calls its own', async () => {
    const moved = personEvent(2, { effectiveAt: day(2), worker: { title: 'Head' } })
    const other = personEvent(3, { effectiveAt: day(3), rescinds: { source: '/hr/other', id: 'e-2' } })
    assert.deepEqual(await words([hired, moved, other], 3), ['rescinds e-2 once that arrives'])
  })
  void test('in order of effect, a late termination with the activations that it counts from', async () => {
    const left = personEvent(2, { effectiveAt: day(1) - 1, recordedAt: day(3), worker: { active: false } })
    const { events } = await explainEmployee(employee([hired, left]), NOW, rules)
    assert.deepEqual(
      events.map(({ id, countsFrom }) => [id, countsFrom.map((one) => one.id)]),
      [
        ['e-2', ['e-1']],
        ['e-1', []],
      ],
    )
  })
  void test('an explanation never quotes a value of the employee', async () => {
    await fc.assert(
      fc.asyncProperty(histories(), async (events) => {
        const secret = events.map((event, index) =>
          personEvent(index + 1, {
            ...event,
            worker:
              event.worker['active'] === undefined ? { title: 'S3cret' } : { title: 'S3cret', active: true },
          }),
        )
        for (const { part } of (await explainEmployee(employee(secret), NOW, rules)).events)
          assert(!describePart(part).join().includes('S3cret'))
      }),
      { numRuns: 500 },
    )
  })
})

void test('an attribute names its event, and whether it reaches the directory', () => {
  const hobby = personEvent(2, { effectiveAt: day(2), worker: { hobby: 'chess' } })
  const attributes = explainAttributes(employee([hired, hobby]), NOW, rules)
  assert.deepEqual(
    attributes.map(({ path, value, mapped, by }) => [path, value, mapped, by.id]),
    [
      ['userName', WORKER.userName, true, 'e-1'],
      ['title', WORKER.title, true, 'e-1'],
      ['active', true, true, 'e-1'],
      ['hobby', 'chess', false, 'e-2'],
    ],
  )
})

void describe('a value of the record names its events', () => {
  void test('for every history, the value of a mapped attribute names the event that holds it', async () => {
    await fc.assert(
      fc.asyncProperty(histories(), async (events) => {
        const { attributes } = fold(events, NOW)
        const values = await valueOrigins(rules.mapping, '10001', attributes)
        const title = values.find(({ target }) => target === 'title')
        assert.deepEqual(title?.by ?? [], attributes.has('title') ? [attributes.get('title')?.by] : [])
        for (const value of values) assert(value.by.length > 0, `${value.target} names an event`)
      }),
      { numRuns: runs(2_000) },
    )
  })
})

void describe('a preview shows what a plan would send', () => {
  void test('every change of an operation names its event', async () => {
    const moved = personEvent(2, { effectiveAt: day(2), worker: { title: 'Head' } })
    const first = await previewEmployee(employee([hired]), null, NOW, rules)
    assert.equal(first.operation?.lane, 'joiner')
    const taken = JSON.stringify(rules.mapping.map('10001', fold([hired], NOW).attributes).record)
    const next = await previewEmployee(
      employee([hired, moved], { known: true, acceptedHash: rules.digest(taken) }),
      taken,
      NOW,
      rules,
    )
    assert.deepEqual(next.operation?.changes, [
      {
        kind: 'changed',
        target: 'title',
        from: 'Engineer',
        to: 'Head',
        events: [{ source: '/hr/acme', id: 'e-2' }],
      },
    ])
  })
  void test('a record that the directory holds already is not sent', async () => {
    const taken = JSON.stringify(rules.mapping.map('10001', fold([hired], NOW).attributes).record)
    const preview = await previewEmployee(
      employee([hired], { known: true, acceptedHash: rules.digest(taken) }),
      taken,
      NOW,
      rules,
    )
    assert.equal(preview.operation, null)
    assert.deepEqual(
      preview.decisions.map(({ state, reason }) => [state, reason]),
      [['unchanged', 'SameRecord']],
    )
  })
  void test('while an operation is unanswered it shows what follows the answer', async () => {
    const preview = await previewEmployee(
      employee([hired], { unanswered: [{ id: 'op-1', state: 'accepted', active: true }] }),
      null,
      NOW,
      rules,
    )
    assert.equal(preview.waits, true)
    assert.equal(preview.operation?.active, true)
  })
  void test('as of a later day, held events that are due by then count', async () => {
    const later = personEvent(2, { effectiveAt: day(6), worker: { active: false } })
    assert.equal((await previewEmployee(employee([hired, later]), null, NOW, rules)).operation?.active, true)
    assert.equal(
      (await previewEmployee(employee([hired, later]), null, day(6), rules)).operation?.active,
      false,
    )
  })
  void test('a value that the new record omits is shown', async () => {
    assert.deepEqual(changesBetween({ title: 'Engineer', active: true }, { active: true, nickName: 'A' }), [
      { kind: 'added', target: 'nickName', to: 'A' },
      { kind: 'left out', target: 'title', from: 'Engineer' },
    ])
  })
})
