import { parentPort, workerData } from 'node:worker_threads'
import { sqlLedger } from '../../ledger.ts'
import { migrate } from '../../schema.ts'
import type { ThreadModule } from '../thread/protocol.ts'
import { type Opened, serveLedger } from '../thread/serve.ts'
import { INSTANCE } from './beside.ts'
import { openSqlite } from './driver.ts'
import { lockLedger } from './lock.ts'
import { realPlace } from './place.ts'
import { expectLedgerOrNothing } from './ready.ts'
import { SoleWriter } from './sole-writer.ts'
import { takeOver } from '../../upkeep/take-over.ts'
import type { LedgerKeys } from '../../sealing/keys.ts'
import { sealedDriver, sealedOwnDriver } from '../../sealing/open.ts'

export interface SqliteWorkerOptions {
  readonly path: string
  readonly patienceMs: number
  readonly keys: LedgerKeys | null
  readonly now: number
  readonly module?: ThreadModule
}

const options = workerData as SqliteWorkerOptions
if (parentPort) await serveLedger(parentPort, open, options.module)

async function open(): Promise<Opened> {
  let release = (): void => {}
  const path = realPlace(options.path)
  try {
    ;({ release } = await lockLedger(path, options.patienceMs))
    await expectLedgerOrNothing(path)
    const writer = path === ':memory:' ? null : new SoleWriter(path)
    const driver = openSqlite(path, writer ? { sole: writer } : {})
    await migrate(driver, options.now)
    // Throws while nothing is changed when a key is missing.
    await sealedDriver(driver, options.keys)
    await driver.transaction(takeOver)
    const sealed = await sealedOwnDriver(driver, options.keys, options.now)
    await writer?.begin(driver)
    return {
      ledger: sqlLedger(sealed, INSTANCE),
      release,
      ...(writer ? { watch: (onLost) => writer.watch(onLost) } : {}),
    }
  } catch (error) {
    release()
    throw error
  }
}
