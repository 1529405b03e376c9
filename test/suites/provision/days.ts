import type { TestContext } from 'node:test'
import type { CallLimits } from '../../../src/core/ledger/port/submit.ts'
import { type Forecast, forecast } from '../../../src/core/provision/pace.ts'
import { hrEvent, joiner, leaver, T0 } from '../conformance/ledger/world.ts'
import { openSite, type Site } from './site.ts'
import { DAY_MS } from '../../../src/core/runtime.ts'
import { response } from '../../fakes/upload-answer.ts'

const MINUTE_MS = 60_000

export interface DayOptions {
  readonly perDay: number
  readonly perCall: number
  /** Changed people a day, as a share of what the quota would carry. */
  readonly load: number
  /** Of the changed people, those who leave and those who join, in one thousand. */
  readonly leavers: number
  readonly joiners: number
  readonly days: number
  /** How often the loop looks; well below the time between two calls. */
  readonly pollMs: number
  /** When no more arrive, from the start. */
  readonly arrivalsEndMs?: number
}
export interface Day {
  readonly site: Site
  readonly limits: CallLimits
  readonly calls: readonly number[]
  /** From arrival to the call that took it along, by lane. */
  readonly waits: Readonly<Record<'leaver' | 'joiner' | 'mover', readonly number[]>>
  /** Told at noon of the first day, of what waited then. */
  readonly atNoon: Forecast | null
  readonly waiting: number
}

/** Chance that is the same in every run. */
function chances(): () => number {
  let seed = 42
  return () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
}

/** Days in the life of a tenant: people change all the time, each once. */
export async function simulateDays(t: TestContext, options: DayOptions): Promise<Day> {
  const { perDay, perCall, load, days } = options
  const limits: CallLimits = { perWindow: 40, windowMs: 5_000, perDay }
  const site = await openSite(t, {
    submit: { limits, maxOperations: perCall, pollMs: options.pollMs },
    planPollMs: 60_000,
    uploads: 1,
  })
  const chance = chances()
  const arrived = new Map<string, { readonly at: number; readonly lane: keyof Day['waits'] }>()
  const waits: Record<keyof Day['waits'], number[]> = { leaver: [], joiner: [], mover: [] }
  site.service.decide(({ at, employees }) => {
    for (const employeeId of employees) {
      const who = arrived.get(employeeId)
      if (who) waits[who.lane].push(at - who.at)
    }
    return response(202)
  })
  const perMinute = (perDay * perCall * load) / (DAY_MS / MINUTE_MS)
  let owed = 0
  let employees = 0
  let atNoon: Forecast | null = null
  for (let minute = 0; minute < (days * DAY_MS) / MINUTE_MS; minute++) {
    owed += perMinute
    const events = []
    for (; owed >= 1 && minute * MINUTE_MS < (options.arrivalsEndMs ?? Number.POSITIVE_INFINITY); owed--) {
      const employeeId = `p${++employees}`
      const kind = chance() * 1_000
      const lane =
        kind < options.leavers ? 'leaver' : kind < options.leavers + options.joiners ? 'joiner' : 'mover'
      arrived.set(employeeId, { at: site.runtime.now(), lane })
      if (lane === 'leaver') events.push(leaver(`e${employees}`, employeeId))
      else
        events.push(
          lane === 'joiner'
            ? joiner(`e${employees}`, employeeId)
            : hrEvent(`e${employees}`, employeeId, whole(employeeId)),
        )
    }
    if (events.length > 0) await site.record(...events)
    await site.runtime.advance(MINUTE_MS)
    if (minute === 12 * 60 - 1) {
      const submissionStatus = await site.ledger.readSubmissionStatus(site.runtime.now())
      atNoon = forecast(
        submissionStatus.pending + submissionStatus.unplanned,
        perCall,
        submissionStatus.callTimes,
        limits,
        site.runtime.now(),
      )
    }
  }
  const { pending, unplanned } = await site.ledger.readSubmissionStatus(site.runtime.now())
  await site.stop()
  return {
    site,
    limits,
    calls: site.service.calls.map(({ at }) => at - T0),
    waits,
    atNoon,
    waiting: pending + unplanned,
  }
}

const whole = (employeeId: string): { readonly [name: string]: string | boolean } => ({
  userName: employeeId,
  active: true,
  title: 'Engineer',
})
