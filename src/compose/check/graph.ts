import type { TokenCredential } from '@azure/identity'
import { graphClient } from '../../adapters/graph/client.ts'
import { jobPath } from '../../adapters/graph/endpoint.ts'
import { readJobSchema } from '../../adapters/graph/schema.ts'
import { systemClock } from '../../adapters/system.ts'
import type { Config } from '../../config/load.ts'
import { span } from '../../core/display/span.ts'
import { RollcallError } from '../../core/errors.ts'
import { type JobSchema, judgeSchema } from '../../core/provision/job-schema.ts'
import { credentialOf } from '../addresses.ts'
import { destinationsIn, type ReachedDestination } from '../destinations/list.ts'
import { type LogAccess, provisioningLog } from '../destinations/provisioning-log.ts'
import { proveConnections } from './connections.ts'
import { failed, type Proof, prove } from './proof.ts'

/**
 * Whether the provisioning log, the job and the users of each destination can be read. Uploads
 * nothing.
 */
export async function proveGraph(config: Config): Promise<Proof[]> {
  let destinations: readonly ReachedDestination[]
  try {
    destinations = destinationsIn(config)
  } catch (error) {
    return [failed('endpoint', error)]
  }
  const proofs: Proof[] = []
  for (const one of destinations)
    for (const proof of await proveDestination(config, one))
      proofs.push(destinations.length === 1 ? proof : { ...proof, what: `${one.name}: ${proof.what}` })
  return proofs
}

async function proveDestination(
  config: Config,
  { endpoint, tenant, places }: ReachedDestination,
): Promise<readonly Proof[]> {
  let credential: TokenCredential
  try {
    credential = await credentialOf(config, tenant)
  } catch (error) {
    return [failed('identity', error, 'check AUTH_MODE and what it needs')]
  }
  const client = graphClient(endpoint, credential, config.HTTP_TIMEOUT_MS, Date.now)
  const signal = AbortSignal.timeout(config.HTTP_TIMEOUT_MS)
  const statusOf = async (path: string): Promise<number> => {
    const response = await client.get(path, signal)
    await response.body?.cancel()
    return response.status
  }
  const access = { graph: client, endpoint, credential, runtime: systemClock }
  const log =
    config.LOG_ANALYTICS_WORKSPACE === null
      ? await proveLog(statusOf, endpoint.jobId)
      : await proveWorkspace(config, access)
  const job = await proveJob(() => statusOf(jobPath(endpoint)))
  const users = await proveUsers(config, () => statusOf('/users?$select=id&$top=1'))
  const schema =
    job.outcome === 'ok'
      ? await proveSchema({ places, brakeAbsolute: config.BRAKE_ABSOLUTE }, () =>
          readJobSchema(client, endpoint, signal),
        )
      : []
  const connections = await proveConnections(config, endpoint, credential)
  return [log, job, ...schema, users, ...connections, UPLOAD]
}

/** Reads a page of what was written lately, as the connector does. */
function proveWorkspace(config: Config, access: LogAccess): Promise<Proof> {
  return prove(
    'provisioning log',
    async () => {
      const signal = AbortSignal.timeout(config.HTTP_TIMEOUT_MS)
      const since = Date.now() - config.LOG_MAX_LAG_MS
      await provisioningLog(config, access).page({ since, until: null, about: null, next: null, signal })
      return 'can be read in the Log Analytics workspace'
    },
    'check LOG_ANALYTICS_WORKSPACE, and grant Log Analytics Data Reader on the workspace to the identity',
  )
}

/** In Graph, the newest record is enough. */
function proveLog(status: (path: string) => Promise<number>, jobId: string): Promise<Proof> {
  const path = `/auditLogs/provisioning?$filter=jobId eq '${jobId}'&$top=1`
  return prove(
    'provisioning log',
    async () => expect200(await status(path), 'can be read'),
    'check that the host can be reached, and grant ProvisioningLog.Read.All to the identity with consent',
  )
}

/** What the job does with the attributes that the mapping fills. */
async function proveSchema(
  sent: Parameters<typeof judgeSchema>[1],
  read: () => Promise<JobSchema>,
): Promise<readonly Proof[]> {
  const what = 'job schema'
  try {
    const remarks = judgeSchema(await read(), sent)
    const proofs = remarks.map(({ weight, say }): Proof => {
      return { what, outcome: weight === 'wrong' ? 'failed' : 'not known', say }
    })
    return proofs.some(({ outcome }) => outcome === 'failed')
      ? proofs
      : [{ what, outcome: 'ok', say: 'matches accounts by externalId, and maps active' }, ...proofs]
  } catch (error) {
    return [notKnown(failed(what, error))]
  }
}

/**
 * The connector runs without the right; then it does not see what others do in the directory. It
 * fails the check only when the configuration asks for what needs it.
 */
async function proveUsers(
  {
    DIRECTORY_DIFF_MS: everyMs,
    OUTCOME_ACCOUNT: fields,
  }: Pick<Config, 'DIRECTORY_DIFF_MS' | 'OUTCOME_ACCOUNT'>,
  status: () => Promise<number>,
): Promise<Proof> {
  const when = Number.isFinite(everyMs) ? `every ${span(everyMs)}` : 'by rollcall diff only'
  const users = await prove(
    'users',
    async () => expect200(await status(), `can be read: accounts are compared ${when}`),
    fields.length > 0
      ? 'grant User.Read.All: without it no outcome has what OUTCOME_ACCOUNT asks for'
      : 'grant User.Read.All, or go without: accounts that others change will not be noticed',
  )
  return fields.length > 0 ? users : notKnown(users)
}

/** What is only said when it fails: the connector runs all the same. */
const notKnown = (proof: Proof): Proof =>
  proof.outcome === 'failed' ? { ...proof, outcome: 'not known' } : proof

/** The right to upload cannot be checked without uploading. */
const UPLOAD: Proof = {
  what: 'upload',
  outcome: 'not known',
  say: 'shows with the first batch; it needs SynchronizationData-User.Upload',
}

/** Only a job that does not exist is a failure: the connector runs without the right to read it. */
async function proveJob(status: () => Promise<number>): Promise<Proof> {
  let seen = 0
  const job = await prove(
    'job',
    async () => expect200((seen = await status()), 'can be read: submission waits while it is paused'),
    'grant Synchronization.Read.All, or go without: a paused job will not be noticed',
  )
  if (seen === 404)
    return {
      what: 'job',
      outcome: 'failed',
      say: 'answered 404; copy the endpoint from the portal again',
    }
  return notKnown(job)
}

function expect200(status: number, good: string): string {
  if (status === 200) return good
  throw new RollcallError('Unexpected', `answered ${status}`)
}
