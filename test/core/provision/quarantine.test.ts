import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  disabledAt,
  limitUses,
  nearestLimit,
  quarantineInWords,
  usesInWords,
} from '../../../src/core/provision/quarantine.ts'

const uses = (escrowed: number, synchronized: number, references = 0, own = 0) =>
  limitUses({ escrowed, withReferences: escrowed + references, synchronized }, own)
/** The limits that these failures reach. */
const reached = (...given: Parameters<typeof uses>): readonly string[] =>
  uses(...given)
    .filter(({ count, at }) => count >= at)
    .map(({ limit }) => limit)

void describe('the limits of quarantine', () => {
  void it('decide Microsoft’s own examples as Microsoft does', () => {
    assert.deepEqual(reached(4_000, 0), [], '4,000 failures are too few')
    assert.deepEqual(reached(30_000, 5_000), ['share'], 'over 40 %, and more than 5,000')
    assert.deepEqual(reached(20_000, 100_000), [], 'neither 40 % nor 40,000')
    assert.deepEqual(reached(45_000, 1_000_000), ['failures'], 'more than 40,000')
    assert.deepEqual(reached(40_000, 1_000_000, 21_000), ['with-references'], '61,000 with managers')
  })

  void it('are passed by more than 40 % and by at least 5,000: neither by less', () => {
    assert.deepEqual(reached(4_999, 10), [])
    assert.deepEqual(reached(5_000, 10), ['share'])
    // 8,000 of 20,000 are 40 %, which is not more.
    assert.deepEqual(reached(8_000, 12_000), [])
    assert.deepEqual(reached(8_001, 12_000), ['share'])
    assert.deepEqual(reached(40_000, 1_000_000), [])
    assert.deepEqual(reached(40_001, 1_000_000), ['failures'])
    assert.deepEqual(reached(0, 0, 60_000), [])
    assert.deepEqual(reached(0, 0, 60_001), ['with-references'])
  })

  void it('leave managers that were not found out of the first two', () => {
    assert.deepEqual(reached(10, 10, 50_000), [])
  })

  void it('count what the ledger knows to be retried, where the job reports less or nothing', () => {
    assert.deepEqual(reached(3, 1_000_000, 0, 41_000), ['failures'])
    assert.deepEqual(
      limitUses(null, 7).map(({ count }) => count),
      [7, 7, 7],
    )
    assert.deepEqual(
      limitUses(null, 0).map(({ count }) => count),
      [0, 0, 0],
    )
  })

  void it('are named with the one that is nearest', () => {
    assert.equal(nearestLimit(uses(30_000, 500_000))?.limit, 'failures')
    assert.equal(nearestLimit(uses(4_000, 100))?.limit, 'share')
    assert.equal(nearestLimit(uses(100, 500_000, 50_000))?.limit, 'with-references')
    assert.equal(nearestLimit(uses(0, 0))?.limit, 'share', 'of equals, the first')
    assert.equal(nearestLimit([]), null)
    assert.match(usesInWords(uses(12_000, 3)), /^12,000 of 5,000 for the share of 40 %, 12,000 of 40,001 for/)
  })
})

void it('a quarantine says why, since when, and when it ends or disables the job, as far as it is known', () => {
  const when = (at: number): string => new Date(at).toISOString().slice(0, 10)
  const since = Date.UTC(2026, 10, 1)
  const known = { reason: 'QuarantineOnDemand', since, nextAttempt: Date.UTC(2026, 10, 2) }
  assert.equal(
    quarantineInWords(known, when),
    'QuarantineOnDemand, since 2026-11-01, tries again 2026-11-02, disabled 2026-11-29 unless it ends before',
  )
  assert.equal(quarantineInWords({ reason: null, since: null, nextAttempt: null }, when), 'no reason given')
  assert.equal(disabledAt({ ...known, since: null }), null)
})
