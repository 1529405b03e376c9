import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forecastReplay } from '../../../../src/core/report/replay/forecast.ts'
import type { SubmissionStatus } from '../../../../src/core/ledger/port/submit.ts'

const T = Date.UTC(2026, 10, 2, 8)
const limits = { perWindow: 1, windowMs: 5_000, perDay: Infinity }
const inTenant = (name: string) => ({ name, quota: 'tenant', limits })
const PENDING: Readonly<Record<string, number>> = { north: 0, south: 30 }

void test('a forecast of a replay is that of the destination with the most to send', async () => {
  const asked: string[] = []
  const ledger = {
    readSubmissionStatus: async (_now: number, name = 'default', quota = ''): Promise<SubmissionStatus> => {
      asked.push(`${name} ${quota}`)
      const pending = PENDING[name] ?? 0
      return { callTimes: [], pending, unplanned: 0, holds: [], notAccepted: { count: 0, employees: [] } }
    },
  }
  const [north, south] = [inTenant('north'), inTenant('south')]
  const counts = { operations: 10, bus: 0, ledger: 10, employees: 10 }
  const settings = { limits, maxOperations: 10, perSecond: null }
  const many = await forecastReplay({ counts }, ledger, { ...settings, destinations: [north, south] }, T)
  assert.deepEqual([many.calls, many.doneAt], [1, T + 15_000], 'four calls, one in five seconds')
  assert.deepEqual(asked, ['north tenant', 'south tenant'])
  const one = await forecastReplay({ counts }, ledger, { ...settings, destinations: [north] }, T)
  assert.equal(one.doneAt, T)
})

void test('a forecast of a replay counts from when the last dead letter of either store is put back', async () => {
  const ledger = {
    readSubmissionStatus: async (): Promise<SubmissionStatus> => ({
      callTimes: [],
      pending: 0,
      unplanned: 0,
      holds: [],
      notAccepted: { count: 0, employees: [] },
    }),
  }
  const counts = { operations: 10, bus: 6, ledger: 4, employees: 10 }
  const settings = { limits, destinations: [inTenant('north')], maxOperations: 10, perSecond: 2 }
  assert.equal((await forecastReplay({ counts }, ledger, settings, T)).doneAt, T + 5_000)
  // Also where nothing is left to send.
  const none = { ...counts, operations: 0 }
  assert.equal((await forecastReplay({ counts: none }, ledger, settings, T)).doneAt, T + 5_000)
})
