import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EVENT_REASONS } from '../../src/core/ledger/event-reason.ts'
import {
  BUS_CODES,
  EDIT_REFUSAL_CODES,
  REJECTION_CODES,
  ROW_REJECTION_CODES,
} from '../../src/core/reasons.ts'
import { REASON_CATALOGUE } from '../../src/core/report/outcomes/reason-catalogue.ts'

/**
 * The reasons of events that ended as dead letters, or need a person to look; the others explain a
 * state.
 */
const DEAD_LETTERED = [
  'incompleteRecord',
  'noOutcome',
  'noRecord',
  'discarded',
  'rescindBeyondRetention',
  'hydrateFailed',
  'mappingFailed',
  'rescindMismatch',
  'deactivationOnly',
] as const satisfies readonly (keyof typeof EVENT_REASONS)[]

void describe('the catalogue of reasons', () => {
  void it('explains every code that Rollcall gives', () => {
    const explained = new Set(REASON_CATALOGUE.flatMap(({ codes }) => codes))
    const all = [
      ...REJECTION_CODES,
      ...ROW_REJECTION_CODES,
      ...DEAD_LETTERED.map((name) => EVENT_REASONS[name]),
      ...EDIT_REFUSAL_CODES,
      ...BUS_CODES,
    ]
    assert.deepEqual(
      all.filter((code) => !explained.has(code)),
      [],
    )
  })
})
