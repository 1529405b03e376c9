import { closeWithin, connect } from '../../adapters/service-bus/client.ts'
import { busDeadLetterQueue } from '../../adapters/service-bus/dead-letter-queue.ts'
import { systemRuntime } from '../../adapters/system.ts'
import { busAddress } from '../../compose/connector.ts'
import type { Config } from '../../config/load.ts'
import { readConfig } from '../../compose/config.ts'
import { RollcallError } from '../../core/errors.ts'
import { shortened } from '../../core/visible.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import { fold } from '../../core/plan/fold/fold.ts'
import type { EmployeeEvent } from '../../core/ledger/employee.ts'
import { impliedActive } from '../../core/intake/normalise.ts'
import { isTermination } from '../../core/model.ts'
import {
  type DeadLetter,
  deadLetterId,
  parseDeadLetterId,
} from '../../core/report/dead-letters/dead-letter.ts'
import type { Selected } from '../../core/report/replay/plan.ts'
import { silentLogger, silentTelemetry } from '../../core/runtime.ts'
import { planRules } from '../../compose/rules.ts'
import { withStores } from './stores.ts'
import { type SelectionOptions, selectionOf } from './list.ts'
import { digest } from '../commands/explain.ts'
import { type Format, printJson, printTable, say } from '../support/output.ts'
import { stopSignal } from '../support/process.ts'
import { keepSmall } from '../support/rows.ts'
import { openExisting } from '../commands/status.ts'
import { storeOf } from '../replay/replay.ts'
import { select } from '../replay/select.ts'

export interface EndOptions extends SelectionOptions {
  readonly actor: string
  readonly justification: string
  readonly terminations?: boolean
  readonly dryRun: boolean
  readonly yes: boolean
  readonly max: number
  readonly output: Format
}

const AT_ONCE = 500

/**
 * Ends dead letters without putting them back: a discarded one counts as if it had never happened, an archived one is only out of sight. 0 done, 4 nothing
 * fits, 7 some were kept because they put somebody out, or were named and are not there; 8 somebody else keeps some on the bus locked, or it was stopped.
 */
export async function endDead(
  how: 'discard' | 'archive',
  ids: readonly string[],
  options: EndOptions,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  keepSmall()
  const config = readConfig(environment)
  if (
    how === 'archive' &&
    (options.store === 'bus' || ids.some((id) => parseDeadLetterId(id)?.store === 'bus'))
  )
    throw new RollcallError(
      'ArgumentInvalid',
      'only dead letters of the ledger can be archived: one on the bus stays in sight, or is discarded',
    )
  await using stack = new AsyncDisposableStack()
  const ledger = stack.adopt(await openExisting(config, options.dryRun ? 'read' : 'write'), (it) =>
    it.close(),
  )
  const wanted = {
    ids,
    selection: selectionOf(options),
    archived: options.archived ?? false,
    max: options.max,
  }
  const { selected, more, missing } = await withStores(
    environment,
    how === 'archive' ? 'ledger' : storeOf(ids, options),
    (homes) => select(homes, wanted, null, config),
  )
  for (const id of missing) say(`${shortened(id)} is no dead letter any more`)
  if (more) say(`more than ${options.max} fit: the first ${options.max} are taken, --max takes more`)
  const found = selected.map(({ dead }) => dead)
  if (found.length === 0) {
    say('no dead letter fits; rollcall dead-letters list shows what there is')
    return 4
  }
  const active = how === 'discard' && options.terminations ? await becomeActive(ledger, found, config) : []
  for (const employeeId of active) say(`${employeeId} becomes active`)
  const kept = new Set(
    how === 'discard' && !options.terminations ? selected.filter(deactivates).map(({ dead }) => dead) : [],
  )
  if (kept.size > 0)
    say(
      `${kept.size} put their person out and are kept: --terminations discards them too, ${[...kept].slice(0, 5).map(deadLetterId).join(', ')} …`,
    )
  if (options.dryRun || !options.yes) {
    if (!options.dryRun)
      throw new RollcallError(
        'ArgumentInvalid',
        `this would ${how} ${found.length - kept.size} dead letters: it takes --yes, or --dry-run to look`,
      )
    printed(options.output, { [how]: found.length - kept.size, kept: kept.size, becomeActive: active })
    return 0
  }
  // Those of the ledger it keeps by itself: whoever looks at it beside us may have changed them.
  const going = found.filter((dead) => dead.store === 'ledger' || !kept.has(dead))
  const result = await endAll(how, going, ledger, config, options)
  const onBus = found.length - going.length
  printed(options.output, { ...result, kept: result.kept + onBus, becomeActive: active })
  if (result.held > 0) {
    say('somebody else keeps some on the bus locked, or it was stopped: the same command goes on')
    return 8
  }
  return result.kept + onBus + missing.length > 0 ? 7 : 0
}

