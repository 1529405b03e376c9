import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { lateSince } from '../../../src/core/leavers/overdue.ts'

void describe('since when an open leaver case is late', () => {
  const opened = { openedAt: 100, effectiveAt: 50, refused: false }

  void it('is the moment it was opened, or its effective date where that is later', () => {
    assert.equal(lateSince(opened, { cause: 'failed' }), 100)
    assert.equal(lateSince({ ...opened, effectiveAt: 300 }, { cause: 'failed' }), 300)
  })

  void it('is never while it only waits for its date', () => {
    assert.equal(lateSince({ ...opened, effectiveAt: 300 }, { cause: 'held' }), null)
  })

  void it('is the moment it was opened for a refused message, which needs a person before the date', () => {
    assert.equal(lateSince({ ...opened, effectiveAt: 300, refused: true }, { cause: 'refused' }), 100)
    assert.equal(
      lateSince({ ...opened, effectiveAt: 300, refused: true }, { cause: 'id-nearly-matches' }),
      100,
    )
  })
})
