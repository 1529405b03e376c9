import { openLedger } from '../../../src/adapters/ledger-sql/open.ts'
import type { Ledger } from '../../../src/core/ledger/ledger.ts'
import { until } from '../../adapters/support/until.ts'

/** A reader beside the process that writes, once that process has made the ledger. */
export async function openReader(location: string): Promise<Ledger> {
  const place = {
    location,
    auth: { kind: 'password', password: null },
    instance: 'reader',
    connections: 2,
    statementMs: 10_000,
    keys: async () => null,
  } as const
  const opened: Ledger[] = []
  await until(
    'the ledger is there',
    async () => {
      const ledger = await openLedger(place, { kind: 'read' }, Date.now).catch(() => null)
      if (ledger) opened.push(ledger)
      return ledger !== null
    },
    60_000,
    250,
  )
  const [reader] = opened
  if (!reader) throw new Error('the ledger is not there')
  return reader
}
