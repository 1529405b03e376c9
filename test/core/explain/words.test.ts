import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AccessAnswer, Obstacle } from '../../../src/core/explain/access.ts'
import { nextCommand } from '../../../src/core/explain/next.ts'
import {
  directoryInWords,
  hrInWords,
  obstacleInWords,
  sentenceOf,
  stateReasonInWords,
} from '../../../src/core/explain/words.ts'
import { EVENT_REASONS } from '../../../src/core/ledger/event-reason.ts'
import { DIRECTORY_HELD_IT, NOT_IN_DIRECTORY } from '../../../src/core/report/correlate/settle.ts'
import { reasonOf, UNCATALOGUED } from '../../../src/core/report/outcomes/reason-catalogue.ts'
import { day } from '../../fakes/events.ts'

const iso = (at: number): string => new Date(at).toISOString().slice(0, 10)
const event = { source: '/hr', id: 'e-1' }
const SOUTH = { destination: 'south', left: [] }
/** Before anything was planned. */
const NOWHERE = { destination: null, left: [] }

void test('no reason of the connector is shown as a code of the service that is not known', () => {
  for (const reason of [...Object.values(EVENT_REASONS), DIRECTORY_HELD_IT, NOT_IN_DIRECTORY]) {
    const isCatalogued = reasonOf(reason) !== UNCATALOGUED
    assert.equal(stateReasonInWords(reason) === null, isCatalogued, reason)
  }
})

void describe('what the directory holds is told', () => {
  const since = { operation: 'op-1', at: day(2), logRecord: 'r-1' }
  const held = { kind: 'disabled', since, orEarlier: false } as const
  void test('with its proof, and with the destination only where there are several', () => {
    assert.equal(
      directoryInWords(held, iso, null),
      'the directory holds the account disabled since 2026-01-02 by op-1, log record r-1',
    )
    assert.match(directoryInWords(held, iso, SOUTH), /holds the account at south disabled since/)
    assert.match(directoryInWords(held, iso, NOWHERE), /holds the account disabled since/)
  })
  void test('as possibly older where retention has removed older operations, and without a log record that is gone', () => {
    const older = { ...held, since: { ...since, logRecord: null }, orEarlier: true }
    assert.match(directoryInWords(older, iso, null), /since 2026-01-02 or earlier by op-1$/)
  })
})

void test('what HR says names the moment, and the event that decides', () => {
  assert.equal(
    hrInWords({ kind: 'left', since: day(2), event }, iso),
    'HR says left since 2026-01-02 (event e-1)',
  )
  assert.match(hrInWords({ kind: 'erased', since: day(2) }, iso), /erased after leaving at 2026-01-02$/)
})

void test('the sentence says "still" of an account that is not as it should be, and links what agrees with "and"', () => {
  const proof = { since: { operation: 'op-1', at: day(2), logRecord: null }, orEarlier: false }
  const answer: AccessAnswer = {
    employeeId: '10001',
    objectId: null,
    place: null,
    at: day(20),
    canSignIn: 'yes',
    directory: { kind: 'active', ...proof },
    hr: { kind: 'active', since: day(1), event },
    wanted: 'active',
    between: [],
  }
  const said = (more: Partial<AccessAnswer>): string => sentenceOf({ ...answer, ...more }, iso)
  const held = 'the directory holds the account active since 2026-01-02 by op-1'
  assert.match(said({}), new RegExp(`\\) and ${held}; next: nothing to do$`))
  assert.match(said({ wanted: null }), new RegExp(` and ${held};`))
  assert.match(said({ wanted: 'disabled' }), /\), the directory still holds the account active;/)
  const disabled = { kind: 'disabled', ...proof } as const
  assert.match(said({ directory: disabled }), /\), the directory still holds the account disabled;/)
  const doubted = { kind: 'in-doubt', last: 'active', ...proof } as const
  assert.match(said({ directory: doubted }), /\), the directory last held the account active .*in doubt;/)
})

