import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { graphAccounts } from '../../src/adapters/graph/accounts.ts'
import { graphClient } from '../../src/adapters/graph/client.ts'
import { createCredential } from '../../src/adapters/graph/credential.ts'
import { parseEndpoint } from '../../src/adapters/graph/endpoint.ts'
import { openSqliteLedger } from '../../src/adapters/ledger-sql/driver/sqlite/client.ts'
import { openSqlite } from '../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import { insertRows } from '../../src/adapters/ledger-sql/driver/sql.ts'
import { migrate } from '../../src/adapters/ledger-sql/schema.ts'
import { systemClock } from '../../src/adapters/system.ts'
import { beginComparison } from '../../src/core/directory/comparison.ts'
import { clearedOf } from '../../src/core/directory/attributes.ts'
import { propertiesOf } from '../../src/core/directory/properties.ts'
import { startEntra } from '../../src/local/entra/server.ts'
import { expect, printRound } from './support/figures.ts'

/**
 * How long a comparison with the directory takes, and what it costs:
 *
 *     node test/bench/diff.ts --accounts 100000 [--managers]
 *
 * The Entra double, in a process of its own and within Graph's limits, holds an account of each
 * employee. One in 1,000 was disabled there, and one in 100 has another title. The ledger is a
 * SQLite file in which each employee has one accepted operation; its rows are written directly,
 * because sending that many takes minutes. The resident memory includes the pages of that file. With
 * `--managers`, each of the first tenth leads ten employees, and one in 500 has another manager in
 * the directory.
 */
const { values } = parseArgs({
  options: {
    accounts: { type: 'string', default: '100000' },
    managers: { type: 'boolean', default: false },
    serve: { type: 'string' },
  },
})
const ACCOUNTS = Number(values.accounts)
const AT_ONCE = 1_000
const LONG_AGO = Date.now() - 86_400_000

