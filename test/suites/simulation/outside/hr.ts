import type { HrReader, ReadAnswer } from '../../../../src/core/intake/hydrate/loop.ts'
import type { Clock, Instance } from '../clock.ts'
import { heldByHr } from '../judge/oracle.ts'
import { MINUTE, type Said } from '../story.ts'

/** How the next read of an employee goes instead of well. */
export const READ_FAULTS = [
  'down',
  'throttled',
  'slow',
  'stale', // the record is older than the notice
  'half', // the record lacks who is active, and where
  'empty',
  'unusable',
  'gone', // there is no such employee
  'stands still', // the process that reads does, for longer than its claim lasts
] as const
export type ReadFault = (typeof READ_FAULTS)[number]

/** What the HR system answered; `worker` is `null` when it knows no such employee. */
export interface Told {
  readonly employee: string
  /** When the read began. */
  readonly at: number
  /** When the record was true. */
  readonly asOf: number
  readonly worker: Readonly<Record<string, string | boolean>> | null
}

/** The HR system that notices are read from. */
export interface SimulatedHr {
  readerOf(instance: Instance): HrReader
  fail(fault: ReadFault): void
  readonly told: readonly Told[]
}

const SLOW_MS = 6 * MINUTE
const STANDS_STILL_MS = 25 * MINUTE

/** `said` is all that HR ever writes; of each moment it holds what it has written until then. */
export function hrOn(clock: Clock, said: readonly Said[]): SimulatedHr {
  const faults: ReadFault[] = []
  const told: Told[] = []
  const later = (code: string, afterMs: number | null = null): ReadAnswer => ({
    kind: 'later',
    code,
    afterMs,
  })

  const answer = (employee: string, at: number, asOf: number, isHalf: boolean): ReadAnswer => {
    const held = heldByHr(said, employee, asOf)
    const worker =
      held &&
      Object.fromEntries(
        Object.entries(held).flatMap(([name, value]) =>
          value === null || (isHalf && (name === 'active' || name === 'department')) ? [] : [[name, value]],
        ),
      )
    told.push({ employee, at, asOf, worker })
    return worker === null ? { kind: 'gone' } : { kind: 'record', worker, at: asOf }
  }
  const read = async (
    { employeeId, recordedAt }: Parameters<HrReader['read']>[0],
    instance: Instance,
  ): Promise<ReadAnswer> => {
    const at = clock.now()
    const fault = faults.shift()
    await clock.sleep(fault === 'slow' ? SLOW_MS : 200)
    switch (fault) {
      case 'down':
        return later('503')
      case 'throttled':
        return later('429', 2 * MINUTE)
      case 'empty':
        return later('AnswerEmpty')
      case 'unusable':
        return { kind: 'unusable', code: 'AnswerInvalid' }
      case 'gone':
        told.push({ employee: employeeId, at, asOf: clock.now(), worker: null })
        return { kind: 'gone' }
      case 'stale':
        return answer(employeeId, at, Math.min(at, recordedAt) - 1, false)
      case 'stands still': {
        const answered = answer(employeeId, at, clock.now(), false)
        instance.freeze()
        clock.at(at + STANDS_STILL_MS, instance.thaw)
        return answered
      }
      case 'half':
      case 'slow':
      case undefined:
        return answer(employeeId, at, clock.now(), fault === 'half')
    }
  }
  return {
    readerOf: (instance) => ({ read: (notice) => instance.through(() => read(notice, instance)) }),
    fail: (fault) => void faults.push(fault),
    told,
  }
}
