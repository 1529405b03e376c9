import { randomBytes } from 'node:crypto'
import type { Context } from 'hono'
import { getCookie } from 'hono/cookie'
import {
  ALL_PERMISSIONS,
  type Permission,
  permissionsOf,
  type RolePermissions,
} from '../../config/console/permissions.ts'
import type { SignedIn, SignInService } from '../../core/sign-in.ts'
import { type Sealer, sealerWith } from './sealed.ts'
import { openSession, type Session, SESSION_COOKIE } from './session.ts'
import { showsToken } from './token.ts'
import type { Actor } from '../../core/actor.ts'
import { seal, type Visitor } from './visitor.ts'

export interface AccessSettings {
  /** No sign-in, because every visitor of the console is on this machine. */
  readonly open: boolean
  /** `null` on loopback, or where users sign in with Entra ID only. */
  readonly token: string | null
  /** What the token allows. */
  readonly tokenPermissions: ReadonlySet<Permission>
  /** `null` without a sign-in with Entra ID. */
  readonly entra: EntraAccess | null
  /** The operating-system user of this process: the actor on loopback. */
  readonly user: string
}

export interface EntraAccess {
  readonly service: SignInService
  readonly roles: RolePermissions
  /** Takes part in the key of the cookies. */
  readonly cookieSecret: string
}

/** Who asks, and the session that says so; `session` is `null` without a cookie. */
export interface Identified {
  readonly visitor: Visitor
  readonly session: Session | null
}

export interface Identifier {
  readonly sealer: Sealer
  /** `null` for a request without a sign-in that holds. Rejects with `SignInUnavailable`. */
  identify(context: Context, now: number): Promise<Identified | null>
}

export const TOKEN_ACTOR: Actor = { id: 'token', name: 'token' }

export function identifierWith(access: AccessSettings): Identifier {
  const processKey = randomBytes(32).toString('hex')
  // On loopback no cookie is ever sealed or opened.
  const secrets = [access.token ?? '', access.entra?.cookieSecret ?? '', access.open ? processKey : '']
  const sealer = sealerWith(secrets)
  const formKey = JSON.stringify(secrets)
  const local: Visitor = {
    actor: { id: access.user, name: access.user },
    permissions: ALL_PERMISSIONS,
    roles: null,
    by: 'machine',
    key: processKey,
  }
  return {
    sealer,
    identify: async (context, now) => {
      if (access.open) return { visitor: local, session: null }
      const authorization = context.req.header('authorization')
      if (authorization !== undefined) return byHeader(authorization, access, now)
      const session = await openSession(sealer, getCookie(context, SESSION_COOKIE) ?? '', now)
      if (session === null) return null
      const visitor = visitorWith(session, access)
      return visitor && { visitor: { ...visitor, by: 'session', key: seal(formKey, session.id) }, session }
    },
  }
}

async function byHeader(
  authorization: string,
  access: AccessSettings,
  now: number,
): Promise<Identified | null> {
  const found = showsToken(authorization, access.token)
    ? visitorWith({ actor: TOKEN_ACTOR, roles: null }, access)
    : await byAccessToken(authorization, access, now)
  return found && { visitor: { ...found, by: 'bearer', key: null }, session: null }
}

/** Three parts, as a signed token has them; nothing else is given to the verification. */
const SIGNED_TOKEN = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i

async function byAccessToken(
  authorization: string,
  access: AccessSettings,
  now: number,
): Promise<Pick<Visitor, 'actor' | 'permissions' | 'roles'> | null> {
  const token = SIGNED_TOKEN.exec(authorization)?.[1]
  if (access.entra === null || token === undefined) return null
  const signedIn = await access.entra.service.bearer(token, now)
  return signedIn && visitorWith({ actor: signedIn, roles: signedIn.roles }, access)
}

/** `null` where the way in which the visitor signed in is not configured any more. */
function visitorWith(
  { actor: { id, name }, roles: names }: { readonly actor: Actor; readonly roles: SignedIn['roles'] | null },
  { token, tokenPermissions, entra }: AccessSettings,
): Pick<Visitor, 'actor' | 'permissions' | 'roles'> | null {
  const actor = { id, name }
  if (names === null) return token === null ? null : { actor, permissions: tokenPermissions, roles: null }
  return entra && { actor, permissions: permissionsOf(names, entra.roles), roles: entra.roles }
}