const isDisabled = (index: number): boolean => index % 1_000 === 7
const isLedByAnother = (index: number): boolean => values.managers && index % 500 === 11
const managerOf = (index: number): number => Math.floor(index / 10)
const isRenamed = (index: number): boolean => index % 100 === 3
const idOf = (index: number): string => `e-${index}`
const objectOf = (index: number): string => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`
const titleOf = (index: number): string => `Engineer ${index % 50}`

if (values.serve === undefined) await measure()
else await serve(values.serve)

/** In a process of its own: the double, which says where it is and how many requests it had. */
async function serve(directoryFile: string): Promise<void> {
  const entra = await startEntra({ settings: { directoryFile, cycleMs: 86_400_000 } })
  process.on('message', () => void entra.stats().then((stats) => process.send?.(stats)))
  process.send?.(entra.endpoint)
}

async function measure(): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.adopt(await mkdtemp(join(tmpdir(), 'rollcall-diff-')), (it) =>
    rm(it, { recursive: true }),
  )
  const users = join(folder, 'users.json')
  await writeFile(users, JSON.stringify(Array.from({ length: ACCOUNTS }, (_, index) => accountOf(index))))
  const double = stack.adopt(fork(import.meta.filename, ['--serve', users]), (it) => void it.kill())
  const [endpointUrl] = (await once(double, 'message')) as [string]
  const path = join(folder, 'ledger.db')
  await fill(path)
  const ledger = stack.adopt(await openSqliteLedger({ path, now: Date.now }), (it) => it.close())

  const endpoint = parseEndpoint(endpointUrl, true)
  const local = {
    mode: 'local',
    tenantId: null,
    clientId: null,
    clientSecret: null,
    certificatePath: null,
  } as const
  const graph = graphClient(endpoint, await createCredential(local), 30_000, Date.now)
  const found = new Map<string, number>()
  const comparison = beginComparison({
    ledger,
    directories: [
      { reader: graphAccounts(graph, { properties: propertiesOf(), manager: values.managers }, Date.now) },
    ],
    runtime: systemClock,
    settleMs: 900_000,
    cleared: clearedOf('ignored', []),
    dryRun: false,
    onDifferences: (differences) => {
      for (const { code } of differences) found.set(code, (found.get(code) ?? 0) + 1)
    },
  })
  const keptBefore = keptMB()
  const [before, cpu, startedAt] = [process.memoryUsage.rss(), process.cpuUsage(), performance.now()]
  let peak = before
  let read = null
  const { signal } = new AbortController()
  while ((read = await comparison.step(signal)) === null) peak = Math.max(peak, process.memoryUsage.rss())
  const seconds = (performance.now() - startedAt) / 1_000
  const { user, system } = process.cpuUsage(cpu)
  const kept = keptMB() - keptBefore
  double.send('stats')
  const [{ userRequests, userThrottled }] = (await once(double, 'message')) as [
    { readonly userRequests: number; readonly userThrottled: number },
  ]
  const count = (which: (index: number) => boolean): number =>
    Array.from({ length: ACCOUNTS }, (_, index) => index).filter(which).length
  printRound({
    figures: {
      s: seconds,
      'CPU s': (user + system) / 1e6,
      requests: userRequests,
      'MB kept': kept,
      'MB resident more': (peak - before) / 1e6,
    },
    settings: { accounts: ACCOUNTS, managers: values.managers ? 'compared' : 'not compared' },
    wrong: [
      ...expect('accounts compared', read.matched, ACCOUNTS),
      ...expect('throttled requests', userThrottled, 0),
      ...expect('disabled elsewhere', found.get('DisabledElsewhere') ?? 0, count(isDisabled)),
      ...expect(
        'different',
        found.get('AccountDiffers') ?? 0,
        count((index) => (isRenamed(index) || isLedByAnother(index)) && !isDisabled(index)),
      ),
      ...expect('kinds', found.size, count(isDisabled) > 0 ? 2 : 1),
    ],
  })
}

/** What the comparison holds on to at its end, in the thread that makes it. */
function keptMB(): number {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect === 'function') collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return (heapUsed + arrayBuffers) / 1e6
}

function accountOf(index: number): object {
  return {
    objectId: objectOf(index),
    externalId: idOf(index),
    active: !isDisabled(index),
    attributes: {
      employeeId: idOf(index),
      userPrincipalName: `u${index}@contoso.com`,
      displayName: `Given ${index} Family`,
      givenName: `Given ${index}`,
      surname: 'Family',
      jobTitle: isRenamed(index) ? 'Boss' : titleOf(index),
      department: 'Development',
      ...(values.managers ? { manager: objectOf(isLedByAnother(index) ? 0 : managerOf(index)) } : {}),
    },
  }
}

function recordOf(index: number): string {
  return JSON.stringify({
    externalId: idOf(index),
    userName: `u${index}@contoso.com`,
    name: { givenName: `Given ${index}`, familyName: 'Family' },
    displayName: `Given ${index} Family`,
    title: titleOf(index),
    active: true,
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': {
      department: 'Development',
      ...(values.managers ? { manager: { value: idOf(managerOf(index)) } } : {}),
    },
  })
}

async function fill(path: string): Promise<void> {
  const driver = openSqlite(path)
  await migrate(driver, LONG_AGO)
  for (let from = 0; from < ACCOUNTS; from += AT_ONCE) {
    const indexes = Array.from({ length: Math.min(AT_ONCE, ACCOUNTS - from) }, (_, at) => from + at)
    await driver.transaction(async (sql) => {
      const rows = await insertRows<{ seq: number; employee: string }>(
        sql,
        'operations (employee TEXT, state TEXT, lane INT, active INT, hash TEXT, bytes INT, created_at INT, answered_at INT)',
        indexes.map((index) => [
          idOf(index),
          'confirmed',
          1,
          1,
          `h${index}`,
          recordOf(index).length,
          LONG_AGO,
          LONG_AGO,
        ]),
        'RETURNING seq, employee',
      )
      const seqs = new Map(rows.map(({ seq, employee }) => [employee, seq]))
      await insertRows(
        sql,
        'records (operation INT, record TEXT)',
        indexes.map((index) => [seqs.get(idOf(index)) ?? null, recordOf(index)]),
      )
      await insertRows(
        sql,
        'employees (id TEXT, revision INT, known INT, known_at INT, accepted_hash TEXT, accepted_operation INT, accepted_active INT, object_id TEXT)',
        indexes.map((index) => [
          idOf(index),
          1,
          1,
          LONG_AGO,
          `h${index}`,
          seqs.get(idOf(index)) ?? null,
          1,
          objectOf(index),
        ]),
      )
    })
  }
  await driver.close()
}
