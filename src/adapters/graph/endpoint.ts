import { RollcallError } from '../../core/errors.ts'
import { isLoopbackHttp } from '../loopback.ts'

/** The parts of the bulkUpload URL that the portal shows. */
export interface Endpoint {
  readonly origin: string
  readonly version: 'v1.0' | 'beta'
  readonly servicePrincipalId: string
  readonly jobId: string
  /** Where operations go, below the version. */
  readonly uploadPath: string
}

/**
 * The only hosts that are sent a token, national clouds included, whatever a configuration or
 * `nextLink` says.
 */
const GRAPH_HOSTS = new Set([
  'graph.microsoft.com',
  'graph.microsoft.us',
  'dod-graph.microsoft.us',
  'microsoftgraph.chinacloudapi.cn',
])
const PATH = /^\/(v1\.0|beta)(\/servicePrincipals\/([^/]+)\/synchronization\/jobs\/([^/]+)\/bulkUpload)$/

/**
 * Throws `EndpointInvalid` or `EndpointNotAllowed`. Plain http is allowed on loopback only, and on
 * request. `setting` names the text in errors.
 */
export function parseEndpoint(text: string, allowHttp: boolean, setting = 'PROVISIONING_ENDPOINT'): Endpoint {
  const url = URL.parse(text)
  const found = url && PATH.exec(url.pathname)
  if (!url || !found) {
    throw new RollcallError(
      'EndpointInvalid',
      `${setting} is not a bulkUpload URL; copy the "Provisioning API Endpoint" of the portal: https://graph.microsoft.com/v1.0/servicePrincipals/…/synchronization/jobs/…/bulkUpload`,
    )
  }
  expectAllowed(url, allowHttp, setting)
  const [, version, uploadPath = '', servicePrincipalId = '', jobId = ''] = found
  return {
    origin: url.origin,
    version: version === 'beta' ? 'beta' : 'v1.0',
    servicePrincipalId,
    jobId,
    uploadPath,
  }
}

const SCIM_PATH = /^\/rp\/scim\/?$/i

/** The origin of the SCIM API. Throws as `parseEndpoint` does. */
export function parseScimEndpoint(
  text: string,
  allowHttp: boolean,
  setting: string,
): Pick<Endpoint, 'origin'> {
  const url = URL.parse(text)
  if (!url || !SCIM_PATH.test(url.pathname))
    throw new RollcallError(
      'EndpointInvalid',
      `${setting} is not the address of the SCIM API; write https://graph.microsoft.com/rp/scim`,
    )
  expectAllowed(url, allowHttp, setting)
  return { origin: url.origin }
}

function expectAllowed(url: URL, allowHttp: boolean, setting: string): void {
  const local = isLoopbackHttp(url)
  if (local && !allowHttp)
    throw new RollcallError(
      'EndpointNotAllowed',
      `${setting} is plain http; set PROVISIONING_ALLOW_HTTP=true to use a local double`,
    )
  if (!local && (url.protocol !== 'https:' || !GRAPH_HOSTS.has(url.hostname)))
    throw new RollcallError(
      'EndpointNotAllowed',
      `${setting} points to a host that gets no token; allowed are ${[...GRAPH_HOSTS].join(', ')} over https, and loopback`,
    )
}

/** Which job a bulkUpload URL is of: the same job has the same text. Throws as `parseEndpoint` does. */
export function jobOf(endpoint: string, allowHttp: boolean): string {
  const { origin, servicePrincipalId, jobId } = parseEndpoint(endpoint, allowHttp, 'it')
  return [origin, servicePrincipalId, jobId].join(' ').toLowerCase()
}

/** The path of the provisioning job itself. */
export const jobPath = ({ uploadPath }: Endpoint): string => uploadPath.replace(/\/bulkUpload$/, '')
