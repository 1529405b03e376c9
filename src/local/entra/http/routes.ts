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
      readonly action: 'get' | 'start' | 'pause' | 'restart'
      readonly servicePrincipalId: string
      readonly jobId: string
    }
  | { readonly to: 'jobs'; readonly servicePrincipalId: string }
  | { readonly to: 'log'; readonly version: ApiVersion }
  | { readonly to: 'token' }
  | ControlRoute
  | { readonly to: 'nowhere' }

const jobPath =
  /^\/(v1\.0|beta)\/servicePrincipals\/([^/]+)\/synchronization\/jobs(?:\/([^/]+)(?:\/(?:microsoft\.graph\.)?(\w+))?)?\/?$/iu
const logPath = /^\/(v1\.0|beta)\/auditLogs\/provisioning\/?$/iu
const tokenPath = /^\/[^/]+\/oauth2\/v2\.0\/token\/?$/iu
const own = {
  '/': 'page',
  '/directory': 'directory',
  '/truth': 'truth',
  '/stats': 'stats',
  '/faults': 'faults',
  '/foreign': 'foreign',
  '/cycle': 'cycle',
} as const
const isOwn = (path: string): path is keyof typeof own => Object.hasOwn(own, path)

const versionOf = (text: string | undefined): ApiVersion => (text?.toLowerCase() === 'beta' ? 'beta' : 'v1.0')

function decode(part: string | undefined): string {
  try {
    return decodeURIComponent(part ?? '')
  } catch {
    return part ?? ''
  }
}

/** Paths of Microsoft Graph are not case-sensitive; ids in them are. */
export function routeOf(path: string): Route {
  if (isOwn(path)) return { to: own[path] }
  const log = logPath.exec(path)
  if (log !== null) return { to: 'log', version: versionOf(log[1]) }
  if (tokenPath.test(path)) return { to: 'token' }
  const job = jobPath.exec(path)
  if (job === null) return { to: 'nowhere' }
  const [servicePrincipalId, jobId] = [decode(job[2]), decode(job[3])]
  if (jobId === '') return { to: 'jobs', servicePrincipalId }
  const action = (job[4] ?? 'get').toLowerCase()
  if (action === 'bulkupload')
    return { to: 'bulkUpload', version: versionOf(job[1]), servicePrincipalId, jobId }
  return action === 'get' || action === 'start' || action === 'pause' || action === 'restart'
    ? { to: 'job', action, servicePrincipalId, jobId }
    : { to: 'nowhere' }
}

/** For the faults: which kind of request it is. */
export function endpointOf(route: Route): Endpoint | undefined {
  if (route.to === 'jobs') return 'job'
  return route.to === 'bulkUpload' || route.to === 'log' || route.to === 'token' || route.to === 'job'
    ? route.to
    : undefined
}
