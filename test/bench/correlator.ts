import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { openSqliteLedger } from '../../src/adapters/ledger-sql/driver/sqlite/client.ts'
import type { Ledger } from '../../src/core/ledger/ledger.ts'
import type { Json } from '../../src/core/model.ts'
import { RELEASED_BRAKE } from '../../src/core/plan/decide/brake.ts'
import { compileMapping } from '../../src/core/plan/mapping/mapping.ts'
import { planEmployee } from '../../src/core/plan/decide/plan.ts'
import type { LogPage, LogQuery, ProvisioningLog } from '../../src/core/ports.ts'
import { correlateLoop } from '../../src/core/report/correlate/loop.ts'
import { type Runtime, silentLogger, silentTelemetry } from '../../src/core/runtime.ts'
import { digest, hrEvent, messageOf } from '../suites/conformance/ledger/world.ts'
import { rawLogRecord } from '../fakes/log.ts'
import { expect, printRound } from './support/figures.ts'
import { durabilityOf } from './support/ledger.ts'

/**
 * A week of log after a week's absence: `node test/bench/correlator.ts [--records 100000]`. Records
 * that the service wrote are read in slices, parsed, joined to operations in a ledger on disk, and
 * made final. What the log costs to serve is not in it. A process of its own (`--fill`) fills the ledger, so that the
 * memory is that of a connector that was just started.
 */
const { values } = parseArgs({
  options: { records: { type: 'string', default: '100000' }, fill: { type: 'string' } },
})
const employees = Number(values.records)

const HOUR = 3_600_000
const WEEK = 7 * 24 * HOUR
const FROM = Date.UTC(2026, 10, 2)
const PAGE = 500
const TITLES = ['Engineer', 'Head', 'Clerk']
const nameOf = (index: number): string => String(1_000_000 + index)
const titleOf = (index: number): string => TITLES[index % TITLES.length] ?? ''
const momentOf = (index: number): number => FROM + HOUR + Math.floor((index / employees) * (WEEK - 2 * HOUR))

async function fill(ledger: Ledger): Promise<void> {
  const mapping = compileMapping()
  for (let at = 0; at < employees; at += 500) {
    const messages = Array.from({ length: Math.min(500, employees - at) }, (_, offset) => {
      const employeeId = nameOf(at + offset)
      const worker = {
        userName: `${employeeId}@contoso.com`,
        active: true,
        title: titleOf(at + offset),
        displayName: 'Ann Lee',
        department: 'Sales',
      }
      return messageOf(
        at + offset,
        hrEvent(`e-${employeeId}`, employeeId, worker, { effectiveAt: FROM - HOUR }),
      )
    })
    await ledger.recordMessages({ messages, now: FROM, quietMs: 0, maxWaitMs: 0, backlog: false })
    const due = await ledger.claimDueEmployees({ now: FROM, limit: 500, maxWaitMs: 0 })
    const decisions = due.map((employee) => planEmployee(employee, FROM, { mapping, digest }))
    await ledger.commitPlan(decisions, RELEASED_BRAKE, FROM)
    const limits = { perWindow: Number.POSITIVE_INFINITY, windowMs: 5_000, perDay: Number.POSITIVE_INFINITY }
    const own = { now: FROM, owner: 'bench', leaseMs: 60_000, limits }
    for (;;) {
      const batch = await ledger.claimBatch({ ...own, maxOperations: 50, maxBytes: 3_000_000, fillMs: 0 })
      if (!batch) break
      const slot = await ledger.takeSlot(batch.id, own)
      if (slot.kind === 'taken')
        await ledger.recordBatchAnswer(
          batch.id,
          { kind: 'accepted', call: slot.call, acceptedAt: FROM, requestId: batch.id },
          FROM,
        )
    }
  }
}

