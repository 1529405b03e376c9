import { openLedger } from '../../../src/adapters/ledger-sql/open.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import { type PostgresServer, startPostgres } from '../../adapters/support/postgres.ts'

/**
 * A server that flushes its log at every commit, with every page written whole once after a
 * checkpoint.
 */
export function startDurablePostgres(more: readonly string[] = []): Promise<PostgresServer> {
  return startPostgres({ settings: [...DURABLE, ...more] })
}

const DURABLE = ['fsync=on', 'full_page_writes=on', 'synchronous_commit=on']

/** How durable a commit is, to be printed with figures. */
export const durabilityOf = (isPostgres: boolean): Readonly<Record<string, string>> =>
  isPostgres
    ? { ledger: 'postgres', settings: DURABLE.join(' ') }
    : { ledger: 'sqlite', settings: 'journal_mode=WAL synchronous=FULL' }

export function openAt(location: string, kind: 'own' | 'read'): Promise<Ledger> {
  const auth = { kind: 'password', password: null } as const
  const place = {
    location,
    auth,
    instance: 'bench',
    connections: 4,
    statementMs: 30_000,
    keys: async () => null,
  }
  return openLedger(place, { kind }, Date.now)
}
