import type { Ledger } from '../../ledger/ledger.ts'
import type { OutcomeRow } from '../../ledger/port/report.ts'
import type { AccountReader, OutboxMessage, Sender } from '../../ports.ts'
import type { Runtime, Telemetry } from '../../runtime.ts'
import { loop, type WakeableService } from '../../service.ts'
import { type NameLookup, nameLookup } from './account-names.ts'
import { accountMessage, namedLater, namingOf } from './name-later.ts'
import { outcomeMessage, type OutcomeSettings } from './outcome.ts'

export interface PublishSettings extends OutcomeSettings {
  /** Where the sender sends to, for telemetry. */
  readonly queue: string
  readonly pollMs: number
  readonly atOnce: number
}

export interface PublishContext {
  readonly ledger: Pick<
    Ledger,
    'listUnpublishedOutcomes' | 'markOutcomesPublished' | 'listUnnamedAccounts' | 'recordNaming'
  >
  readonly sender: Sender
  /** Without it, or without fields in the settings, outcomes name no account. */
  readonly accounts?: Pick<AccountReader, 'findNames'>
  readonly settings: PublishSettings
  readonly runtime: Runtime
}

/**
 * Publishes outcomes at least once, in the order in which they were decided, and so in order for
 * each employee. While no outcome waits, it tells the names of accounts that could not be told with
 * an outcome.
 */
export function publishLoop(context: PublishContext): WakeableService {
  const { ledger, sender, accounts, settings, runtime } = context
  const lookup = accounts && settings.account.length > 0 ? nameLookup(accounts, runtime) : null
  const nameLater = lookup && namingLater(context, lookup)
  return loop('publish', runtime, async (stopping) => {
    const rows = await ledger.listUnpublishedOutcomes(settings.atOnce)
    if (rows.length === 0) {
      await nameLater?.(stopping)
      return settings.pollMs
    }
    const names = await lookup?.find(rows, stopping)
    const message = (row: OutcomeRow): OutboxMessage =>
      outcomeMessage(row, settings, runtime.digest, names?.get(row.objectId ?? '') ?? null)
    const origins = rows.flatMap((row) => row.traceparent ?? [])
    await runtime.telemetry.span(
      'rollcall.publish',
      { origins, messages: { count: rows.length, queue: settings.queue } },
      async (stage) => {
        const inTrace = rows.map((row) => {
          return { ...row, traceparent: row.traceparent && stage.passedOn(row.traceparent) }
        })
        await sender.send(inTrace.map(message))
        const now = runtime.now()
        await ledger.markOutcomesPublished(
          rows.map(({ id }) => id),
          now,
          names && namingOf(rows, { names, fields: settings.account, now }),
        )
      },
    )
    for (const row of rows) observe(row, runtime.telemetry)
    return 0
  })
}

/** How often the accounts that must be asked for again are looked for. */
const LOOK_MS = 60_000

/** Asks again for accounts that an outcome could not name, and tells those that have a name now. */
function namingLater(
  { ledger, sender, settings, runtime }: PublishContext,
  lookup: NameLookup,
): (stopping: AbortSignal) => Promise<void> {
  let lookAt = Number.NEGATIVE_INFINITY
  return async (stopping) => {
    const now = runtime.now()
    if (now < lookAt) return
    const accounts = await ledger.listUnnamedAccounts(now, settings.atOnce)
    if (accounts.length < settings.atOnce) lookAt = now + LOOK_MS
    if (accounts.length === 0) return
    const names = await lookup.find(accounts, stopping)
    const { named, naming } = namedLater(accounts, { names, fields: settings.account, now })
    if (named.length > 0)
      await sender.send(named.map((one) => accountMessage(one, settings, runtime.digest, now)))
    await ledger.recordNaming(naming)
  }
}

/** A later revision says nothing about how long an event took. */
function observe({ state, revision, at, receivedAt, effectiveAt }: OutcomeRow, telemetry: Telemetry): void {
  telemetry.count('rollcall.events', 1, { outcome: state })
  if (revision > 1) return
  // An event can end before it takes effect, when it is rescinded or refused.
  const from = effectiveAt <= at ? Math.max(receivedAt, effectiveAt) : receivedAt
  telemetry.record('rollcall.outcome.duration_seconds', Math.max(0, at - from) / 1_000, { outcome: state })
}
