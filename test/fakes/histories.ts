import * as fc from 'fast-check'
import type { JsonObject } from '../../src/core/model.ts'
import type { LedgerEvent } from '../../src/core/ledger/event.ts'
import { day, ledgerEvent } from './events.ts'

/**
 * Generated histories happen in these days, some before `NOW` and some after. Few values
 * everywhere: what collides is what is interesting.
 */
export const NOW = day(4)
const moment = fc
  .oneof(
    { weight: 5, arbitrary: fc.integer({ min: 1, max: 4 }) },
    { weight: 1, arbitrary: fc.integer({ min: 5, max: 6 }) },
  )
  .map(day)
const text = fc.constantFrom('a', 'b', null)

const worker: fc.Arbitrary<JsonObject> = fc.record(
  {
    userName: fc.constantFrom('u1', 'u2'),
    title: text,
    department: text,
    managerId: fc.constantFrom('10002', '10003', null),
    hobby: text,
    name: fc.oneof(
      { weight: 6, arbitrary: fc.record({ givenName: text, familyName: text }, { requiredKeys: [] }) },
      { weight: 1, arbitrary: fc.constant(null) },
    ),
    active: fc.boolean(),
  },
  { requiredKeys: [] },
)

const shape = fc.record({
  effectiveAt: moment,
  recordedAt: fc.integer({ min: 1, max: 6 }).map(day),
  order: fc.constantFrom(null, null, 1, 2, 'a'),
  rank: fc.constantFrom(0, 0, 0, 1),
  source: fc.constantFrom('/hr/acme', '/hr/acme', '/hr/other'),
  mode: fc.constantFrom('delta' as const, 'delta' as const, 'snapshot' as const),
  dead: fc.constantFrom(false, false, false, false, true),
  worker,
  /** Which event it rescinds, by place in the history; a place past the end is an unknown event. */
  target: fc.oneof(
    { weight: 4, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.nat({ max: 10 }) },
  ),
})

/**
 * The history of one employee in order of arrival: deltas, snapshots, rescinds, dead letters, two
 * sources, moments still to come.
 */
export function histories(maxLength = 9): fc.Arbitrary<readonly LedgerEvent[]> {
  return fc.array(shape, { minLength: 1, maxLength }).map((shapes) =>
    shapes.map(({ target, ...shape }, index) => {
      const named = target === null ? null : shapes[target % (shapes.length + 1)]
      return ledgerEvent(index + 1, {
        ...shape,
        rescinds:
          target === null
            ? null
            : { source: named?.source ?? shape.source, id: `e-${(target % (shapes.length + 1)) + 1}` },
      })
    }),
  )
}
