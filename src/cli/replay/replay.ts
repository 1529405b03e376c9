import { deadLetterContext, replaySettings } from '../../compose/replay.ts'
import { makeEvaluator, readConfig } from '../../compose/config.ts'
import { EXIT_CODES, RollcallError } from '../../core/errors.ts'
import { replayDeadLetters, type ReplayResult } from '../../core/report/replay/replay.ts'
import { silentLogger } from '../../core/runtime.ts'
import { openExisting } from '../../compose/ledger.ts'
import { requestOf, type SelectionOptions, storeOf } from '../dead-letters/options.ts'
import { type Format, say } from '../support/output.ts'
import { stopSignal } from '../../compose/process.ts'
import { inForce } from '../support/running/in-force.ts'
import { keepSmall } from '../support/rows.ts'
import { editorOf, type EditOptions } from './editor.ts'
import { leftOf } from './run-counts.ts'
import { terminalView } from './view.ts'

export interface ReplayOptions extends SelectionOptions, EditOptions {
  readonly actor?: string
  readonly justification?: string
  readonly dryRun: boolean
  readonly yes: boolean
  readonly ownConfig: boolean
  readonly rate?: number
  readonly max: number
  readonly showValues: boolean
  readonly output: Format
}

/**
 * Replays dead letters. The same command continues a run that was stopped. Exit 0 all done, 4
 * nothing fits, 7 some were refused or gone, 8 stopped before the end.
 */
export async function replay(
  ids: readonly string[],
  options: ReplayOptions,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  keepSmall()
  const evaluator = makeEvaluator()
  const own = readConfig(environment, evaluator)
  const { actor = '', justification = '', dryRun } = options
  if (options.edit && options.patch !== undefined)
    throw new RollcallError('ArgumentInvalid', 'use either --edit or --patch')
  if (!dryRun && (options.actor === undefined || options.justification === undefined))
    throw new RollcallError(
      'ArgumentInvalid',
      'a replay needs --actor and --justification: both are recorded with every dead letter',
    )
  await using stack = new AsyncDisposableStack()
  const ledger = stack.adopt(await openExisting(own, dryRun ? 'read' : 'write'), (it) => it.close())
  const { config } = await inForce(ledger, own, {
    ownConfig: options.ownConfig,
    rules: 'acted-on',
    refusal:
      'What is replayed is decided by its rules, so a cause that was fixed in the file only would come back. Restart the connector first, or add --own-config to replay all the same',
  })
  const store = storeOf(ids, options)
  const context = {
    ...deadLetterContext({ config, ledger, store, onNoLedger: say }, stack),
    settings: replaySettings(config, options.rate ?? null),
    listenForStop: () => stopSignal(silentLogger),
  }
  const request = {
    ...requestOf(ids, options),
    command: commandOf(ids, options),
    makeEditor: () => editorOf(options, environment, evaluator),
    dryRun,
    actor,
    justification,
  }
  const view = terminalView(options)
  let result: ReplayResult
  try {
    result = await replayDeadLetters(request, context, view)
  } finally {
    view.end()
  }
  sayResult(result)
  return exitCodeOf(result)
}

/** The options that decide what is replayed, as the user gave them. */
function commandOf(ids: readonly string[], options: ReplayOptions): string {
  const { reason, code, type, employee, since, until, store, archived, patch, edit, max } = options
  return JSON.stringify([ids, reason, code, type, employee, since, until, store, archived, patch, edit, max])
}

function sayResult(result: ReplayResult): void {
  if (result.kind === 'declined') say('nothing was replayed')
  if (result.kind === 'patch-refused')
    say(
      'nothing was replayed: the patch must fit every selected dead letter; correct it, or narrow the selection',
    )
  if (result.kind === 'not-started' && !result.stopped)
    say('another command is carrying this run out; rollcall replays shows its progress')
  if (result.kind !== 'ended') return
  const { run, ending, settled, ms } = result
  if (settled > 0)
    say(
      `${settled} in ${(ms / 1_000).toFixed(1)} s: ${Math.round((settled * 1_000) / Math.max(1, ms))} a second on average`,
    )
  const { done, gone, refused } = run.counts
  say(
    `${done} replayed, ${gone} gone, ${refused} refused, ${leftOf(run)} left; rollcall replays ${run.id} lists them`,
  )
  if (ending === 'paused') say('paused: run the same command again to continue')
  if (ending === 'held')
    say(
      'every copy is sent, but another process holds originals locked on the bus: run the same command again to remove them',
    )
}

function exitCodeOf(result: ReplayResult): number {
  switch (result.kind) {
    case 'nothing-fits':
      return EXIT_CODES.notFound
    case 'all-refused':
    case 'patch-refused':
      return EXIT_CODES.partial
    case 'dry-run':
      return EXIT_CODES.done
    case 'declined':
    case 'not-started':
      return EXIT_CODES.stopped
    case 'ended': {
      const { gone, refused } = result.run.counts
      if (result.ending !== 'finished') return EXIT_CODES.stopped
      return gone + refused > 0 || result.partial ? EXIT_CODES.partial : EXIT_CODES.done
    }
  }
}
