import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LedgerEvent } from '../../../../src/core/ledger/event.ts'
import { fold } from '../../../../src/core/plan/fold/fold.ts'
import { day, ledgerEvent } from '../../../fakes/events.ts'

const NOW = day(20)
const at = (seq: number, recorded: number, effective: number, more: Partial<LedgerEvent>): LedgerEvent =>
  ledgerEvent(seq, { recordedAt: day(recorded), effectiveAt: day(effective), ...more })
const starts = (seq: number, recorded: number, effective: number): LedgerEvent =>
  at(seq, recorded, effective, { worker: { active: true, title: 'Lead' } })
const ends = (seq: number, recorded: number, effective: number): LedgerEvent =>
  at(seq, recorded, effective, { worker: { active: false } })
const active = (...events: readonly LedgerEvent[]): unknown =>
  fold(events, NOW).attributes.get('active')?.value

void describe('a termination that is dated before the only activation', () => {
  void it('counts from that activation on, when HR recorded it later', () => {
    assert.equal(active(starts(1, 5, 5), ends(2, 10, 2)), false)
    assert.deepEqual(fold([starts(1, 5, 5), ends(2, 10, 2)], NOW).late, { termination: 2, activations: [1] })
  })
  void it('changes nothing, when HR recorded it earlier or at the same moment', () => {
    assert.equal(active(starts(1, 5, 5), ends(2, 3, 2)), true)
    assert.equal(active(starts(1, 5, 5), ends(2, 5, 2)), true)
  })
  void it('ends an earlier activation where there is one, and leaves the later one alone', () => {
    assert.equal(active(starts(1, 1, 1), ends(2, 10, 3), starts(3, 5, 5)), true)
  })
  void it('keeps an employee out who never started, also when the start is ahead', () => {
    const events = [starts(1, 5, 30), ends(2, 10, 2)]
    assert.equal(active(...events), false)
    assert.equal(fold(events, day(31)).attributes.get('active')?.value, false)
  })
  void it('does not keep an employee inactive that HR recorded as active later', () => {
    assert.equal(active(starts(1, 5, 5), ends(2, 10, 2), starts(3, 12, 12)), true)
  })
  void it('counts no longer behind an activation that HR recorded with it or later', () => {
    assert.equal(active(ends(2, 10, 2), starts(3, 12, 3), starts(1, 5, 5)), true)
    assert.equal(active(ends(2, 10, 2), starts(3, 10, 3), starts(1, 5, 5)), true)
  })
  void it('takes nothing but access away: the other attributes keep their own place', () => {
    const full = at(2, 10, 2, { worker: { active: false, title: 'Clerk' } })
    const { attributes } = fold([starts(1, 5, 5), full], NOW)
    assert.deepEqual([attributes.get('active')?.value, attributes.get('title')?.value], [false, 'Lead'])
  })
  void it('has no effect once it is rescinded', () => {
    const rescind = at(3, 11, 2, { rescinds: { source: '/hr/acme', id: 'e-2' }, worker: {} })
    assert.equal(active(starts(1, 5, 5), ends(2, 10, 2), rescind), true)
  })
  void it('counts when the earlier activation that it could end is rescinded', () => {
    const rescind = at(4, 4, 4, { rescinds: { source: '/hr/acme', id: 'e-1' } })
    assert.equal(active(starts(1, 1, 1), ends(2, 10, 3), rescind, starts(3, 5, 5)), false)
  })
  void it('ends an earlier activation of which retention kept only that there was one', () => {
    const kept = at(1, 1, 1, { worker: {}, folded: true, activated: true })
    assert.equal(active(kept, ends(2, 10, 3), starts(3, 5, 5)), true)
  })
  void it('is the last of several that HR recorded at one moment', () => {
    const { late } = fold([starts(1, 5, 5), ends(2, 10, 2), ends(3, 10, 3)], NOW)
    assert.deepEqual(late, { termination: 3, activations: [1] })
  })
  void it('is the one that HR recorded last, also where that is not the last in order', () => {
    const terminations = [ends(2, 10, 2), ends(3, 14, 3), ends(4, 12, 4)]
    assert.equal(fold([...terminations, starts(1, 13, 5)], NOW).late?.termination, 3)
  })
  void it('counts at once, also when another termination ends the activation later', () => {
    assert.equal(active(starts(1, 5, 5), ends(2, 10, 2), ends(3, 6, 30)), false)
    const moved = at(3, 6, 5, { order: 1, worker: { title: 'Head' } })
    assert.equal(active(starts(1, 5, 5), ends(2, 10, 2), moved), false)
  })
  void it('has nothing to do when another termination takes effect with the activation, or the activation is dead', () => {
    const together = ends(3, 6, 5)
    assert.equal(fold([starts(1, 5, 5), { ...together, order: 1 }, ends(2, 10, 2)], NOW).late, null)
    assert.equal(fold([{ ...starts(1, 5, 5), dead: true }, ends(2, 10, 2)], NOW).late, null)
  })
  void it('takes access away, also by a snapshot that repeats an earlier termination', () => {
    const snapshot = at(3, 10, 3, { mode: 'snapshot', worker: { active: false } })
    const { attributes, effects } = fold([ends(2, 3, 2), snapshot, starts(1, 5, 5)], NOW)
    assert.deepEqual(attributes.get('active'), { value: false, by: 3 })
    assert.deepEqual(effects.get(3), { kind: 'applied', paths: ['active'] })
  })
  void it('sends no early activation of an employee who does not start', () => {
    const rules = { owns: () => null, activation: { policy: 'early', days: 5 } } as const
    for (const ahead of [[starts(1, 5, 22)], [starts(1, 5, 22), starts(3, 6, 24)]])
      assert.equal(fold([...ahead, ends(2, 10, 2)], NOW, rules).attributes.get('active')?.value, false)
  })
})
