import { parentPort, workerData } from 'node:worker_threads'
import { sqlLedger } from '../ledger.ts'
import { migrate } from '../schema.ts'
import { type Opened, serveLedger } from '../thread/serve.ts'
import { openSqlite } from './driver.ts'
import { lockLedger } from './lock.ts'
import { expectLedgerOrNothing, waitForSchema } from './ready.ts'

export interface SqliteWorkerOptions {
  readonly path: string
  readonly instance: string
  readonly readOnly: boolean
  readonly beside: boolean
  readonly patienceMs: number
  readonly now: number
}

const options = workerData as SqliteWorkerOptions
if (parentPort) await serveLedger(parentPort, open)

async function open(): Promise<Opened> {
  let release = (): void => {}
  try {
    const sole = !options.readOnly && !options.beside
    if (sole) ({ release } = await lockLedger(options.path, options.patienceMs))
    if (sole) await expectLedgerOrNothing(options.path)
    const driver = openSqlite(options.path, { readOnly: options.readOnly })
    if (!sole) await waitForSchema(driver, options.path, options.patienceMs)
    else {
      await migrate(driver, options.now)
      // We are the only writer now: what a predecessor was sending is ours to resume at once.
      await driver.transaction(async (sql) => {
        await sql.run(`UPDATE batches SET lease_until = 0 WHERE state = 'open'`)
        await sql.run('DELETE FROM leases')
      })
    }
    return { ledger: sqlLedger(driver, options.instance), release }
  } catch (error) {
    release()
    throw error
  }
}
