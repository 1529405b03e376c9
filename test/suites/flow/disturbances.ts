import type { EntraDouble } from '../../../src/local/entra/server.ts'
import { randomFrom, type Simulation } from './simulation.ts'
import type { Workload } from './workload.ts'

/** What goes wrong, and how often for every hundred people. */
export interface Disturbance {
  /** An operation the service takes and forgets. */
  readonly lost?: number
  /** An operation that takes effect and is never spoken of. */
  readonly unspoken?: number
  /** A whole accepted request thrown away. */
  readonly lostRequests?: number
  /** A failure that the service says it will try again itself. */
  readonly escrowed?: number
  /** A failure for good, as far as anybody can tell. */
  readonly failed?: number
  /** An operation that waits for some cycles, and so is overtaken by what came later. */
  readonly delayed?: number
  /** Another program uploads the person to the same job. */
  readonly foreign?: number
  /** An answer to a call that never arrives. */
  readonly unreported?: number
  /** A request that fails on its way, to upload or to the log. */
  readonly refused?: number
}

/** All of it, and more of it than any service would have. */
export const EVERYTHING: Disturbance = {
  lost: 5,
  unspoken: 5,
  lostRequests: 2,
  escrowed: 10,
  failed: 5,
  delayed: 10,
  foreign: 5,
  unreported: 4,
  refused: 10,
}

const PATIENT = ['InternalServerError', 'TooManyRequests', 'Timeout', 'WebExceptionProtocolError']
const IMPATIENT = ['InvalidDomain', 'EntryConflict', 'SchemaAttributeNotFound']

/** Spreads what goes wrong evenly over the time, by chance that the seed decides. */
export function disturb(
  sim: Simulation,
  entra: EntraDouble,
  world: Workload,
  rates: Disturbance,
  from: number,
  spanMs: number,
): void {
  const random = randomFrom(Math.floor(sim.random() * 2 ** 31))
  const anyEmployee = (): string => world.employees[Math.floor(random() * world.employees.length)] ?? ''
  const one = (values: readonly string[]): string => values[Math.floor(random() * values.length)] ?? ''
  const spread = (rate: number | undefined, rule: () => unknown, path = 'faults'): void => {
    for (let count = Math.round(((rate ?? 0) * world.employees.length) / 100); count > 0; count--) {
      const body = JSON.stringify(rule())
      sim.at(Math.floor(from + random() * spanMs), () => post(entra, path, body))
    }
  }
  spread(rates.lost, () => ({ kind: 'lose', externalId: anyEmployee(), times: 1 }))
  // No employee for whom another program's change, or the service's own retry of what failed, could
  // go unspoken too: no log could tell.
  const touched = new Set<string>()
  const heardOf = (): string => {
    let externalId = anyEmployee()
    while (touched.has(externalId)) externalId = anyEmployee()
    return externalId
  }
  spread(rates.unspoken, () => {
    const externalId = anyEmployee()
    touched.add(externalId)
    return { kind: 'lose-record', externalId, times: 1 }
  })
  spread(rates.lostRequests, () => ({ kind: 'lose-request' }))
  spread(rates.escrowed, () => ({
    kind: 'fail',
    externalId: heardOf(),
    times: 1 + Math.floor(random() * 3),
    code: one(PATIENT),
  }))
  spread(rates.failed, () => ({
    kind: 'fail',
    externalId: heardOf(),
    times: 1 + Math.floor(random() * 3),
    code: one(IMPATIENT),
  }))
  spread(rates.delayed, () => ({
    kind: 'hold',
    externalId: anyEmployee(),
    times: 1,
    cycles: 1 + Math.floor(random() * 6),
  }))
  spread(rates.unreported, () => ({ kind: 'reset-after' }))
  spread(rates.refused, () => ({ kind: 'status', status: 503, on: random() < 0.5 ? 'log' : 'bulkUpload' }))
  spread(rates.refused, () => ({ kind: 'half', on: 'log' }))
  spread(
    rates.foreign,
    () => {
      const externalId = heardOf()
      return {
        externalId,
        userName: `${externalId}@contoso.com`,
        active: true,
        title: 'Foreign',
        displayName: 'Ann Lee',
      }
    },
    'foreign',
  )
}

async function post(entra: EntraDouble, path: string, body: string): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${entra.port}/${path}`, {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/json' },
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`the double took no ${path}: ${response.status} ${text}`)
}