/** Newest first in a slice, as the service has it. */
function weekOfLog(onPage: (records: number) => void): ProvisioningLog {
  const record = (index: number): Json => {
    const employeeId = nameOf(index)
    const echo = { userName: `${employeeId}@contoso.com`, title: titleOf(index), displayName: 'Ann Lee' }
    return rawLogRecord(`record-${index}`, {
      employee: employeeId,
      at: momentOf(index),
      echo,
      scoping: 'True',
    })
  }
  const firstAfter = (moment: number): number => {
    let [low, high] = [0, employees]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (momentOf(middle) > moment) high = middle
      else low = middle + 1
    }
    return low
  }
  return {
    page: async ({ since, until, about, next }: LogQuery): Promise<LogPage> => {
      if (about !== null) return { records: [], next: null, serverAt: FROM + WEEK }
      const low = firstAfter(since)
      const high = next === null ? firstAfter(until ?? FROM + WEEK) : Number(next)
      const start = Math.max(low, high - PAGE)
      const records = Array.from({ length: high - start }, (_, offset) => record(high - 1 - offset))
      onPage(records.length)
      return { records, next: start > low ? String(start) : null, serverAt: FROM + WEEK }
    },
  }
}

const open = (path: string): Promise<Ledger> => openSqliteLedger({ path, now: () => FROM })
if (values.fill !== undefined) {
  const filled = await open(values.fill)
  await fill(filled)
  await filled.close()
  process.exit()
}
const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
const path = join(folder, 'ledger.db')
const filling = spawn(
  process.execPath,
  [fileURLToPath(import.meta.url), '--records', values.records, '--fill', path],
  { stdio: 'inherit' },
)
await once(filling, 'exit')
const ledger = await open(path)

const runtime: Runtime = {
  now: () => FROM + WEEK,
  sleep: async () => {},
  yieldToEventLoop: async () => {},
  random: Math.random,
  id: () => crypto.randomUUID(),
  digest,
  log: silentLogger,
  telemetry: silentTelemetry,
}
const days: number[] = []
let read = 0
let peak = 0
let readUntil = FROM
const before = process.memoryUsage.rss()
const startedAt = performance.now()
const usedBefore = process.cpuUsage()
const service = correlateLoop({
  ledger: {
    ...ledger,
    // Until the first record it knows nothing: it was away since the beginning of the week.
    readWatermark: async () => (await ledger.readWatermark()) ?? FROM,
    recordLogRecords: async (page) => {
      await ledger.recordLogRecords(page)
      readUntil = page.watermark ?? readUntil
      const day = page.watermark === null ? 0 : Math.floor((page.watermark - FROM) / (24 * HOUR))
      while (days.length < day) days.push(performance.now() - startedAt)
      peak = Math.max(peak, process.memoryUsage.rss())
    },
  },
  log: weekOfLog((records) => (read += records)),
  settings: {
    pollMs: 1_000,
    pageMs: 0,
    maxLagMs: 0,
    skewMs: 120_000,
    quietMs: 0,
    deadlineMs: WEEK,
    maxResends: 3,
    askAtOnce: 20,
    escrowMs: WEEK * 4,
    sliceMs: HOUR,
  },
  runtime,
  // Each turn reads an hour of the log.
  onSettled: () => void (readUntil >= FROM + WEEK && service.stop()),
})
await service.run()
const seconds = (performance.now() - startedAt) / 1_000
const used = process.cpuUsage(usedBefore)
const { stateCounts } = await ledger.readCounts()
console.log(
  `${read} records read with the overlap of slices; each day of the week: ${days.map((at, index) => ((at - (days[index - 1] ?? 0)) / 1_000).toFixed(2)).join(' ')} s`,
)
await ledger.close()
await rm(folder, { recursive: true })
printRound({
  figures: {
    'log records/s': employees / seconds,
    'log records a processor second': employees / ((used.user + used.system) / 1e6),
    'more MB': (peak - before) / 1e6,
    'MB in all': peak / 1e6,
  },
  settings: { ...durabilityOf(false), records: employees },
  wrong: expect('confirmed operations', stateCounts.operations.confirmed, employees),
})
