import { parentPort, workerData } from 'node:worker_threads'
import type { ThreadModule } from '../thread/protocol.ts'
import { type Opened, serveLedger, tokensFrom } from '../thread/serve.ts'
import { sqlLedger } from '../../ledger.ts'
import { migrate, schemaState } from '../../schema.ts'
import type { Driver } from '../sql.ts'
import type { PostgresAuth } from './address.ts'
import { postgresDriver } from './driver-at.ts'
import { expectRightToMake, expectSchema } from './ready.ts'
import type { LedgerKeys } from '../../sealing/keys.ts'
import { sealedDriver, sealedOwnDriver } from '../../sealing/open.ts'

export interface PostgresWorkerOptions {
  readonly location: string
  /** `entra`: tokens are asked for outside the thread. */
  readonly auth: Extract<PostgresAuth, { kind: 'password' }> | { readonly kind: 'entra' }
  readonly instance: string
  readonly connections: number
  readonly statementMs: number | null
  readonly beside: boolean
  readonly keys: LedgerKeys | null
  readonly now: number
  readonly module?: ThreadModule
}

const options = workerData as PostgresWorkerOptions
const port = parentPort
if (port) await serveLedger(port, () => open(tokensFrom(port)), options.module)

async function open(tokens: (scope: string) => Promise<string | null>): Promise<Opened> {
  const auth: PostgresAuth = options.auth.kind === 'password' ? options.auth : { kind: 'entra', tokens }
  const driver = postgresDriver({ ...options, auth })
  try {
    if (options.beside) await expectSchema(driver, options.location)
    else await makeTables(driver, auth)
    const sealed = await (options.beside
      ? sealedDriver(driver, options.keys)
      : sealedOwnDriver(driver, options.keys, options.now))
    return { ledger: sqlLedger(sealed, options.instance), release: () => {} }
  } catch (error) {
    await driver.close()
    throw error
  }
}

/**
 * Changes nothing where tables are current. It has no time limit, because an index over millions of
 * rows takes longer than a statement of the loops may.
 */
async function makeTables(driver: Driver, auth: PostgresAuth): Promise<void> {
  const state = await schemaState(driver)
  if (state.kind === 'ready') return
  await expectRightToMake(driver, options.location, state)
  const patient = postgresDriver({ ...options, auth, connections: 1, statementMs: null })
  try {
    await migrate(patient, options.now)
  } finally {
    await patient.close()
  }
}
