import { parentPort, workerData } from 'node:worker_threads'
import { sqlLedger } from '../../ledger.ts'
import { migrate } from '../../schema.ts'
import { type Opened, serveLedger } from '../thread/serve.ts'
import { openSqlite } from './driver.ts'
import { lockLedger } from './lock.ts'
import { realPlace } from './place.ts'
import { expectLedgerOrNothing, waitForSchema } from './ready.ts'
import { SoleWriter } from './sole-writer.ts'

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
  const path = realPlace(options.path)
  try {
    const sole = !options.readOnly && !options.beside
    if (sole) ({ release } = await lockLedger(path, options.patienceMs))
    if (sole) await expectLedgerOrNothing(path)
    const writer = sole && path !== ':memory:' ? new SoleWriter(path) : null
    const driver = openSqlite(path, { readOnly: options.readOnly, ...(writer ? { sole: writer } : {}) })
    if (!sole) await waitForSchema(driver, path, options.patienceMs)
    else {
      await migrate(driver, options.now)
      // We are the only writer now: what a predecessor was sending is ours to resume at once.
      await driver.transaction(async (sql) => {
        await sql.run(`UPDATE batches SET lease_until = 0 WHERE state = 'open'`)
        await sql.run('DELETE FROM leases')
      })
      await writer?.begin(driver)
    }
    return {
      ledger: sqlLedger(driver, options.instance),
      release,
      ...(writer ? { watch: (onLost) => writer.watch(onLost) } : {}),
    }
  } catch (error) {
    release()
    throw error
  }
}
