import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { acknowledgeFinding } from '../../../src/core/findings/acknowledge.ts'
import { type FindingCode, FINDINGS } from '../../../src/core/findings/codes.ts'
import { nameOf, stateOf } from '../../../src/core/findings/state.ts'
import type { Finding } from '../../../src/core/ledger/port/findings.ts'
import { day } from '../../fakes/events.ts'

const finding: Finding = {
  seq: 7,
  code: 'AccessContradiction',
  employeeId: '10001',
  event: null,
  detail: null,
  raisedAt: day(1),
  settledAt: null,
  acknowledged: null,
}
const acknowledged = { at: day(2), by: 'ann', justification: 'ticket 7' }

void describe('a person acknowledges a finding', () => {
  const acknowledge = (found: Finding | null, isFirst = true) =>
    acknowledgeFinding(
      { findFinding: async () => found, acknowledgeFinding: async () => isFirst },
      { seq: 7, actor: 'ann', justification: 'ticket 7' },
      day(2),
    )
  const ofCode = (code: FindingCode): Finding => ({ ...finding, code })

  void test('once, and only one that is there', async () => {
    assert.equal(await acknowledge(finding), 'acknowledged')
    assert.equal(await acknowledge(finding, false), 'already acknowledged')
    assert.equal(await acknowledge(null), 'unknown')
  })
  void test('but not that the ledger is older than the directory: that takes a command of its own', async () => {
    await assert.rejects(acknowledge(ofCode('LedgerOlderThanDirectory')), {
      code: 'FindingNeedsMore',
      message: /^finding-7 is not acknowledged: .*rollcall ledger restored/,
    })
  })
})

void test('a finding is open until it settles or a person acknowledges it, which counts more', () => {
  assert.equal(nameOf(finding), 'finding-7')
  assert.equal(stateOf(finding), 'open')
  assert.equal(stateOf({ ...finding, settledAt: day(2) }), 'settled')
  assert.equal(stateOf({ ...finding, settledAt: day(2), acknowledged }), 'acknowledged')
})

void test('waiting helps with what HR or another system may still put right, and with nothing else', () => {
  assert.deepEqual(
    FINDINGS.filter(({ waitingHelps }) => waitingHelps).map(({ code }) => code),
    ['DisabledElsewhere', 'ActiveOnlyInDirectory', 'AccountNotInHr'],
  )
})
