import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Figures, measurementsOf } from '../../../src/compose/observe/measurements.ts'
import { TOTALS, type Totals } from '../../../src/core/ledger/port/inspect.ts'
import { INSTRUMENTS } from '../../../src/core/telemetry.ts'

const totals = Object.fromEntries(TOTALS.map((line) => [line, 1])) as Totals
const figures: Figures = {
  readiness: { ready: true, checks: { ledger: 'ok' } },
  ledger: {
    totals,
    submissionStatus: {
      callTimes: [1],
      pending: 1,
      unplanned: 1,
      holds: [{ name: 'refused', since: 1_000, until: 2_000, status: 403, detail: null }],
      leavers: { open: 1, oldestAt: 1_000, byCause: { brake: 1 } },
      notAccepted: { count: 1, employees: [] },
    },
    watermark: 1_000,
    findings: [{ code: 'DisabledElsewhere', count: 1, oldestAt: 1_000 }],
    blocks: 0,
    deadLetters: [{ code: 'InvalidValue', count: 1 }],
  },
  callsPerDay: 1,
  process: { residentBytes: 1, cpuSeconds: 1, startedAt: 1_000, lagSeconds: 1 },
}

void test('every instrument that is read has a measurement with the attributes of the table', () => {
  const measured = new Map(
    measurementsOf(figures).map(({ name, attributes = {} }) => [name, Object.keys(attributes)]),
  )
  const expected = Object.entries(INSTRUMENTS).flatMap(([name, { kind, attributes }]) =>
    kind === 'counter' ? [] : [[name, [...attributes]] as const],
  )
  assert.deepEqual(
    [...measured].toSorted(([a], [b]) => (a < b ? -1 : 1)),
    expected.toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )
})

void test('a ledger that does not answer leaves its measurements out, and no others', () => {
  const without = measurementsOf({ ...figures, ledger: null }).map(({ name }) => name)
  assert.deepEqual(
    without.filter((name) => name.startsWith('rollcall.ledger.')),
    [],
  )
  assert.ok(without.includes('rollcall.ready') && without.includes('process.cpu_seconds'))
})
