import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stateReasonInWords } from '../../../src/core/explain/words.ts'
import { EVENT_REASONS } from '../../../src/core/ledger/event-reason.ts'
import { DIRECTORY_HELD_IT, NOT_IN_DIRECTORY } from '../../../src/core/report/correlate/settle.ts'
import { reasonOf, UNCATALOGUED } from '../../../src/core/report/outcomes/reason-catalogue.ts'

void test('no reason of the connector is shown as a code of the service that is not known', () => {
  for (const reason of [...Object.values(EVENT_REASONS), DIRECTORY_HELD_IT, NOT_IN_DIRECTORY]) {
    const isCatalogued = reasonOf(reason) !== UNCATALOGUED
    assert.equal(stateReasonInWords(reason) === null, isCatalogued, reason)
  }
})