void describe('what stands between is told', () => {
  const words = (obstacle: Obstacle, place: AccessAnswer['place'] = null): string =>
    obstacleInWords(obstacle, iso, place)
  const operation = { operation: 'op-9', active: false, since: day(2) }

  void test('with its end where one is known, and with what lifts it where none is', () => {
    const block = { kind: 'block', since: day(2), until: day(5) } as const
    assert.match(words(block), /since 2026-01-02 until 2026-01-05$/)
    assert.match(words({ ...block, until: null }), /since 2026-01-02 until rollcall unblock$/)
    const open = { kind: 'leaver-case', leaverCase: 'leaver-3', cause: 'held', detail: null } as const
    assert.match(words({ ...open, nextAt: day(5) }), /^leaver-3 is open: .*, at 2026-01-05$/)
    assert.doesNotMatch(words({ ...open, nextAt: null }), /, at /)
    const sending = { ...operation, kind: 'sending', attempts: 2 } as const
    assert.match(words({ ...sending, notBefore: day(5) }), /\(attempt 2, again at 2026-01-05\)$/)
    assert.match(words({ ...sending, notBefore: null }), /\(attempt 2\)$/)
  })
  void test('with what is missing and with the code, where they are known', () => {
    const incomplete = { kind: 'incomplete', since: day(2), missing: 'userName' } as const
    assert.match(words(incomplete), /missing since 2026-01-02: userName$/)
    assert.match(words({ ...incomplete, missing: null }), /missing since 2026-01-02$/)
    const dead = { kind: 'dead-letter', event, code: 'InvalidDomain' } as const
    assert.equal(words(dead), 'event e-1 is a dead letter (InvalidDomain)')
    assert.equal(words({ ...dead, code: null }), 'event e-1 is a dead letter')
    const open = { kind: 'leaver-case', leaverCase: 'leaver-3', cause: 'failed', nextAt: null } as const
    assert.match(words({ ...open, detail: 'InvalidDomain' }), / \(InvalidDomain\)$/)
    assert.doesNotMatch(words({ ...open, detail: null }), /\(/)
    const failed = { ...operation, kind: 'failed', code: 'InvalidDomain' } as const
    assert.match(words(failed), /failed at 2026-01-02 with InvalidDomain$/)
    assert.match(words({ ...failed, code: null }), /failed at 2026-01-02$/)
    const escrowed = { ...failed, kind: 'escrowed' } as const
    assert.match(words(escrowed), /2026-01-02 with InvalidDomain, and the service itself tries again$/)
    assert.match(words({ ...escrowed, code: null }), /2026-01-02, and the service/)
  })
  void test('with the status and the destination of a hold and of the quota, where there are several', () => {
    const hold = { kind: 'hold', name: 'job', since: day(2), until: day(3), status: 503 } as const
    assert.match(
      words(hold),
      /^submission is held since 2026-01-02 until 2026-01-03: the provisioning job .* \(HTTP 503\)$/,
    )
    assert.match(words({ ...hold, status: null }, SOUTH), /^submission to south is held .*quarantined$/)
    assert.match(words(hold, NOWHERE), /^submission is held/)
    const quota = { kind: 'quota', until: day(3), used: 9, limit: 10 } as const
    assert.match(words(quota, SOUTH), /^the calls of the day to south are scarce \(9 of 10 used\)/)
  })
  void test('with what the operation does to the account, where, and whether the employee moves', () => {
    const waiting = { ...operation, kind: 'waiting' } as const
    assert.equal(words(waiting), 'op-9, which disables the account, waits to be sent since 2026-01-02')
    assert.match(words({ ...waiting, active: true }), /^op-9, which keeps the account enabled,/)
    assert.match(
      words({ ...waiting, departs: true }, SOUTH),
      /^op-9, which disables the account at south because the employee moves, waits/,
    )
  })
  void test('with another command for a hold that lacks a permission: the check tests it', () => {
    const hold = { kind: 'hold', since: day(2), until: day(3), status: null } as const
    const next = (name: 'access' | 'full') => nextCommand({ employeeId: '1', between: [{ ...hold, name }] })
    assert.deepEqual([next('access'), next('full')], ['rollcall check', 'rollcall status'])
  })
})