/** What is on the bus keeps nobody out yet, but its person stays in when it is given up. One whose event came in with another message says nothing new. */
function deactivates({ dead, events }: Selected): boolean {
  if (dead.store === 'ledger') return dead.letter.blocksReactivation
  if (dead.letter.stale === true) return false
  return (
    (events ?? []).some(isTermination) ||
    // What cannot be read may still name its type.
    dead.letter.events.some(({ type }) => type !== null && impliedActive(type) === false)
  )
}

function printed(output: Format, result: Readonly<Record<string, number | readonly string[]>>): void {
  if (output === 'json') printJson(result)
  else
    printTable(
      ['dead letters', ''],
      Object.entries(result).map(([name, value]) => [name, typeof value === 'number' ? value : value.length]),
    )
}

async function endAll(
  how: 'discard' | 'archive',
  found: readonly DeadLetter[],
  ledger: Ledger,
  config: Config,
  options: EndOptions,
): Promise<{ ended: number; kept: number; gone: number; held: number }> {
  const { actor, justification } = options
  const sum = { ended: 0, kept: 0, gone: 0, held: 0 }
  const seqs = found.flatMap((dead) => (dead.store === 'ledger' ? [dead.letter.seq] : []))
  for (let at = 0; at < seqs.length; at += AT_ONCE) {
    const part = {
      seqs: seqs.slice(at, at + AT_ONCE),
      how,
      terminations: options.terminations ?? false,
      actor,
      justification,
    }
    const { ended, kept, gone } = await ledger.endDeadLetters(part, Date.now())
    sum.ended += ended.length
    sum.kept += kept.length
    sum.gone += gone.length
  }
  const onBus = Map.groupBy(
    found.flatMap((dead) => (dead.store === 'bus' ? [dead.letter.message] : [])),
    ({ entity }) => entity,
  )
  if (onBus.size === 0) return sum
  const signal = stopSignal(silentLogger)
  const bus = connect(busAddress(config))
  try {
    for (const [entity, messages] of onBus) {
      const sourceAddress = config.rules.sourceAddresses.find((one) => one.entity === entity)
      if (!sourceAddress) continue
      const sequences = messages.map(({ sequence }) => sequence)
      if (signal.aborted) {
        sum.held += sequences.length
        continue
      }
      // Written down first: what was taken off the bus without a word of who did it would be the worse half.
      await ledger.recordDiscardedMessages(entity, sequences, actor, justification, Date.now())
      const shelf = busDeadLetterQueue(
        bus,
        { ...sourceAddress, shelf: 'dead-letters' },
        systemRuntime(silentLogger, silentTelemetry),
      )
      const gone = await shelf.remove(new Set(sequences), signal)
      await shelf.close()
      sum.ended += gone.size
      sum.held += sequences.length - gone.size
    }
  } finally {
    await closeWithin(5_000, bus.close())
  }
  return sum
}

/** People who are out now and would not be, without these. */
async function becomeActive(
  ledger: Ledger,
  found: readonly DeadLetter[],
  config: Config,
): Promise<readonly string[]> {
  const going = new Set(
    found.flatMap((dead) =>
      dead.store === 'ledger' && dead.letter.blocksReactivation ? [dead.letter.seq] : [],
    ),
  )
  const ids = [
    ...new Set(
      found.flatMap((dead) =>
        dead.store === 'ledger' && dead.letter.blocksReactivation ? [dead.letter.employeeId] : [],
      ),
    ),
  ]
  const rules = planRules(config, digest)
  const isActive = (events: readonly EmployeeEvent[]): boolean =>
    fold(events, Date.now(), rules.fold).attributes.get('active')?.value === true
  const active: string[] = []
  for (let at = 0; at < ids.length; at += AT_ONCE)
    for (const { employee } of await ledger.readEmployees(ids.slice(at, at + AT_ONCE))) {
      const without = employee.events.map((event) =>
        going.has(event.seq) ? { ...event, discarded: true } : event,
      )
      if (!isActive(employee.events) && isActive(without)) active.push(employee.employeeId)
    }
  return active
}
