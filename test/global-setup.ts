import { rmSync } from 'node:fs'
import { makeCluster, MADE_CLUSTER, placeForServer } from './adapters/support/postgres-process.ts'
import { type PostgresServer, SHARED_POSTGRES, startPostgres } from './adapters/support/postgres.ts'

let server: PostgresServer | null = null
let folder: string | null = null

/**
 * Runs once, before all test files, with `--test-global-setup`: they share a PostgreSQL server,
 * each with databases of its own, or start one with a copy of its files.
 */
export async function globalSetup(): Promise<void> {
  const place = await placeForServer()
  folder = place.folder
  process.env[MADE_CLUSTER] = makeCluster(place, 'cluster')
  server = await startPostgres({ alone: true })
  process.env[SHARED_POSTGRES] = server.admin
}

export async function globalTeardown(): Promise<void> {
  await server?.close()
  if (folder !== null) rmSync(folder, { recursive: true, force: true })
}
