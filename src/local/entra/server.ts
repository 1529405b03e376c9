import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createConnectionApi } from './connections/connection-api.ts'
import { createControlApi } from './http/control-api.ts'
import { createCycles } from './cycle/cycle.ts'
import { createDirectory, type DirectoryEntry } from './directory/directory.ts'
import { createEscrow } from './cycle/escrow.ts'
import { createFaults } from './faults.ts'
import { readDirectoryFile, readFaultFile } from './directory/files.ts'
import { createJob } from './cycle/job.ts'
import { createJobApi } from './http/job-api.ts'
import { createLog } from './log/log.ts'
import { createLogApi } from './http/log-api.ts'
import { createSelector } from './log/log-query.ts'
import { createMapping } from './mapping/mapping.ts'
import { createProvisioner } from './cycle/provision.ts'
import { createRandom } from './support/random.ts'
import { createRecordWriter } from './log/record.ts'
import { createRouter } from './http/router.ts'
import { createRows } from './directory/row.ts'
import { parsePath } from './directory/scim.ts'
import { EXTERNAL_ID } from './directory/scim-user.ts'
import { type EntraSettings, readSettings, type Settings } from './settings.ts'
import { createScimApi } from './http/scim-api.ts'
import { createStaging } from './cycle/staging.ts'
import { createTokens } from './http/tokens.ts'
import { createBucket, createUploadApi, type UploadCounts } from './http/upload-api.ts'
import { createUsersApi } from './http/users-api.ts'
import { createWorkspaceApi } from './workspace/workspace-api.ts'
import { createViews, type TruthEntry } from './http/views.ts'

/** Counted since the start. */
export interface EntraStats extends UploadCounts {
  /** Records written to the log and not yet forgotten, whether they have appeared or not. */
  readonly records: number
  /** Accepted operations that no cycle has taken yet. */
  readonly stagedNow: number
  /** Failed operations that wait for another try. */
  readonly escrowedNow: number
  readonly users: number
  readonly cycles: number
  readonly logRequests: number
  readonly logThrottled: number
  /** Calls of the SCIM API that Microsoft would bill. */
  readonly scimBilled: number
  readonly userRequests: number
  readonly userThrottled: number
}

export interface EntraOptions {
  readonly settings?: Partial<EntraSettings>
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default 0: any free port. */
  readonly port?: number
  /**
   * Epoch ms. Cycles start on real time; limits, timestamps, retries and the lag of the log use
   * this clock.
   */
  readonly now?: () => number
}

export interface EntraDouble {
  readonly port: number
  /** The full URL of bulkUpload, as the portal shows it. */
  readonly endpoint: string
  /**
   * The users in the directory by externalId, or by object id if the job has not matched them yet.
   */
  directory(): Promise<Readonly<Record<string, DirectoryEntry>>>
  /** Which log record answers which submitted operation. The real service does not tell. */
  truth(): Promise<readonly TruthEntry[]>
  stats(): Promise<EntraStats>
  /**
   * Processes everything staged so far without waiting for the timer; nothing while the job is
   * paused.
   */
  runCycle(): Promise<void>
  /** Idempotent. Closes every connection and leaves nothing running; what is staged is lost. */
  stop(): Promise<void>
}

/**
 * Starts a server that behaves like Microsoft Entra API-driven inbound provisioning. Rejects when
 * the settings are not valid (ZodError), a file of the settings cannot be read, or the port is
 * taken. Everything is kept in memory and ends with it.
 */
