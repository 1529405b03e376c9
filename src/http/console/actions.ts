import { makeEvaluator } from '../../compose/config.ts'
import type { ActionPath } from '../access/routes.ts'
import { acknowledgeFindings } from './acts/acknowledge.ts'
import { acknowledgeLeavers, resendLeaver } from './acts/leavers/orders.ts'
import { blockEmployee, unblockEmployee } from './acts/blocks.ts'
import { refuseBrake, releaseBrake } from './acts/brake.ts'
import type { Asked, Result } from './acts/asked.ts'
import { showConnection, showValues } from './acts/values.ts'
import { endDeadLetters } from './acts/end.ts'
import { eraseEmployee } from './acts/erase/erase.ts'
import { cancelReplay, pauseReplay, resumeReplay } from './acts/replay/control.ts'
import { proposeUserNames } from './acts/replay/names.ts'
import { openDeadLetter } from './acts/replay/open.ts'
import { previewReplay } from './acts/replay/preview.ts'
import { startReplay } from './acts/replay/start.ts'
import type { ConsoleContext } from './context.ts'

export type Actions = Readonly<Record<ActionPath, (asked: Asked) => Promise<Result>>>

/**
 * Every action of the console. Its message must hold no value of an employee, because it becomes
 * part of the address. A `RollcallError` that it throws is shown, and any other error is a 500.
 */
export function actionsOf(context: ConsoleContext): Actions {
  const evaluator = makeEvaluator()
  return {
    '/block': blockEmployee,
    '/brake/refuse': refuseBrake,
    '/brake/release': releaseBrake,
    '/employee/connection': showConnection(context),
    '/employee/erase': (asked) => eraseEmployee(asked, context),
    '/employee/values': showValues(context),
    '/dead-letters/archive': (asked) => endDeadLetters('archive', asked, context),
    '/dead-letters/discard': (asked) => endDeadLetters('discard', asked, context),
    '/dead-letters/names': (asked) => proposeUserNames(asked, context),
    '/dead-letters/open': (asked) => openDeadLetter(asked, context),
    '/findings/acknowledge': acknowledgeFindings,
    '/leavers/acknowledge': acknowledgeLeavers,
    '/leavers/resend': resendLeaver,
    '/replays/cancel': (asked) => cancelReplay(asked, context),
    '/replays/pause': pauseReplay,
    '/replays/preview': (asked) => previewReplay(asked, context, evaluator),
    '/replays/resume': (asked) => resumeReplay(asked, context),
    '/replays/start': (asked) => startReplay(asked, context, evaluator),
    '/unblock': unblockEmployee,
  }
}
