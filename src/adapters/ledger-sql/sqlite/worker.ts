import { parentPort, workerData } from 'node:worker_threads'
import type { Ledger } from '../../../core/ledger/port.ts'
import { sqlLedger } from '../ledger.ts'
import { migrate } from '../schema.ts'
import { openSqlite } from './driver.ts'
import { lockLedger } from './lock.ts'
import { type Call, pack, type Reply, type WorkerOptions } from './protocol.ts'
import { waitForSchema } from './ready.ts'

/** The ledger's side of the thread: one message is one transaction, so that waiting for the disk never holds up the event loop. */
const options = workerData as WorkerOptions
const port = parentPort
if (port) await serve(port)

async function serve(port: NonNullable<typeof parentPort>): Promise<void> {
  let ledger: Ledger
  let release = (): void => {}
  try {
    const sole = !options.readOnly && !options.beside
    if (sole) ({ release } = await lockLedger(options.path, options.patienceMs))
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
    ledger = sqlLedger(driver, options.instance)
  } catch (error) {
    release()
    port.postMessage({ id: 0, error: pack(error) } satisfies Reply)
    return
  }
  port.postMessage({ id: 0, value: null } satisfies Reply)
  port.on('message', (call: Call) => {
    void answer(ledger, call).then((reply) => {
      port.postMessage(reply)
      if (call.method !== 'close') return
      release()
      port.close()
    })
  })
}

async function answer(ledger: Ledger, { id, method, arguments: given }: Call): Promise<Reply> {
  try {
    const work = ledger[method] as (...given: readonly unknown[]) => Promise<unknown>
    return { id, value: await work(...given) }
  } catch (error) {
    return { id, error: pack(error) }
  }
}
