import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LedgerEvent } from '../../../../src/core/ledger/event.ts'
import { BASELINE, ERASED, type Json, type JsonObject } from '../../../../src/core/model.ts'
import { fold } from '../../../../src/core/plan/fold/fold.ts'
import { day, ledgerEvent } from '../../../fakes/events.ts'

const NOW = day(9)
/** An event dated `effective`, which HR recorded at `recorded`. */
function said(
  seq: number,
  effective: number,
  recorded: number,
  worker: JsonObject,
  more: Partial<LedgerEvent> = {},
): LedgerEvent {
  return ledgerEvent(seq, { effectiveAt: day(effective), recordedAt: day(recorded), worker, ...more })
}
const snapshot = (seq: number, at: number, worker: JsonObject): LedgerEvent =>
  said(seq, at, at, worker, { mode: 'snapshot' })
/** A row of an export. */
const row = (seq: number, at: number, worker: JsonObject): LedgerEvent =>
  said(seq, at, at, worker, { mode: 'snapshot', type: BASELINE })
const takenBack = (seq: number, target: number, at: number): LedgerEvent =>
  said(seq, at, at, {}, { rescinds: { source: '/hr/acme', id: `e-${target}` } })

/** The value of an attribute and the event it comes from. */
const held = (path: string, ...events: readonly LedgerEvent[]): string => {
  const { value, by }: { value?: Json; by?: number } = fold(events, NOW).attributes.get(path) ?? {}
  return value === undefined ? 'nothing' : `${JSON.stringify(value)} by ${by}`
}

void describe('an export yields to what HR recorded after it', () => {
  void it('attribute by attribute, wherever that stands in order, and sets every other one', () => {
    const newer = said(1, 2, 4, { title: 'Head', department: 'Law' })
    const export_ = row(2, 3, { title: 'Clerk', department: 'Care', phone: '1', active: true })
    for (const [path, expected] of [
      ['title', '"Head" by 1'],
      ['department', '"Law" by 1'],
      ['phone', '"1" by 2'],
      ['active', 'true by 2'],
    ] as const)
      assert.equal(held(path, newer, export_), expected)
  })

  void it('also when it clears an object of which HR has set a part since', () => {
    const newer = said(1, 2, 4, { name: { givenName: 'Ann' } })
    assert.equal(held('name.givenName', newer, row(2, 3, { name: null })), '"Ann" by 1')
  })

  void it('and not to what HR recorded at its moment, which it knows', () => {
    assert.equal(held('active', said(1, 2, 3, { active: false }), row(2, 3, { active: true })), 'true by 2')
  })

  void it('so that a later snapshot knows what was left of it', () => {
    const newer = said(1, 2, 4, { title: 'Head' })
    const events = [
      newer,
      row(2, 3, { title: 'Clerk', phone: '1' }),
      snapshot(3, 5, { title: 'Head', phone: '1' }),
    ]
    assert.equal(held('title', ...events), '"Head" by 1')
    assert.equal(held('phone', ...events), '"1" by 2')
  })
})

void describe('an export that says active does not bring back a leaver', () => {
  const hired = said(9, 1, 1, { active: true })
  /** Recorded after the export, and dated before all but the hire. */
  const left = said(1, 1, 4, { active: false })
  /** Known to the export, and dated after that termination. */
  const older = said(2, 2, 2, { active: false })
  const active = row(3, 3, { title: 'Clerk', active: true })

  void it('whom HR recorded as leaving after it, even where an older event stands above the termination', () => {
    assert.equal(held('active', hired, left, active), 'false by 1')
    assert.equal(held('title', hired, left, active), '"Clerk" by 3')
    assert.equal(held('active', hired, left, older, active), 'false by 2')
    const newerTitle = said(4, 1, 5, { title: 'Head' })
    assert.equal(held('active', hired, left, newerTitle, older, active), 'false by 2')
    const deadRehire = said(5, 1, 6, { active: true }, { order: 1, dead: true })
    assert.equal(held('active', hired, left, deadRehire, older, active), 'false by 2')
  })

  void it('but one who left before the export, or was hired again since, or whose termination was taken back', () => {
    const newerTitle = said(4, 1, 5, { title: 'Head' })
    assert.equal(held('active', hired, newerTitle, older, active), 'true by 3')
    const rehired = said(5, 1, 6, { active: true }, { order: 1 })
    assert.equal(held('active', hired, left, rehired, older, active), 'true by 3')
    assert.equal(held('active', hired, left, older, active, takenBack(6, 1, 7)), 'true by 3')
  })

  void it('until HR says so in a snapshot recorded after the termination', () => {
    assert.equal(held('active', hired, left, older, active, snapshot(7, 5, { active: true })), 'true by 7')
  })
})

void describe('what is left of an erased employee', () => {
  const erased = (recorded: number): LedgerEvent =>
    said(0, 2, recorded, { active: false }, { type: ERASED, source: '~erased', dead: true, folded: true })

  void it('is not overruled by a snapshot that HR recorded before it or at its moment', () => {
    assert.equal(held('active', erased(4), snapshot(1, 3, { active: true })), 'false by 0')
    assert.equal(held('active', erased(3), snapshot(1, 3, { active: true })), 'false by 0')
  })

  void it('is overruled by a later snapshot, and by a later date that HR gave in so many words', () => {
    assert.equal(held('active', erased(2), snapshot(1, 3, { active: true })), 'true by 1')
    assert.equal(held('active', erased(4), said(1, 3, 3, { active: true })), 'true by 1')
  })
})

void describe('a snapshot that repeats an activation that died', () => {
  const dead = (effective: number, recorded: number): LedgerEvent =>
    said(1, effective, recorded, { active: true }, { dead: true })
  const seen = snapshot(2, 4, { active: true })

  void it('does not overrule a termination that HR recorded since, also one that says more', () => {
    const left = said(3, 2, 6, { title: 'Gone', active: false })
    assert.equal(held('active', dead(1, 1), seen, left), 'false by 3')
    assert.equal(held('active', dead(1, 4), seen, left), 'false by 3', 'recorded at its moment, it is known')
  })

  void it('overrules one that HR recorded before it or at its moment, because it knew that', () => {
    for (const recorded of [2, 4])
      assert.equal(held('active', said(3, 2, recorded, { active: false }), dead(3, 3), seen), 'true by 2')
  })

  void it('repeats nothing when it knew of a termination after that activation', () => {
    const known = said(3, 2, 2, { active: false })
    const since = said(4, 3, 6, { active: false })
    assert.equal(held('active', dead(1, 1), known, since, seen), 'true by 2')
  })

  void it('is not one that says that the employee leaves', () => {
    const leaves = snapshot(2, 4, { active: false })
    assert.equal(held('active', dead(1, 1), leaves, said(3, 2, 6, { active: false })), 'false by 2')
  })
})

void it('a snapshot that clears an object writes each of its parts once', () => {
  const named = said(1, 1, 1, { name: { givenName: 'Ann' }, title: 'Head' })
  const { effects } = fold([named, snapshot(2, 3, { name: null, title: 'Head' })], NOW)
  assert.deepEqual(effects.get(2), { kind: 'applied', paths: ['name', 'name.givenName'] })
})
