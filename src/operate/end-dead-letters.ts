import { closeWithin, connect } from '../adapters/service-bus/client.ts'
import { busShelf } from '../adapters/service-bus/shelf.ts'
import { systemRuntime } from '../adapters/system.ts'
import { busAddress } from '../compose.ts'
import { type Config, readConfig } from '../config.ts'
import { RollcallError } from '../core/errors.ts'
import type { Ledger } from '../core/ledger/port.ts'
import { fold } from '../core/plan/fold.ts'
import type { PersonEvent } from '../core/plan/plan.ts'
import { type DeadLetter, deadLetterId } from '../core/report/dead-letter.ts'
import { silentLogger, silentTelemetry } from '../core/runtime.ts'
import { planRules } from '../rules.ts'
import { withHomes } from './dead-letter-homes.ts'
import { type SelectionOptions, selectionOf } from './dead-letters.ts'
import { digest } from './explain.ts'
import { type Format, printJson, printTable, say } from './output.ts'
import { stopSignal } from './process.ts'
import { keepSmall } from './rows.ts'
import { openExisting } from './status.ts'
import { select } from './replay-select.ts'

export interface EndOptions extends SelectionOptions {
  readonly actor: string
  readonly because: string
  readonly terminations?: boolean
  readonly dryRun: boolean
  readonly yes: boolean
  readonly max: number
  readonly output: Format
}

const AT_ONCE = 500

/**
 * Ends dead letters without putting them back: a discarded one counts as if it had never happened, an archived one is only out of sight. 0 done, 4 nothing
 * fits, 7 some were kept because they put somebody out.
 */
export async function endDead(
  how: 'discard' | 'archive',
  ids: readonly string[],
  options: EndOptions,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  keepSmall()
  const config = readConfig(environment)
  await using stack = new AsyncDisposableStack()
  const ledger = stack.adopt(await openExisting(config, options.dryRun ? 'read' : 'write'), (it) => it.close())
  const wanted = { ids, selection: selectionOf(options), archived: options.archived ?? false, max: options.max }
  const { selected, more } = await withHomes(environment, options.home ?? (how === 'archive' ? 'ledger' : undefined), (homes) =>
    select(homes, wanted, null, config),
  )
  if (more) say(`more than ${options.max} fit: the first ${options.max} are taken, --max takes more`)
  const found = selected.map(({ dead }) => dead)
  if (found.length === 0) {
    say('no dead letter fits; rollcall dead-letters list shows what there is')
    return 4
  }
  const active = how === 'discard' && options.terminations ? await becomeActive(ledger, found, config) : []
  for (const employee of active) say(`${employee} becomes active`)
  const kept = found.filter((dead) => how === 'discard' && !options.terminations && dead.home === 'ledger' && dead.letter.keepsOut)
  if (kept.length > 0)
    say(
      `${kept.length} put their person out and are kept: --terminations discards them too, ${kept.slice(0, 5).map(deadLetterId).join(', ')} …`,
    )
  if (options.dryRun || !options.yes) {
    if (!options.dryRun)
      throw new RollcallError(
        'ArgumentInvalid',
        `this would ${how} ${found.length - kept.length} dead letters: it takes --yes, or --dry-run to look`,
      )
    printed(options.output, { [how]: found.length - kept.length, kept: kept.length, becomeActive: active })
    return 0
  }
  const result = await endAll(how, found, ledger, config, options)
  printed(options.output, { ...result, becomeActive: active })
  return result.kept > 0 ? 7 : 0
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
): Promise<{ ended: number; kept: number; gone: number }> {
  const { actor, because: reason } = options
  const sum = { ended: 0, kept: 0, gone: 0 }
  const seqs = found.flatMap((dead) => (dead.home === 'ledger' ? [dead.letter.seq] : []))
  for (let at = 0; at < seqs.length; at += AT_ONCE) {
    const part = { seqs: seqs.slice(at, at + AT_ONCE), how, terminations: options.terminations ?? false, actor, reason }
    const { ended, kept, gone } = await ledger.endDeadLetters(part, Date.now())
    sum.ended += ended.length
    sum.kept += kept.length
    sum.gone += gone.length
  }
  const onBus = Map.groupBy(
    found.flatMap((dead) => (dead.home === 'bus' ? [dead.letter.message] : [])),
    ({ entity }) => entity,
  )
  if (onBus.size === 0) return sum
  const signal = stopSignal(silentLogger)
  const bus = connect(busAddress(config))
  try {
    for (const [entity, messages] of onBus) {
      const entrance = config.rules.entrances.find((one) => one.entity === entity)
      if (!entrance) continue
      const sequences = messages.map(({ sequence }) => sequence)
      // Written down first: what was taken off the bus without a word of who did it would be the worse half.
      await ledger.noteDiscarded(entity, sequences, actor, reason, Date.now())
      const shelf = busShelf(bus, { ...entrance, shelf: 'dead-letters' }, systemRuntime(silentLogger, silentTelemetry))
      const gone = await shelf.retire(new Set(sequences), signal)
      await shelf.close()
      sum.ended += gone.size
      sum.gone += sequences.length - gone.size
    }
  } finally {
    await closeWithin(5_000, bus.close())
  }
  return sum
}

/** People who are out now and would not be, without these. */
async function becomeActive(ledger: Ledger, found: readonly DeadLetter[], config: Config): Promise<readonly string[]> {
  const going = new Set(found.flatMap((dead) => (dead.home === 'ledger' && dead.letter.keepsOut ? [dead.letter.seq] : [])))
  const ids = [...new Set(found.flatMap((dead) => (dead.home === 'ledger' && dead.letter.keepsOut ? [dead.letter.employee] : [])))]
  const rules = planRules(config, digest)
  const isActive = (events: readonly PersonEvent[]): boolean =>
    fold(events, Date.now(), rules.fold).attributes.get('active')?.value === true
  const active: string[] = []
  for (let at = 0; at < ids.length; at += AT_ONCE)
    for (const { person } of await ledger.people(ids.slice(at, at + AT_ONCE))) {
      const without = person.events.map((event) => (going.has(event.seq) ? { ...event, discarded: true } : event))
      if (!isActive(person.events) && isActive(without)) active.push(person.employee)
    }
  return active
}
