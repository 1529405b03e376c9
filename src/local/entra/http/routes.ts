import type { Endpoint } from '../faults.ts'
import type { ApiVersion } from '../log/record.ts'

/** What only the double has. */
export interface ControlRoute {
  readonly to: 'page' | 'directory' | 'truth' | 'stats' | 'faults' | 'foreign' | 'cycle'
}

export type Route =
  | {
      readonly to: 'bulkUpload'
      readonly version: ApiVersion
      readonly servicePrincipalId: string
      readonly jobId: string
    }
  | {
      readonly to: 'job'
      readonly action: 'get' | 'schema' | 'start' | 'pause' | 'restart'
      readonly servicePrincipalId: string
      readonly jobId: string
    }
  | { readonly to: 'jobs'; readonly servicePrincipalId: string }
  | {
      readonly to: 'connection'
      readonly servicePrincipalId: string
      readonly jobId: string
      /** Undefined for the whole collection. */
      readonly objectId: string | undefined
    }
  | { readonly to: 'log'; readonly version: ApiVersion }
  | {
      readonly to: 'users'
      readonly version: ApiVersion
      readonly objectId: string | undefined
      /** `/manager/$ref`, the reference to the manager. */
      readonly manager: boolean
    }
  | { readonly to: 'scim'; readonly resource: 'config' | 'users'; readonly objectId: string | undefined }
  | { readonly to: 'workspace'; readonly workspaceId: string }
  | { readonly to: 'token' }
  | ControlRoute
  | { readonly to: 'nowhere' }

const JOB_PATH =
  /^\/(v1\.0|beta)\/servicePrincipals\/([^/]+)\/synchronization\/jobs(?:\/([^/]+)(?:\/(?:microsoft\.graph\.)?(\w+))?)?\/?$/i
/** A key is written as `('1')` or as `/1`. */
const CONNECTION_PATH =
  /^\/beta\/servicePrincipals\/([^/]+)\/synchronization\/jobs\/([^/]+)\/objectConnections(?:\('(.*)'\)|\/([^/]+))?\/?$/i
const LOG_PATH = /^\/(v1\.0|beta)\/auditLogs\/provisioning\/?$/i
const USERS_PATH = /^\/(v1\.0|beta)\/users(?:\/([^/]+)(\/manager\/\$ref)?)?\/?$/i
const SCIM_PATH = /^\/rp\/scim\/(?:(serviceproviderconfig)|users(?:\/([^/]+))?)\/?$/i
const WORKSPACE_PATH = /^\/v1\/workspaces\/([^/]+)\/query\/?$/i
const TOKEN_PATH = /^\/[^/]+\/oauth2\/v2\.0\/token\/?$/i
const OWN_ROUTES = {
  '/': 'page',
  '/directory': 'directory',
  '/truth': 'truth',
  '/stats': 'stats',
  '/faults': 'faults',
  '/foreign': 'foreign',
  '/cycle': 'cycle',
} as const
const isOwn = (path: string): path is keyof typeof OWN_ROUTES => Object.hasOwn(OWN_ROUTES, path)

const versionOf = (text: string | undefined): ApiVersion => (text?.toLowerCase() === 'beta' ? 'beta' : 'v1.0')

function decode(part: string | undefined): string {
  try {
    return decodeURIComponent(part ?? '')
  } catch {
    return part ?? ''
  }
}

const decodeOptional = (part: string | undefined): string | undefined =>
  part === undefined ? undefined : decode(part)

/** A key between quotes has its own quotes twice. */
const keyIn = (text: string): string => decode(text).replaceAll("''", "'")

/** Paths of Microsoft Graph are not case-sensitive; ids in them are. */
export function routeOf(path: string): Route {
  if (isOwn(path)) return { to: OWN_ROUTES[path] }
  const log = LOG_PATH.exec(path)
  if (log !== null) return { to: 'log', version: versionOf(log[1]) }
  const users = USERS_PATH.exec(path)
  if (users !== null)
    return {
      to: 'users',
      version: versionOf(users[1]),
      objectId: decodeOptional(users[2]),
      manager: users[3] !== undefined,
    }
  const scim = SCIM_PATH.exec(path)
  if (scim !== null)
    return {
      to: 'scim',
      resource: scim[1] === undefined ? 'users' : 'config',
      objectId: decodeOptional(scim[2]),
    }
  const workspace = WORKSPACE_PATH.exec(path)
  if (workspace !== null) return { to: 'workspace', workspaceId: decode(workspace[1]) }
  if (TOKEN_PATH.test(path)) return { to: 'token' }
  const connection = CONNECTION_PATH.exec(path)
  if (connection !== null)
    return {
      to: 'connection',
      servicePrincipalId: decode(connection[1]),
      jobId: decode(connection[2]),
      objectId: connection[3] === undefined ? decodeOptional(connection[4]) : keyIn(connection[3]),
    }
  const job = JOB_PATH.exec(path)
  if (job === null) return { to: 'nowhere' }
  const [servicePrincipalId, jobId] = [decode(job[2]), decode(job[3])]
  if (jobId === '') return { to: 'jobs', servicePrincipalId }
  const action = (job[4] ?? 'get').toLowerCase()
  if (action === 'bulkupload')
    return { to: 'bulkUpload', version: versionOf(job[1]), servicePrincipalId, jobId }
  return action === 'get' ||
    action === 'schema' ||
    action === 'start' ||
    action === 'pause' ||
    action === 'restart'
    ? { to: 'job', action, servicePrincipalId, jobId }
    : { to: 'nowhere' }
}

/** For the faults: which kind of request it is. */
export function endpointOf(route: Route): Endpoint | undefined {
  if (route.to === 'jobs') return 'job'
  const { to } = route
  return to === 'bulkUpload' ||
    to === 'log' ||
    to === 'token' ||
    to === 'job' ||
    to === 'connection' ||
    to === 'workspace' ||
    to === 'users' ||
    to === 'scim'
    ? to
    : undefined
}
