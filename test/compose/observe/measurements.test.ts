import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type LedgerReadings,
  measurementsOf,
  type Readings,
} from '../../../src/compose/observe/measurements.ts'
import type { Depth } from '../../../src/core/ledger/port/figures.ts'
import { TOTALS, type Totals } from '../../../src/core/ledger/port/inspect.ts'
import { INSTRUMENTS } from '../../../src/core/telemetry.ts'
import { opened } from '../../fakes/alerts.ts'
import { anInstance } from '../../fakes/instances.ts'

const NOW = 1_000_000
const one: Depth = { count: 1, oldestAt: NOW - 5_000 }
const totals = Object.fromEntries(TOTALS.map((line) => [line, 1])) as Totals
const ledger: LedgerReadings = {
  figures: {
    totals,
    stages: { received: one, due: one, waiting: one, accepted: one, answered: one, unpublished: one },
    unanswered: one,
    incomplete: one,
    name: 'default',
    others: [],
    pending: one,
    waiting: one,
    accepted: one,
    job: { running: true, seenAt: NOW },
    jobReport: {
      seenAt: NOW,
      code: 'Active',
      quarantine: null,
      failures: { escrowed: 12, withReferences: 15, synchronized: 90_000 },
    },
    escrowed: one,
    holds: [{ name: 'access', since: 1_000, until: 2_000, status: 403, detail: null }],
    quota: { used: 2_000, oldestAt: NOW - 80_000_000, lastAt: NOW },
    brake: { window: 1, held: 1, heldSince: NOW },
    emergencyWaits: [],
    leavers: { ...one, causes: [{ cause: 'brake', ...one }] },
    findings: [{ code: 'DisabledElsewhere', ...one }],
    deadLetters: [{ code: 'InvalidValue', ...one }],
    busDeadLetters: { countedAt: NOW, capped: false, codes: [{ code: 'Unreadable', ...one }] },
    blocks: 0,
    notAccepted: 1,
    watermark: NOW - 60_000,
  },
  at: NOW,
  active: 1_000,
  alerts: { lookedAt: NOW, open: [opened(NOW, { code: 'leaver.open' })] },
  instances: [
    { ...anInstance('one'), state: 'alive' },
    { ...anInstance('two'), state: 'ended' },
  ],
}
const readings: Readings = {
  readiness: { ready: true, checks: { ledger: 'ok' } },
  ledger,
  limits: {
    brake: { windowMs: 86_400_000, absolute: 500, percent: 5, floor: 10 },
    calls: { perDay: 2_000, perWindow: 40, windowMs: 5_000 },
    jobSeenMs: 60_000,
  },
  process: { residentBytes: 1, cpuSeconds: 1, startedAt: 1_000, lagSeconds: 1 },
}
/** Value by name and attributes. */
function measured(changes: Partial<LedgerReadings['figures']> = {}): ReadonlyMap<string, number> {
  const figures = { ...ledger.figures, ...changes }
  return new Map(
    measurementsOf({ ...readings, ledger: { ...ledger, figures } }).map(
      ({ name, value, attributes = {} }) => [[name, ...Object.values(attributes)].join(' '), value],
    ),
  )
}

const { others: _none, ...north } = { ...ledger.figures, name: 'north' }
const south = { ...north, name: 'south', quota: { used: 7, oldestAt: NOW, lastAt: NOW }, watermark: NOW }
const calls = readings.limits.calls
const several: Readings = {
  ...readings,
  ledger: { ...ledger, figures: { ...north, others: [south] } },
  limits: { ...readings.limits, callsAt: { north: calls, south: { ...calls, perDay: 300 } } },
}

void test('with several destinations each measurement of a job, its holds, quota and log names its own', () => {
  const values = new Map(
    measurementsOf(several).map(({ name, value, attributes = {} }) => [
      [name, ...Object.values(attributes)].join(' '),
      value,
    ]),
  )
  const pairs = ['rollcall.quota.used', 'rollcall.quota.limit', 'rollcall.log.lag_seconds'].map((name) => [
    values.get(`${name} north`),
    values.get(`${name} south`),
  ])
  assert.deepEqual(pairs, [
    [2_000, 7],
    [2_000, 300],
    [60, 0],
  ])
  for (const name of ['job.running', 'job.failures share', 'ledger.hold_since_seconds access'])
    assert.ok(values.has(`rollcall.${name} south`), name)
  assert.equal(values.has('rollcall.quota.used'), false)
})

void test('every instrument that is read has a measurement with the attributes of the table', () => {
  const measured = new Map(
    measurementsOf(several).map(({ name, attributes = {} }) => [name, Object.keys(attributes)]),
  )
  const expected = Object.entries(INSTRUMENTS).flatMap(([name, { kind, attributes }]) =>
    kind === 'counter' || kind === 'histogram' ? [] : [[name, [...attributes]] as const],
  )
  assert.deepEqual(
    [...measured].toSorted(([a], [b]) => (a < b ? -1 : 1)),
    expected.toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )
})

void test('a ledger that does not answer leaves its measurements out, and no others', () => {
  const without = measurementsOf({ ...readings, ledger: null }).map(({ name }) => name)
  assert.deepEqual(
    without.filter((name) => name.startsWith('rollcall.ledger.')),
    [],
  )
  assert.ok(without.includes('rollcall.ready') && without.includes('process.cpu_seconds'))
})

void test('ages and limits are said in seconds and by the settings in force', () => {
  const values = measured()
  assert.equal(values.get('rollcall.stage.oldest_age_seconds accepted'), 5)
  assert.equal(values.get('rollcall.log.lag_seconds'), 60)
  assert.equal(values.get('rollcall.brake.limit'), 50)
  assert.equal(values.get('rollcall.quota.limit'), 2_000)
  assert.equal(
    values.get('rollcall.quota.next_call_seconds'),
    6_400,
    'the oldest call of the day is 80,000 s ago',
  )
  assert.equal(values.get('rollcall.instances running'), 1)
  assert.equal(values.get('rollcall.alert leaver.open'), 1)
  assert.equal(values.get('rollcall.alert job.stopped'), 0)
})

void test('what is not known is absent: the job that was not seen lately, a count of the bus that is old', () => {
  assert.equal(measured().get('rollcall.job.running'), 1)
  const job = { running: true, seenAt: NOW - 60_001 }
  assert.equal(measured({ job }).has('rollcall.job.running'), false)
  assert.equal(
    measured({ job: { ...job, running: false } }).get('rollcall.job.running'),
    0,
    'its hold is in force',
  )
  const old = { countedAt: NOW - 300_001, capped: true, codes: [{ code: 'Unreadable', ...one }] }
  const values = measured({ busDeadLetters: old })
  assert.equal(values.has('rollcall.ledger.dead_letters bus Unreadable'), false)
  assert.equal(values.has('rollcall.bus.dead_letters_capped'), false)
})
