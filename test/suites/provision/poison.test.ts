import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { joiner } from '../conformance/ledger/world.ts'
import { answer, openSite, type SeenCall } from './site.ts'

const PEOPLE = 50
/** Twice the halvings that 50 take. */
const MOST_EXTRA = Math.floor(2 * Math.log2(PEOPLE))

const name = (place: number): string => `p${String(place).padStart(2, '0')}`

/** One full batch in which people at these places are not to the service's taste. */
async function send(t: TestContext, places: readonly number[], status = 400) {
  const site = await openSite(t, { uploads: 2 })
  const offenders = new Set(places.map(name))
  const refuses = ({ employees }: SeenCall): boolean =>
    employees.some((employeeId) => offenders.has(employeeId))
  site.service.decide((call) =>
    refuses(call) ? answer(status, { code: 'BadRequest', message: 'Invalid Data Format' }) : answer(202),
  )
  await site.record(...Array.from({ length: PEOPLE }, (_, place) => joiner(`e${place}`, name(place))))
  await site.runtime.advance(15_000)
  await site.stop()
  const taken = site.service.calls.filter((call) => !refuses(call)).flatMap(({ employees }) => employees)
  const { stateCounts } = await site.ledger.readCounts()
  return { ...site, taken, calls: site.service.calls.length, stateCounts }
}

void describe('a request the service calls invalid', () => {
  void test(`is halved until one offender stands alone, for no more than ${MOST_EXTRA} extra calls, wherever the offender stands`, async (t) => {
    const costs: number[] = []
    for (let place = 0; place < PEOPLE; place++) {
      const { taken, calls, stateCounts, ledger } = await send(t, [place])
      assert.equal(new Set(taken).size, PEOPLE - 1, `place ${place}`)
      assert.equal(taken.length, PEOPLE - 1, 'no employee was taken twice')
      assert(calls - 1 <= MOST_EXTRA, `place ${place} cost ${calls - 1} more calls`)
      assert.deepEqual(
        [
          stateCounts.operations.failed,
          stateCounts.operations.accepted,
          stateCounts.batches.rejected,
          stateCounts.batches.open,
        ],
        [1, 49, 1, 0],
      )
      const trace = await ledger.readTrace(name(place))
      assert.deepEqual([trace?.events[0]?.state, trace?.events[0]?.reason], ['dead-lettered', 'BadRequest'])
      costs.push(calls - 1)
    }
    assert(Math.max(...costs) <= MOST_EXTRA)
  })

  for (const places of [
    [0, 1],
    [0, 49],
    [24, 25],
    [12, 37],
    [3, 4, 5],
    [0, 24, 49],
    [10, 20, 30],
  ])
    void test(`with offenders at ${places.join(', ')} loses them and no other employee`, async (t) => {
      const { taken, calls, stateCounts } = await send(t, places)
      assert.equal(new Set(taken).size, PEOPLE - places.length)
      assert.deepEqual(
        [stateCounts.operations.failed, stateCounts.batches.rejected, stateCounts.batches.open],
        [places.length, places.length, 0],
      )
      assert(calls - 1 <= MOST_EXTRA * places.length, `${calls - 1} more calls`)
    })

  void test('of nothing but offenders ends all the same', async (t) => {
    const { stateCounts, taken } = await send(
      t,
      Array.from({ length: PEOPLE }, (_, place) => place),
    )
    assert.deepEqual([taken.length, stateCounts.operations.failed, stateCounts.batches.open], [0, PEOPLE, 0])
  })

  void test('because it is too large is halved too', async (t) => {
    const { taken, stateCounts } = await send(t, [7], 413)
    assert.deepEqual([taken.length, stateCounts.operations.failed], [49, 1])
  })

  void test('after a hold frees the way: no other operation waits until the offender is found', async (t) => {
    const site = await openSite(t, { uploads: 2 })
    site.service.next(answer(429, { retryAfter: '2' }))
    site.service.decide(({ employees }) =>
      employees.includes(name(3)) ? answer(400, { code: 'BadRequest' }) : answer(202),
    )
    await site.record(...Array.from({ length: PEOPLE }, (_, place) => joiner(`e${place}`, name(place))))
    await site.runtime.advance(10_000)
    const { stateCounts } = await site.ledger.readCounts()
    assert.deepEqual(
      [stateCounts.operations.accepted, stateCounts.operations.failed, stateCounts.batches.open],
      [49, 1, 0],
    )
  })
})
