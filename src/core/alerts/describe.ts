import { EMERGENCY_WAITS } from '../emergency/reasons.ts'
import { FINDINGS } from '../findings/codes.ts'
import { LEAVER_CAUSES } from '../leavers/causes.ts'
import { own } from '../own.ts'
import { LIMIT_MEANINGS } from '../provision/quarantine.ts'
import { reasonOf, UNCATALOGUED } from '../report/outcomes/reason-catalogue.ts'
import { ON_BUS } from './assess.ts'
import { withoutDestination } from './scene/destinations.ts'
import type { AlertCode } from './codes.ts'
import { ALERTS, cureIn } from './codes.ts'

/** An alert in words. They name no employee. */
export interface AlertText {
  readonly what: string
  /** What its cause means; `null` where the cause says it all. */
  readonly meaning: string | null
  /** What to type first, for this cause where the command takes one. */
  readonly command: string
  /** What to do next; `null` where the command says it. */
  readonly next: string | null
  /** Both as one text. */
  readonly cure: string
}

interface NamedAlert {
  readonly code: AlertCode
  readonly cause: string
}

export function describeAlert({ code, cause }: NamedAlert): AlertText {
  const { what, next: step } = ALERTS[code]
  const { meaning, fix } = aboutCause(code, cause) ?? { meaning: null, fix: null }
  const command = commandFor({ code, cause })
  const next = step !== null && fix !== null ? `${step}. ${fix}` : (step ?? fix)
  const cure = step === null && fix !== null ? `${command}. ${fix}` : cureIn({ command, next })
  return { what, meaning, command, next, cure }
}

/** A cause that a shell takes as one word. */
const WORD = /^[\w.-]+$/
/** The option with which a command takes the cause of its alert. */
const OPTION_FOR: Readonly<Partial<Record<AlertCode, string>>> = {
  'deadletter.new': '--code',
  'finding.new': '--code',
  'leaver.open': '--cause',
}

function commandFor({ code, cause }: NamedAlert): string {
  const { command } = ALERTS[code]
  if (code === 'deadletter.new' && cause.startsWith(ON_BUS)) return `${command} --store bus`
  if (!WORD.test(cause)) return command
  const option = OPTION_FOR[code]
  return option === undefined ? command.replace('CHANNEL', cause) : `${command} ${option} ${cause}`
}

interface CauseText {
  readonly meaning: string
  readonly fix: string
}

function aboutCause(code: AlertCode, cause: string): CauseText | null {
  switch (code) {
    case 'deadletter.new': {
      const reason = reasonOf(cause.startsWith(ON_BUS) ? cause.slice(ON_BUS.length) : cause)
      return reason === UNCATALOGUED ? null : { meaning: reason.cause, fix: reason.fix }
    }
    case 'leaver.open':
      return inSentences(own(LEAVER_CAUSES, cause))
    case 'emergency.waits':
      return inSentences(own(EMERGENCY_WAITS, cause))
    case 'finding.new': {
      const finding = FINDINGS.find((one) => one.code === cause)
      return finding ? { meaning: finding.cause, fix: finding.fix } : null
    }
    case 'brake.tripped':
    case 'bus.unreachable':
    case 'channel.down':
    case 'instance.lost':
    case 'job.stopped':
    case 'log.behind':
    case 'loop.missing':
    case 'quota.low':
    case 'record.refused':
    case 'stage.stuck':
      return null
    case 'job.failing': {
      const meaning = own(LIMIT_MEANINGS, withoutDestination(cause))
      return inSentences(meaning === undefined ? undefined : { meaning, fix: CLEARED })
    }
    case 'submission.held':
      return inSentences(own(HELD_BECAUSE, withoutDestination(cause)))
  }
}

/** Source: the page that `limitUses` names. */
const CLEARED = 'a restart of the job also clears what it retries, and with that the count'

const BUDGET: CauseText = {
  meaning: 'the calls of a direct destination have cost what its budget allows',
  fix: 'raise usdPerDay or usdPerMonth of the destination, or wait until a day or 31 days have passed',
}

/** Source: inbound-provisioning-api-issues.md of github.com/MicrosoftDocs/entra-docs (2026-07-07). */
const FULL: CauseText = {
  meaning: 'what fails stays in the queue of the job and fills it, and so does a long quarantine',
  fix: 'correct what fails, then restart the job, which empties the queue; Rollcall waits about 40 minutes and sends again what was lost',
}

const HELD_BECAUSE: Readonly<Record<string, CauseText>> = { full: FULL, budget: BUDGET }

function inSentences(known: CauseText | undefined): CauseText | null {
  return known ? { meaning: sentence(known.meaning), fix: sentence(known.fix) } : null
}

const sentence = (text: string): string => `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}.`
