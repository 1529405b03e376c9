import type { Directory, DirectoryUser } from '../directory/directory.ts'
import { findInvalidAttribute, findInvalidUserName } from '../directory/limits.ts'
import { type Row, textOf, valueOf } from '../directory/row.ts'
import type { Settings } from '../settings.ts'

/** Why the directory refuses an operation. */
export interface Failure {
  readonly code: string
  /** Without one, the log record has the text of the code. */
  readonly reason: string | null
}

/** A user as the directory has it, and as an operation would make it. */
interface Change {
  readonly user: DirectoryUser | undefined
  readonly source: Row
  readonly target: Row
}

/** Why a change is refused; null when it is accepted. */
export type Check = (change: Change) => Failure | null

/** Gives the first reason why the directory refuses a change, or null if it accepts it. */
export function createValidation(settings: Settings, directory: Directory): Check {
  const checks = [
    checkCreation(settings),
    checkUserName(settings),
    checkAttributes(settings),
    checkUnique(settings, directory),
  ]
  return (change) => {
    for (const check of checks) {
      const failure = check(change)
      if (failure !== null) return failure
    }
    return null
  }
}

function checkCreation({ mandatory, createDisabled }: Settings): Check {
  return ({ user, source }) => {
    if (user !== undefined) return null
    const missing = mandatory.filter((path) => valueOf(source, path) === undefined)
    if (missing.length > 0)
      return {
        code: 'MandatoryFieldsMissing',
        reason: `The required attributes are missing: ${missing.join(', ')}.`,
      }
    if (createDisabled || valueOf(source, 'active') !== false) return null
    return {
      code: 'NotPermitted',
      reason: 'The user is not active in the source system, and accounts are not created disabled.',
    }
  }
}

/**
 * An update exports only what changes, so a value that the directory already has is not refused.
 */
function newText({ user, target }: Change, name: string): string | null {
  const text = textOf(target, name)
  return text === undefined || text === textOf(user?.target, name) ? null : text
}

function checkUserName(settings: Settings): Check {
  const verified = settings.verifiedDomains?.map((domain) => domain.toLowerCase())
  return (change) => {
    const name = newText(change, 'userPrincipalName')
    if (name === null) return null
    const fault = settings.checkUserName ? findInvalidUserName(name) : null
    if (fault !== null)
      return {
        code: 'AzureActiveDirectoryInvalidUserPrincipalName',
        reason: `The userPrincipalName is not valid: ${fault}.`,
      }
    const domain = name.slice(name.lastIndexOf('@') + 1).toLowerCase()
    return verified?.includes(domain) === false ? { code: 'InvalidDomain', reason: null } : null
  }
}

function checkAttributes(settings: Settings): Check {
  // The limits are those of a user in Microsoft Entra ID; the names are too.
  if (!settings.checkAttributes || settings.kind !== 'entra') return () => null
  return (change) => {
    for (const name of change.target.shape.names) {
      const value = newText(change, name)
      const fault = value === null ? null : findInvalidAttribute(name, value, settings.attributeLimits)
      if (fault !== null)
        return {
          code: settings.invalidValueCode,
          reason: `Invalid value specified for property '${name}' of resource 'User': ${fault}.`,
        }
    }
    return null
  }
}

function checkUnique({ uniqueUserName }: Settings, directory: Directory): Check {
  return ({ user, target }) => {
    const name = textOf(target, 'userPrincipalName')
    const others =
      uniqueUserName && name !== undefined ? directory.byAttribute('userPrincipalName', name) : []
    return others.some(({ objectId }) => objectId !== user?.objectId)
      ? { code: 'EntryConflict', reason: null }
      : null
  }
}
