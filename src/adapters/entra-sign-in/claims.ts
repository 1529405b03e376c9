import type { SignedIn } from '../../core/sign-in.ts'

const LONGEST_NAME = 200

/**
 * The user that the claims of a verified token name; `null` when they name none, or a user of
 * another tenant. `oid`, `tid` and `roles` are as in
 * https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference.
 */
export function signedInOf(claims: Readonly<Record<string, unknown>>, tenantId: string): SignedIn | null {
  const { oid, tid, name, preferred_username: userName, azp, roles } = claims
  if (typeof oid !== 'string' || oid === '' || tid !== tenantId) return null
  const [shown = oid] = [name, userName, azp].filter(isText)
  return {
    id: oid.slice(0, LONGEST_NAME),
    name: shown.slice(0, LONGEST_NAME),
    roles: Array.isArray(roles) ? roles.filter(isText) : [],
  }
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== ''
