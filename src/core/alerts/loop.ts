import type { DestinationName } from '../ledger/port/figures.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { instanceStates } from '../instances/state.ts'
import type { Runtime } from '../runtime.ts'
import { endingWithin, loop, TURN_END_MS, type WakeableService } from '../service.ts'
import { isOpen, keyOf, type PresentAlert } from './alert.ts'
import { assess } from './assess.ts'
import type { AlertCode } from './codes.ts'
import { lookAt } from './look.ts'
import type { NotificationRules } from './rules.ts'
import type { AlertLimits } from './scene/scene.ts'

export interface AlertSettings {
  readonly pollMs: number
  readonly limits: AlertLimits
  readonly rules: NotificationRules
  readonly brakeWindowMs: number
  /** By default the only one of a connector with a single job. */
  readonly destinations?: readonly DestinationName[]
}

/** What this process knows that the ledger does not. */
export interface ProcessSigns {
  /** Whether receivers are open; `null` in a process that receives nothing. */
  readonly receiving: (() => boolean) | null
}

export interface AlertContext {
  readonly ledger: Pick<Ledger, 'readAlerts' | 'saveAlerts' | 'readFigures' | 'listInstances'>
  readonly settings: AlertSettings
  readonly signs: ProcessSigns
  readonly runtime: Runtime
  /**
   * When this process started; epoch milliseconds. One that takes over from another is not settling
   * any more.
   */
  readonly startedAt: number
  /** Called when notifications were queued. */
  readonly onQueued?: () => void
}

/** A look is stored at least this often, so that others can tell whether alerts are current. */
const STORED_MS = 30_000
/**
 * After a start, work that a stop left behind still waits for a moment. It is an alert only if it
 * waits longer than this.
 */
const SETTLING_MS = 120_000
const WAITS_AFTER_START: ReadonlySet<AlertCode> = new Set(['stage.stuck', 'log.behind', 'leaver.open'])

/** Other instances have as long to start as a loop may be missing. */
function settlingMs(code: AlertCode, { loopMs }: AlertLimits): number {
  if (code === 'loop.missing') return loopMs
  return WAITS_AFTER_START.has(code) ? SETTLING_MS : 0
}

/**
 * Looks every few seconds at what needs a person: opens, updates and resolves alerts, logs them and
 * queues notifications. What it knows is in the ledger, so a restart neither repeats nor loses one.
 * It looks once more at an orderly stop, because what is stored then is all that commands can show.
 */
export function alertLoop(context: AlertContext): WakeableService {
  const { settings, runtime } = context
  const look = lookerOf(context)
  const looking = loop('alerts', runtime, async () => {
    await look({ last: false })
    return settings.pollMs
  })
  const service = endingWithin('alerts.last-look', TURN_END_MS, runtime, async (stopping) => {
    if (stopping.aborted) return
    stopping.addEventListener('abort', () => void looking.stop(), { once: true })
    await looking.run()
    // When the ledger cannot be reached, the last stored look remains, with its time.
    await look({ last: true }).catch(() => {})
  })
  return { ...service, wake: looking.wake }
}

/** One look. It stores and sends nothing if another instance has looked in the meantime. */
function lookerOf({ ledger, settings, signs, startedAt, runtime, onQueued }: AlertContext) {
  let closedSince: number | null = null
  return async ({ last }: { readonly last: boolean }): Promise<void> => {
    const now = runtime.now()
    closedSince = signs.receiving === null || signs.receiving() ? null : (closedSince ?? now)
    const book = await ledger.readAlerts()
    const figures = await ledger.readFigures({
      now,
      brakeWindowMs: settings.brakeWindowMs,
      ...(settings.destinations ? { destinations: settings.destinations } : {}),
    })
    const scene = {
      now,
      figures,
      channels: book.waiting,
      instances: instanceStates(await ledger.listInstances(now), now),
      receiversClosedSince: closedSince,
    }
    const open = new Set(book.alerts.filter(isOpen).map(keyOf))
    const counts = (alert: PresentAlert): boolean =>
      now - startedAt >= settlingMs(alert.code, settings.limits) || open.has(keyOf(alert))
    const look = lookAt(book, assess(scene, settings.limits).filter(counts), {
      rules: settings.rules,
      now,
      digest: runtime.digest,
    })
    const isStale = book.lookedAt === null || now - book.lookedAt >= STORED_MS || book.lookedAt > now
    if (!look.news && !isStale && !last) return
    if (!(await ledger.saveAlerts(look.save))) return
    for (const { level, event, fields } of look.lines) runtime.log[level](event, fields)
    if (look.save.notifications.length > 0) onQueued?.()
  }
}
