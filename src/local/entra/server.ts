import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createCycles } from './cycle.ts'
import { createDirectory, type DirectoryEntry } from './directory.ts'
import { createLog } from './log.ts'
import { createLogApi } from './log-api.ts'
import { createSelector } from './log-query.ts'
import { createMapping } from './mapping.ts'
import { createProvisioner } from './provision.ts'
import { createRandom } from './random.ts'
import { createRecordWriter } from './record.ts'
import { createRouter, type EntraStats } from './router.ts'
import { createRows } from './row.ts'
import { type EntraSettings, settingsSchema } from './settings.ts'
import { createViews, type TruthEntry } from './views.ts'

export type { DirectoryEntry } from './directory.ts'
export type { EntraStats } from './router.ts'
export { type EntraSettings, fastSettings } from './settings.ts'
export type { TruthEntry } from './views.ts'

export interface EntraOptions {
  readonly settings?: Partial<EntraSettings>
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default 0: any free port. */
  readonly port?: number
  /** Epoch ms. Cycles run on real time; limits, moments and the lag of the log go by this clock. */
  readonly now?: () => number
}

export interface EntraDouble {
  readonly port: number
  /** The full URL of bulkUpload, as the portal shows it. */
  readonly endpoint: string
  /** Who is in the directory, by externalId. */
  directory(): Promise<Readonly<Record<string, DirectoryEntry>>>
  /** Which log record answers which submitted operation. The real service never says so. */
  truth(): Promise<readonly TruthEntry[]>
  stats(): Promise<EntraStats>
  /** Processes everything staged so far, without waiting for the timer. */
  runCycle(): Promise<void>
  /** Idempotent. Closes every connection and leaves nothing running; what is staged is lost. */
  stop(): Promise<void>
}

/**
 * Starts a server that behaves like Microsoft Entra API-driven inbound provisioning. Rejects when the settings are not valid (ZodError) or the
 * port is taken. Everything is kept in memory and ends with it.
 */
export async function startEntra(options: EntraOptions): Promise<EntraDouble> {
  const settings = settingsSchema.parse(options.settings ?? {})
  const now = options.now ?? Date.now
  const random = createRandom(settings.seed)
  const rows = createRows()
  const directory = createDirectory()
  const log = createLog()
  const mapping = createMapping(settings)
  const provisioner = createProvisioner(settings, directory, mapping, rows)
  const cycles = createCycles({ settings, provisioner, log, now, random })
  const logApi = createLogApi(settings, log, createSelector(settings), createRecordWriter(settings, mapping.uses))
  const views = createViews(directory, log, rows)
  const router = createRouter({ settings, cycles, log, logApi, views, now })

  // A sender that never finishes its request is cut off; without these two it would hold its connection for minutes.
  const server = createServer({
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    connectionsCheckingInterval: 1_000,
    keepAliveTimeout: 5_000,
  })
  server.on('request', router.handle)
  server.on('clientError', (_error, socket) => socket.destroy())
  await listen(server, options.port ?? 0, options.host ?? '127.0.0.1')
  const { port } = addressOf(server)
  const host = options.host ?? '127.0.0.1'
  const timer = setInterval(() => cycles.tick(), Math.max(1, settings.cycleMs))

  let stopped: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    clearInterval(timer)
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeAllConnections()
    await cycles.stop()
    await closed
  }
  const job = `servicePrincipals/${settings.servicePrincipalId}/synchronization/jobs/${settings.jobId}`
  return {
    port,
    endpoint: `http://${host.includes(':') ? `[${host}]` : host}:${port}/v1.0/${job}/bulkUpload`,
    directory: views.directory,
    truth: views.truth,
    stats: () => Promise.resolve(router.stats()),
    runCycle: cycles.run,
    stop: () => (stopped ??= stop()),
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
