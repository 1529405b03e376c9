import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Client } from 'pg'
import { startPostgres } from '../adapters/support/postgres.ts'
import { start } from '../fakes/rollcall.ts'
import { toldBy } from './support/doubles.ts'
import { expect, printRound } from './support/figures.ts'
import { durabilityOf, openAt } from './support/ledger.ts'
import { cpuSeconds, memoryMB } from './support/process.ts'

/**
 * The first load of a tenant: a file of full records is imported, and the connector sends all of
 * them to the Entra double. Prints what sizing needs. Processes are looked at in /proc, so this
 * runs on Linux.
 *
 *     node test/bench/first-load.ts --employees 50000                      as fast as the doubles take it
 *     node test/bench/first-load.ts --employees 50000 --ledger postgres    the same with PostgreSQL, whose memory is not counted
 *     node test/bench/first-load.ts --employees 500000 --limits --seconds 300   with the real limits, for five minutes
 */
const { values } = parseArgs({
  options: {
    employees: { type: 'string', default: '50000' },
    limits: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '600' },
    ledger: { type: 'string', default: 'sqlite' },
  },
})
const employees = Number(values.employees)
const until = Date.now() + Number(values.seconds) * 1_000
const REAL_LIMITS = {
  CALLS_PER_DAY: '6000',
  CALLS_PER_5S: '40',
  LOG_REQUESTS_PER_10S: '5',
  LOG_POLL_MS: '30000',
}

await using stack = new AsyncDisposableStack()
const folder = await mkdtemp(join(tmpdir(), 'rollcall-first-load-'))
stack.defer(() => rm(folder, { recursive: true, force: true }))
const server =
  values.ledger === 'postgres' ? stack.adopt(await startPostgres(), (postgres) => postgres.close()) : null
const LEDGER = server ? await server.database() : join(folder, 'ledger.db')
const file = join(folder, 'employees.csv')
await writeEmployees(file)

const importing = start(['import', file, '--as-of', '2026-01-01T00:00:00Z', '--source', '/hr/load'], {
  LEDGER,
})
const imported = await watched(importing)
print('import', { ...imported, ledgerMB: await megabytes() })

const doubles = start(['local', '--fast'])
stack.defer(() => void doubles.kill())
const environment = {
  ...(await toldBy(doubles)).environment,
  ...(values.limits ? REAL_LIMITS : {}),
  LEDGER,
  LOG_LEVEL: 'error',
}
const connector = start(['run'], environment)
const loading = watched(connector)
let counts = await countsOf()
while (Date.now() < until && (counts.open > 0 || counts.confirmed === 0)) {
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  counts = await countsOf()
}
connector.kill('SIGTERM')
const loaded = await loading
print('load', { ...loaded, ...counts, ledgerMB: await megabytes() })
printRound({
  figures: {
    'imported employees/s': employees / imported.seconds,
    'loaded employees/s': counts.confirmed / loaded.seconds,
    'import CPU ms/employee': (imported.cpuSeconds * 1_000) / employees,
    'load CPU ms/employee': (loaded.cpuSeconds * 1_000) / counts.confirmed,
    'peak MB': Math.max(imported.peakMB, loaded.peakMB),
  },
  settings: { ...durabilityOf(server !== null), employees },
  wrong: values.limits ? [] : expect('employees in the directory', counts.confirmed, employees),
})

/** Nine columns, as the guide of the import has them. */
async function writeEmployees(path: string): Promise<void> {
  const out = createWriteStream(path)
  out.write('employee,active,userName,name.givenName,name.familyName,displayName,department,title,location\n')
  for (let index = 0; index < employees; index += 1) {
    const id = 1_000_000 + index
    const given = `Given${index % 997}`
    out.write(
      `${id},true,u${id}@contoso.com,${given},Family${index},${given} Family${index},Dep${index % 40},Title${index % 90},Loc${index % 12}\n`,
    )
  }
  out.end()
  await once(out, 'finish')
}

interface Watched {
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakMB: number
}

/** Looks at a process every 200 ms until it ends. */
async function watched(child: ChildProcess): Promise<Watched> {
  const began = Date.now()
  let seen = { cpuSeconds: 0, peakMB: 0 }
  const look = async (): Promise<void> => {
    const [status, times] = await Promise.all(
      ['status', 'stat'].map((name) => readFile(`/proc/${child.pid}/${name}`, 'utf8').catch(() => '')),
    )
    const peakMB = memoryMB(status ?? '', 'VmHWM') ?? 0
    if (peakMB > 0) seen = { cpuSeconds: cpuSeconds(times ?? ''), peakMB }
  }
  const timer = setInterval(() => void look(), 200)
  await once(child, 'exit')
  clearInterval(timer)
  return { seconds: Math.round((Date.now() - began) / 1_000), ...seen }
}

async function countsOf(): Promise<{ readonly open: number; readonly confirmed: number }> {
  const ledger = await openAt(LEDGER, 'read')
  const { events } = (await ledger.readCounts()).stateCounts
  await ledger.close()
  return { open: events.received + events.planned, confirmed: events.confirmed }
}

async function megabytes(): Promise<number> {
  if (!server) return Math.round((await stat(LEDGER)).size / 1_000_000)
  const client = new Client({ connectionString: LEDGER })
  await client.connect()
  const { rows } = await client.query<{ size: string }>('SELECT pg_database_size(current_database()) AS size')
  await client.end()
  return Math.round(Number(rows[0]?.size) / 1_000_000)
}

function print(what: string, figures: Readonly<Record<string, number>>): void {
  console.log(what, JSON.stringify(figures))
}
