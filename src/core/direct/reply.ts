import type { UploadAnswer } from '../ports.ts'

/**
 * What answers of the SCIM API of Entra ID mean. Its errors have no code in the body, so some are
 * known by their text.
 * https://learn.microsoft.com/en-us/entra/identity/app-provisioning/troubleshoot-scim-api-errors
 */

/** Network errors before a request has left: nothing was changed, and nothing is billed. */
const NOT_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH'])

/** The 400 of a tenant in which the API is not enabled names the missing Azure resource. */
const NOT_ENABLED = /scimapiconsumptions|SCIM Provisioning API/i

/** How Microsoft Graph says that a value is taken; SCIM says it with 409 and `uniqueness`. */
const TAKEN = /same value for property|already exists|must be unique/i

/**
 * Microsoft bills answers 2xx and 404. A call that left and got no answer may have been billed.
 * https://learn.microsoft.com/en-us/entra/identity/app-provisioning/enable-scim-api
 */
export function isBilled(reply: UploadAnswer): boolean {
  return reply.kind === 'network' ? !NOT_SENT.has(reply.code) : isSuccess(reply) || isMissing(reply)
}

export function isSuccess(reply: UploadAnswer): boolean {
  return reply.kind === 'response' && reply.status >= 200 && reply.status < 300
}

export function isMissing(reply: UploadAnswer): boolean {
  return reply.kind === 'response' && reply.status === 404
}

export function isNotEnabled(reply: UploadAnswer): boolean {
  return reply.kind === 'response' && reply.status === 400 && NOT_ENABLED.test(reply.message ?? '')
}

export function isTaken(reply: UploadAnswer): boolean {
  if (reply.kind === 'network') return false
  const { status, code, message } = reply
  return status === 409 || (status === 400 && (code === 'uniqueness' || TAKEN.test(message ?? '')))
}
