import { span } from '../display/span.ts'
import { unreachable } from '../errors.ts'
import type { ConnectionAnswer, ConnectionRefusal, Link } from './connection.ts'

/** The application permission with the fewest rights: for the owner of the job's application. */
const PERMISSION = 'SynchronizationMetadata.Read.OwnedBy'
const PERMISSION_FOR_ALL = 'SynchronizationMetadata.Read.All'
/** What to grant, for a person. */
const PERMISSIONS = `${PERMISSION} if the identity owns the application of the job, or ${PERMISSION_FOR_ALL}`

/** The detail of an event whose operation ended without a log record; `null`: nothing is known. */
export function linkInWords(link: Link): string | null {
  switch (link) {
    case 'linked':
      return 'the job has an account for the employee'
    case 'unlinked':
      return 'the job has no account for the employee'
    case 'unknown':
      return null
    default:
      return unreachable(link)
  }
}

interface Traced {
  readonly id: string
  /** The account that the log named last. */
  readonly objectId: string | null
}

/** What an answer means for this employee. */
export function answerInWords(answer: ConnectionAnswer, { id, objectId }: Traced): string {
  switch (answer.kind) {
    case 'found': {
      const { sourceAnchor, targetAnchor, objectTypeName } = answer.connection
      if (sourceAnchor !== id)
        return `the id is that of an account, which belongs to employee ${sourceAnchor}`
      const account = `the job links the employee to Entra object ${targetAnchor} (${objectTypeName})`
      return objectId === null || objectId === targetAnchor
        ? `${account}; it does not say since when, or which record was last`
        : `${account}, but the log named object ${objectId}: the employee may have two accounts`
    }
    case 'none':
      return 'none (404): the job has carried out no record of the employee, or it does not offer connections'
    case 'forbidden':
    case 'throttled':
    case 'unavailable':
      return refusalInWords(answer)
    default:
      return unreachable(answer)
  }
}

/** Why the service does not say, and what to do. */
export function refusalInWords(refusal: ConnectionRefusal): string {
  switch (refusal.kind) {
    case 'forbidden':
      return `not allowed (403): grant ${PERMISSIONS}, with consent`
    case 'throttled': {
      const { retryAfterMs } = refusal
      return `too many requests (429): ask again ${retryAfterMs === null ? 'later' : `in ${span(retryAfterMs)}`}`
    }
    case 'unavailable':
      return refusal.status === null
        ? 'no answer: rollcall check tests whether Graph can be reached'
        : `not available (${refusal.status}): the interface is a preview of Microsoft Graph`
    default:
      return unreachable(refusal)
  }
}
