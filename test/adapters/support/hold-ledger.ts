import { openSqliteLedger } from '../../../src/adapters/ledger-sql/driver/sqlite/client.ts'

/**
 * A process that opens a ledger for writing, reports that, and keeps it until it is killed or its
 * standard input ends.
 */
const [path = ''] = process.argv.slice(2)
const ledger = await openSqliteLedger({ path, now: Date.now })
process.stdin.resume()
process.stdin.on('end', () => void ledger.close())
process.stdout.write('open\n')
