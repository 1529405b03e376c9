import { createHash } from 'node:crypto'
import type { Driver } from '../../../../src/adapters/ledger-sql/driver/sql.ts'
import { type LedgerKeys, ledgerKeysOf } from '../../../../src/adapters/ledger-sql/sealing/keys.ts'
import { SEALED_TABLES } from '../../../../src/adapters/ledger-sql/sealing/columns.ts'
import { sealedOwnDriver } from '../../../../src/adapters/ledger-sql/sealing/open.ts'
import { sqlLedger } from '../../../../src/adapters/ledger-sql/ledger.ts'
import type { Ledger } from '../../../../src/core/ledger/ledger.ts'
import type { IntakeMessage } from '../../../../src/core/ledger/port/intake.ts'
import type { HrEvent } from '../../../../src/core/model.ts'
import { letters } from '../../../suites/conformance/ledger/dead-letters.ts'
import { retain } from '../../../suites/conformance/ledger/retain.ts'
import { hrEvent, joiner, messageOf, type World } from '../../../suites/conformance/ledger/world.ts'

/** Part of every personal value of the story, and of nothing else. */
export const CANARY = 'c4nary'

/** The text of a key for `LEDGER_KEYS`, always the same for one name. */
export const keyText = (name: string): string => createHash('sha256').update(name).digest('base64')

/** Keys in the order of their names. */
export function keys(...names: readonly string[]): LedgerKeys {
  const made = ledgerKeysOf(names.map(keyText))
  if (made === null) throw new TypeError('no keys')
  return made
}

/** Opens the ledger as a process that runs on it. */
export async function ledgerOn(driver: Driver, given: LedgerKeys | null, now = 0): Promise<Ledger> {
  return sqlLedger(await sealedOwnDriver(driver, given, now), 'test')
}

function message(sequence: string, ...events: readonly HrEvent[]): IntakeMessage {
  const original = {
    messageId: `m-${sequence}`,
    sessionId: null,
    contentType: 'application/json',
    properties: { note: `${CANARY} property` },
    body: `{"of": "${CANARY} ${sequence}"}`,
  }
  return { ...messageOf(sequence, ...events), original }
}

/**
 * Two employees from one message and a third: one is confirmed, one failed with a text that quotes a
 * value and was edited once, and the events of the third are folded away. What the log says of a
 * fourth fits no operation. A replay with an edited body waits.
 */
export async function tellStory(world: World): Promise<void> {
  const named = { displayName: `Ann ${CANARY}`, title: `${CANARY} title` }
  const mail = (id: string): string => `${CANARY}-${id}@example.com`
  await world.intake([message('1', joiner('old', 'p3', { ...named, userName: mail('p3') }))])
  await world.confirmAll()
  await retain(world)
  await world.intake([
    message(
      '2',
      joiner('e1', 'p1', { ...named, userName: mail('p1') }),
      joiner('e2', 'p2', { ...named, userName: mail('p2') }),
    ),
  ])
  const sent = await world.send()
  const of = (employeeId: string) => new Map([...sent.operations].filter(([id]) => id === employeeId))
  await world.answer({ ...sent, operations: of('p1') })
  const reason = `${mail('p2')} exists already`
  const failed = { status: 'failure', code: 'InvalidDomain', reason } as const
  await world.answer({ ...sent, operations: of('p2') }, 'failed', failed)
  const stray = world.logRecord('p4', { reason, echo: { userName: mail('p4') } })
  await world.correlate({ joins: [{ record: stray, operation: null, interim: null }] })
  await world.finalize()
  await world.plan()
  await edit(world, named)
  await freeze(world)
}

/** The dead letter is put back with another body, and fails again. */
async function edit(world: World, named: Readonly<Record<string, string>>): Promise<void> {
  const run = await freeze(world)
  const body = `{"edited": "${CANARY}"}`
  const original = { messageId: null, sessionId: null, contentType: null, properties: {}, body }
  const event = hrEvent('e2', 'p2', { ...named, userName: `${CANARY}-other@example.com`, active: true })
  const [letter] = await letters(world)
  const part = { seq: letter?.seq ?? 0, kind: 'edited' as const, event, original }
  await world.ledger.putBackDeadLetters(run, [part], world.now)
  const sent = await world.send()
  await world.answer(sent, 'failed', { status: 'failure', code: 'InvalidDomain', reason: `${CANARY} again` })
  await world.finalize()
  await world.plan()
}

/** A replay of the dead letters with edited bodies; it is not carried out. */
async function freeze(world: World): Promise<number> {
  const targets = (await letters(world)).map(({ seq, revision }) => ({
    store: 'ledger' as const,
    seq,
    revision,
    body: `{"waits": "${CANARY}"}`,
    employees: ['p2'],
  }))
  const order = { name: `run ${world.now}`, selection: 'all', actor: 'ada', justification: 'a test', targets }
  return (await world.ledger.freezeReplay(order, world.now)).id
}

/** What the ledger says of all of it. */
export async function readAll({ ledger }: World): Promise<object> {
  const dead = await ledger.listDeadLetters({
    filter: { code: null, type: null, employeeId: null, since: null, until: null },
    archived: true,
    next: null,
    limit: 10,
  })
  const ids = ['p1', 'p2', 'p3', 'p4']
  const runs = await ledger.listReplays({ open: null, limit: 10 })
  const read = {
    dead,
    letters: await Promise.all(dead.deadLetters.map(({ seq }) => ledger.findDeadLetter(seq))),
    copies: await ledger.listUncopiedDeadLetters(10),
    outcomes: await ledger.listUnpublishedOutcomes(10),
    traces: await Promise.all(ids.map((id) => ledger.readTrace(id))),
    views: await Promise.all(ids.map((id) => ledger.findEmployees(id))),
    byName: await ledger.findEmployeeIds(`${CANARY}-p1@example.com`),
    items: await Promise.all(runs.map(({ id }) => ledger.listReplayItems(id, null, 'frozen', 10))),
    holdings: await Promise.all(ids.map(async (id) => withoutNames((await ledger.readHoldings(id))?.tables))),
    counts: await ledger.readCounts(),
  }
  // Rows of the two databases differ in their prototypes.
  return JSON.parse(JSON.stringify(read)) as object
}

/** Without the hashes of names, which say something else with each key. */
function withoutNames(tables: object = {}): object {
  return Object.fromEntries(Object.entries(tables).filter(([name]) => name !== 'account_names'))
}

/** Every value of the columns that hold personal values, by column; and every row of every table, as text. */
export async function storedIn(driver: Driver): Promise<{
  readonly columns: Readonly<Record<string, readonly string[]>>
  readonly text: string
}> {
  return driver.transaction(async (sql) => {
    const columns: Record<string, readonly string[]> = {}
    const rows: unknown[] = []
    for (const [table, sealed] of Object.entries(SEALED_TABLES)) {
      const all = await sql.all<Record<string, string | null>>(`SELECT * FROM ${table}`)
      rows.push(all)
      for (const column of Object.keys(sealed.columns))
        columns[`${table}.${column}`] = all.flatMap((row) => row[column] ?? [])
    }
    return { columns, text: JSON.stringify(rows) }
  })
}
