import { RollcallError } from '../../core/errors.ts'
import { isLoopbackHttp } from '../loopback.ts'

/** The only hosts that are sent a token for Log Analytics, national clouds included. */
const HOSTS = new Set([
  'api.loganalytics.io',
  'api.loganalytics.azure.com',
  'api.loganalytics.us',
  'api.loganalytics.azure.cn',
])

/**
 * The origin of the query API. Throws `EndpointNotAllowed`. Plain http is allowed on loopback only,
 * and on request.
 */
export function queryOrigin(text: string, allowHttp: boolean): string {
  const url = URL.parse(text)
  const isLocal = allowHttp && isLoopbackHttp(url)
  if (url && (isLocal || (url.protocol === 'https:' && HOSTS.has(url.hostname)))) return url.origin
  throw new RollcallError(
    'EndpointNotAllowed',
    `LOG_ANALYTICS_ENDPOINT points to a host that gets no token; allowed are ${[...HOSTS].join(', ')} over https`,
  )
}
