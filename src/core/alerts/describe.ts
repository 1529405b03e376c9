import { FINDINGS } from '../findings/codes.ts'
import { LEAVER_CAUSES } from '../leavers/causes.ts'
import { own } from '../own.ts'
import { reasonOf, UNCATALOGUED } from '../report/outcomes/reason-catalogue.ts'
import { ON_BUS } from './assess.ts'
import type { AlertCode } from './codes.ts'
import { ALERTS } from './codes.ts'

/** An alert in words. They name no employee. */
export interface AlertText {
  readonly what: string
  /** What its cause means; `null` where the cause says it all. */
  readonly meaning: string | null
  readonly cure: string
}

export function describeAlert({
  code,
  cause,
}: {
  readonly code: AlertCode
  readonly cause: string
}): AlertText {
  const { what, cure } = ALERTS[code]
  const more = aboutCause(code, cause)
  return { what, meaning: more?.meaning ?? null, cure: more === null ? cure : `${cure}. ${more.fix}` }
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