export async function startEntra(options: EntraOptions): Promise<EntraDouble> {
  const settings = readSettings(options.settings ?? {})
  const host = options.host ?? '127.0.0.1'
  const service = await createService(settings, options.now ?? Date.now)

  const requestTimeout = settings.requestTimeoutMs
  const server = createServer({
    requestTimeout,
    headersTimeout: requestTimeout,
    connectionsCheckingInterval: Math.min(1_000, requestTimeout),
    // Longer than a client keeps an idle connection, so that it never sends into one that is being
    // closed.
    keepAliveTimeout: 65_000,
  })
  server.maxConnections = settings.connections
  server.on('request', service.handle)
  server.on('clientError', (_error, socket) => socket.destroy())
  await listen(server, options.port ?? 0, host)
  const { port } = addressOf(server)
  const timer = setInterval(service.tick, Math.max(1, Math.min(settings.cycleMs, 2 ** 31 - 1)))

  let stopped: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    clearInterval(timer)
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeAllConnections()
    await service.stop()
    await closed
  }
  const job = `servicePrincipals/${settings.servicePrincipalId}/synchronization/jobs/${settings.jobId}`
  return {
    port,
    endpoint: `http://${host.includes(':') ? `[${host}]` : host}:${port}/v1.0/${job}/bulkUpload`,
    directory: service.views.directory,
    truth: service.views.truth,
    stats: () => Promise.resolve(service.stats()),
    runCycle: service.runCycle,
    stop: () => (stopped ??= stop()),
  }
}

/** Everything behind the socket. */
async function createService(settings: Settings, now: () => number) {
  const random = createRandom(settings.seed)
  const rows = createRows(parsePath)
  const mapping = createMapping(settings)
  const directory = createDirectory([...mapping.matching, ...mapping.unique, EXTERNAL_ID])
  const log = createLog()
  const job = createJob(settings, () => directory.size)
  const faults = createFaults(({ reason, code, message }) => job.quarantine(reason, { code, message }, now()))
  const provisioner = createProvisioner({
    settings,
    directory,
    mapping,
    rows,
    sabotage: (externalId, source) => {
      const rule = faults.hasOperationRules ? faults.onOperation('fail', externalId, source) : undefined
      return rule === undefined ? null : { code: rule.code, reason: rule.reason ?? null }
    },
  })
  const escrow = createEscrow(settings)
  const staging = createStaging(faults, rows)
  const cycles = createCycles({ settings, job, staging, escrow, faults, provisioner, rows, log, now, random })
  const tokens = createTokens(settings)
  const uploadApi = createUploadApi(settings, tokens, createBucket(staging, escrow), faults)
  const writer = createRecordWriter(settings, mapping.uses)
  const logApi = createLogApi({
    settings,
    tokens,
    log,
    selector: createSelector(settings),
    writer,
    random,
    now,
  })
  const usersApi = createUsersApi(settings, tokens, directory, rows)
  const scimApi = createScimApi(settings, tokens, directory, rows)
  const views = createViews(directory, log, rows)
  const stats = (): EntraStats => ({
    ...uploadApi.counts(),
    ...logApi.counts(),
    ...usersApi.counts(),
    ...scimApi.counts(),
    records: log.size,
    stagedNow: staging.size,
    escrowedNow: escrow.size,
    users: directory.size,
    cycles: cycles.count,
  })
  const controlApi = createControlApi({
    directory,
    views,
    faults,
    staging,
    cycles,
    job,
    stats: () => ({ ...stats() }),
  })
  const jobApi = createJobApi(settings, tokens, job, cycles)
  const workspaceApi = createWorkspaceApi({ settings, tokens, log, writer, now })
  const connectionApi = createConnectionApi(settings, tokens, directory)

  faults.add(settings.faults)
  if (settings.faultFile !== undefined) faults.add(await readFaultFile(settings.faultFile))
  if (settings.directoryFile !== undefined) await readDirectoryFile(settings.directoryFile, directory, rows)
  return {
    handle: createRouter({
      uploadApi,
      logApi,
      jobApi,
      connectionApi,
      workspaceApi,
      usersApi,
      scimApi,
      controlApi,
      tokens,
      faults,
      now,
    }),
    tick: () => cycles.tick(),
    runCycle: cycles.run,
    stop: () => cycles.stop(),
    stats,
    views,
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function addressOf(server: Server): AddressInfo {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port.')
  return address
}
