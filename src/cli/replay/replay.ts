import { makeEvaluator, readConfig } from '../../compose/config.ts'
import { EXIT_CODES, RollcallError } from '../../core/errors.ts'
import { replayDeadLetters, type ReplayResult } from '../../core/report/replay/replay.ts'
import { requestOf, type SelectionOptions, storeOf } from '../dead-letters/options.ts'
import { disclose, expectDisclosure } from '../support/options/disclosure.ts'
import { type Format, say } from '../support/output.ts'
import { keepSmall } from '../support/rows.ts'
import { openReplay } from './context.ts'
import { editorOf, type EditOptions } from './editor.ts'
import { exitCodeOfRun, sayRun } from './run-result.ts'
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
  const reads = dryRun && expectDisclosure(options) === 'read'
  await using stack = new AsyncDisposableStack()
  const context = await openReplay(
    own,
    { ...options, access: reads ? 'read' : 'write', store: storeOf(ids, options) },
    stack,
  )
  const request = {
    ...(await requestOf(ids, options, context.ledger)),
    command: commandOf(ids, options),
    makeEditor: () => editorOf(options, environment, evaluator),
    dryRun,
    actor,
    justification,
  }
  const view = terminalView(options, (employees) => disclose(context.ledger, employees, options))
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
  if (result.kind === 'not-started' || result.kind === 'ended') sayRun(result)
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
      return EXIT_CODES.stopped
    case 'not-started':
    case 'ended': {
      const code = exitCodeOfRun(result)
      return code === EXIT_CODES.done && result.partial ? EXIT_CODES.partial : code
    }
  }
}
