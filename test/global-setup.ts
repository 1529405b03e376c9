import { type PostgresServer, SHARED_POSTGRES, startPostgres } from './adapters/support/postgres.ts'

let server: PostgresServer | null = null

/**
 * Runs once, before all test files, with `--test-global-setup`: they share a PostgreSQL server,
 * each with databases of its own.
 */
export async function globalSetup(): Promise<void> {
  server = await startPostgres({ alone: true })
  process.env[SHARED_POSTGRES] = server.admin
}

export async function globalTeardown(): Promise<void> {
  await server?.close()
}
