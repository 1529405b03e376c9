import { FINDINGS } from '../findings/codes.ts'
import { LEAVER_CAUSES } from '../leavers/causes.ts'
import { own } from '../own.ts'
import { reasonOf, UNCATALOGUED } from '../report/outcomes/reason-catalogue.ts'
import { ON_BUS } from './assess.ts'
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
  readonly then: string | null
  /** Both as one text. */
  readonly cure: string
}

interface NamedAlert {
  readonly code: AlertCode
  readonly cause: string
}

export function describeAlert({ code, cause }: NamedAlert): AlertText {
  const { what, then: next } = ALERTS[code]
  const { meaning, fix } = aboutCause(code, cause) ?? { meaning: null, fix: null }
  const command = commandFor({ code, cause })
  const then = next !== null && fix !== null ? `${next}. ${fix}` : (next ?? fix)
  const cure = next === null && fix !== null ? `${command}. ${fix}` : cureIn({ command, then })
  return { what, meaning, command, then, cure }
}

/** A cause that a shell takes as one word. */
const WORD = /^[\w.-]+$/

function commandFor({ code, cause }: NamedAlert): string {
  const { command } = ALERTS[code]
  if (code === 'deadletter.new' && cause.startsWith(ON_BUS)) return `${command} --store bus`
  if (!WORD.test(cause)) return command
  switch (code) {
    case 'deadletter.new':
    case 'finding.new':
      return `${command} --code ${cause}`
    case 'leaver.open':
      return `${command} --cause ${cause}`
    case 'channel.down':
      return command.replace('CHANNEL', cause)
    default:
      return command
  }
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
    case 'leaver.open': {
      const known = own(LEAVER_CAUSES, cause)
      return known ? { meaning: sentence(known.meaning), fix: sentence(known.fix) } : null
    }
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
    case 'submission.held':
      return null
  }
}

const sentence = (text: string): string => `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}.`
