import { createHmac } from 'node:crypto'
import { type Permission, type RolePermissions } from '../../config/console/permissions.ts'
import type { Actor } from '../../core/actor.ts'
import { sameSecret } from './token.ts'

/** Who asks: the same for the page, for the action that its form takes, and for the audit trail. */
export interface Visitor {
  readonly actor: Actor
  readonly permissions: ReadonlySet<Permission>
  /** What the app roles give here; `null` where permissions come from no role. */
  readonly roles: RolePermissions | null
  /**
   * `session`: a browser that signed in. `bearer`: a program. `machine`: on loopback, without
   * sign-in.
   */
  readonly by: 'machine' | 'session' | 'bearer'
  /**
   * Seals forms and messages, and is known to this visitor's session only. `null` for a bearer
   * token: no other site can make a browser send one.
   */
  readonly key: string | null
}

/** How this visitor can get a permission. */
export function wayTo(permission: Permission, roles: readonly string[] | null): string {
  if (roles === null)
    return `The token does not allow “${permission}”: see console.token in the configuration.`
  return roles.length === 0
    ? `No role of the configuration gives “${permission}”: see console.roles there.`
    : `It takes the app role ${roles.join(' or ')}, which an administrator of the tenant can assign.`
}

/** Goes into every form, so that only a page made for this visitor can take an action. */
export const formToken = ({ key }: Visitor): string | null => (key === null ? null : seal(key, 'form'))

export function isFormToken(given: string | null, visitor: Visitor): boolean {
  const expected = formToken(visitor)
  return expected === null || (given !== null && sameSecret(given, expected))
}

export const seal = (key: string, text: string): string =>
  createHmac('sha256', key).update(text).digest('base64url')
