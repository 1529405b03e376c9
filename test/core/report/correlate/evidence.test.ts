import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { EchoedKey } from '../../../../src/core/ledger/port/report.ts'
import type { JsonObject } from '../../../../src/core/model.ts'
import {
  agrees,
  isIndistinguishable,
  learnEchoes,
  missingIn,
  newlyLearned,
  sentBy,
} from '../../../../src/core/report/correlate/evidence.ts'
import { day } from '../../../fakes/events.ts'
import { candidate, logRecord } from '../../../fakes/log.ts'

const JOB = logRecord('any').jobId
const SECOND = 1_000
const echoed = (key: string, more: Partial<EchoedKey> = {}): EchoedKey => ({
  job: JOB,
  key,
  from: day(1),
  to: day(2),
  cycle: 'old',
  ...more,
})
const sent = (user: JsonObject) => sentBy(candidate('op-1', user))

void describe('two operations cannot be told apart by a record', () => {
  const alike = (one: JsonObject, other: JsonObject): readonly boolean[] => [
    isIndistinguishable(sent(one), sent(other)),
    isIndistinguishable(sent(other), sent(one)),
  ]

  void it('when they differ only in an attribute that was cleared or left out', () => {
    assert.deepEqual(alike({ title: 'Head', nickName: null }, { title: 'Head' }), [true, true])
  })

  void it('but when one sent another value, one more value, or another active', () => {
    assert.deepEqual(alike({ title: 'Head' }, { title: 'Clerk' }), [false, false])
    assert.deepEqual(alike({ title: 'Head' }, {}), [false, false])
    assert.deepEqual(alike({ active: true }, { active: false }), [false, false])
  })
})

void describe('a value that a record does not show', () => {
  const missing = (at: number, seen: EchoedKey): readonly string[] => {
    const record = logRecord('r-1', { at, more: { cycleId: 'new' } })
    return missingIn(record, sent({ title: 'Head' }), learnEchoes([seen], []))
  }

  void it('is missing from the first record that showed the attribute to the last, both included', () => {
    assert.deepEqual(missing(day(1), echoed('title')), ['title'])
    assert.deepEqual(missing(day(2), echoed('title')), ['title'])
    assert.deepEqual(missing(day(1) - SECOND, echoed('title')), [])
    assert.deepEqual(missing(day(2) + SECOND, echoed('title')), [])
  })

  void it('is missing afterwards only in the same cycle', () => {
    assert.deepEqual(missing(day(2) + SECOND, echoed('title', { cycle: 'new' })), ['title'])
  })

  void it('keeps a record from agreeing, also if it is one of several', () => {
    const echoes = learnEchoes([echoed('title')], [])
    const record = logRecord('r-1', { echo: { displayName: 'Ann' } })
    assert.equal(agrees(record, sent({ displayName: 'Ann', title: 'Head' }), echoes), false)
    assert.equal(agrees(record, sent({ displayName: 'Ann' }), echoes), true)
  })
})

void describe('what a job echoes', () => {
  const learned = (at: number, cycleId: string): readonly EchoedKey[] => {
    const known = [echoed('title')]
    const record = logRecord('r-1', { at, echo: { title: 'Head' }, more: { cycleId } })
    const echoes = learnEchoes(known, [record])
    return newlyLearned(known, echoes).filter(({ key }) => key === 'title')
  }

  void it('is learned from the first and the last record that shows it', () => {
    assert.deepEqual(learned(day(0), 'new'), [echoed('title', { from: day(0) })])
    assert.deepEqual(learned(day(3), 'new'), [echoed('title', { to: day(3), cycle: 'new' })])
  })

  void it('is learned once: a record in between, or again of the last cycle, says nothing new', () => {
    assert.deepEqual(learned(day(1), 'new'), [])
    assert.deepEqual(learned(day(2), 'old'), [])
    assert.deepEqual(learned(day(2), 'new'), [echoed('title', { cycle: 'new' })])
  })
})
