import assert from 'node:assert/strict'
import { createHash, createSecretKey } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { openSqlite } from '../../../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import type { SqlValue } from '../../../../src/adapters/ledger-sql/driver/sql.ts'
import { migrate } from '../../../../src/adapters/ledger-sql/schema.ts'
import {
  openRow,
  rowKeyOf,
  SEALED_TABLES,
  storedOf,
} from '../../../../src/adapters/ledger-sql/sealing/columns.ts'
import { encryptedSealing } from '../../../../src/adapters/ledger-sql/sealing/encrypted.ts'
import { keyHashes } from '../../../../src/adapters/ledger-sql/sealing/key-hashes.ts'
import { keyCipher } from '../../../../src/adapters/ledger-sql/sealing/keys.ts'
import type { Sealed } from '../../../../src/adapters/ledger-sql/sealing/sealing.ts'
import { emptying } from '../../support/memory-ledger.ts'

const secret = createSecretKey(Buffer.alloc(32, 1))
const [writing, older] = [2, 3].map((byte) => keyCipher(createSecretKey(Buffer.alloc(32, byte))))
assert.ok(writing && older)
const parts = {
  writing,
  all: new Map([writing, older].map((cipher) => [cipher.id, cipher])),
  hashes: { ...keyCipher(secret), secret },
}
const sealing = encryptedSealing({ ...parts, isWhole: true })
const begun = encryptedSealing({ ...parts, isWhole: false })

const hash = (text: string | number): string => createHash('sha256').update(String(text)).digest('hex')
const driver = openSqlite(':memory:')
await migrate(driver, 0)
const empty = await emptying(driver)
after(() => driver.close())

/** A text as a driver reads it. */
async function stored(text: string): Promise<Sealed> {
  const [row] = await driver.transaction((sql) => sql.all<{ text: Sealed }>('SELECT ? AS text', [text]))
  assert.ok(row)
  return row.text
}

/** A row with these values, and whatever its other columns require. */
async function insert(table: string, values: Readonly<Record<string, SqlValue>>): Promise<void> {
  await driver.transaction(async (sql) => {
    const columns = await sql.all<{ name: string; type: string; pk: number; dflt: string | null }>(
      `SELECT name, type, pk, dflt_value AS dflt FROM pragma_table_info('${table}') WHERE "notnull" = 1`,
    )
    const required = columns
      .filter(
        ({ name, type, pk, dflt }) =>
          dflt === null && !(pk > 0 && type.startsWith('INT')) && !(name in values),
      )
      .map(({ name, type }) => [name, type === 'TEXT' ? 'x' : 0] as const)
    const row = [...required, ...Object.entries(values)]
    await sql.run(
      `INSERT INTO ${table} (${row.map(([name]) => name).join(', ')}) VALUES (${row.map(() => '?').join(', ')})`,
      row.map(([, value]) => value),
    )
  })
}

const valuesOf = (
  table: string,
  column: string,
  order = 'rowid',
): Promise<readonly (string | number | null)[]> =>
  driver.transaction(async (sql) => {
    const rows = await sql.all<{ value: string | number | null }>(
      `SELECT ${column} AS value FROM ${table} ORDER BY ${order}`,
    )
    return rows.map(({ value }) => value)
  })

const keyAll = (): Promise<void> => driver.transaction((sql) => keyHashes(sql, sealing))

void describe('when a ledger is encrypted for the first time', () => {
  void test('every hash of a name becomes a keyed one, once, also those behind a page', async () => {
    await empty()
    const many = Array.from({ length: 1_001 }, (_, index) => index)
    await driver.transaction(async (sql) => {
      for (const index of many) {
        await sql.run('INSERT INTO folded_ids (hash, owner) VALUES (?, ?)', [hash(index), hash('owner')])
        await sql.run('INSERT INTO account_names (hash, employee) VALUES (?, ?)', [index, `p${index % 2}`])
      }
    })
    await insert('account_names', { hash: 7, employee: 'namesake' })
    await keyAll()
    const keyed = async (table: string, column: string): Promise<ReadonlySet<unknown>> =>
      new Set(await valuesOf(table, column, column))
    for (const time of ['first', 'second']) {
      assert.deepEqual(
        await keyed('folded_ids', 'hash'),
        new Set(many.map((index) => sealing.keyedHash(hash(index)))),
      )
      assert.deepEqual(await keyed('folded_ids', 'owner'), new Set([sealing.keyedHash(hash('owner'))]))
      assert.deepEqual(
        await keyed('account_names', 'hash'),
        new Set(many.map((index) => sealing.keyedNumber(index))),
      )
      if (time === 'first') await keyAll()
    }
    const holders = await driver.transaction((sql) =>
      sql.all<{ employee: string }>('SELECT employee FROM account_names WHERE hash = ? ORDER BY employee', [
        sealing.keyedNumber(7),
      ]),
    )
    assert.deepEqual(
      holders.map(({ employee }) => employee),
      ['namesake', 'p1'],
    )
  })

  void test('the name of an erased employee is keyed where it stands; an employee of that name, and any other text, stay', async () => {
    await empty()
    const [erased, other] = [hash('erased'), hash('named like a hash')]
    const left = [
      `erased:${other}`,
      `erased:${'g'.repeat(64)}`,
      `erased:${erased}0`,
      `erased:${'0'.repeat(63)}`,
      'p1',
    ]
    await insert('employees', { id: `erased:${other}` })
    for (const employee of [`erased:${erased}`, ...left]) await insert('emergency_calls', { employee })
    for (const employee of [erased, ...left]) await insert('deactivations', { employee })
    for (const detail of [null, erased, ...left]) await insert('audit', { detail })
    await keyAll()
    const keyed = sealing.keyedHash(erased)
    assert.deepEqual(await valuesOf('emergency_calls', 'employee'), [`erased:${keyed}`, ...left])
    assert.deepEqual(new Set(await valuesOf('deactivations', 'employee')), new Set([keyed, ...left]))
    assert.deepEqual(await valuesOf('audit', 'detail'), [null, keyed, ...left])
  })

  void test('the case of an erased leaver keeps which event it is about, under a keyed hash', async () => {
    await empty()
    const [name, event] = [hash('p1'), hash('leave')]
    for (const [employee, event_id] of [
      [`erased:${name}`, `${event} 2`],
      [`erased:${name}`, 'no hash'],
      ['erased:p1', event],
      [name, event],
    ] as const)
      await insert('leaver_cases', { employee, event_id })
    await keyAll()
    assert.deepEqual(await valuesOf('leaver_cases', 'employee'), [
      `erased:${sealing.keyedHash(name)}`,
      `erased:${name}`,
      'erased:p1',
      name,
    ])
    assert.deepEqual(await valuesOf('leaver_cases', 'event_id'), [
      `${sealing.keyedHash(event)} 2`,
      'no hash',
      event,
      event,
    ])
  })

  void test('every hash of a record is encrypted, also behind a page; where there is none, there is none', async () => {
    await empty()
    await driver.transaction(async (sql) => {
      await sql.run(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1001)
         INSERT INTO employees (id, revision, accepted_hash) SELECT 'p' || i, 1, 'hash ' || i FROM n`,
      )
      await sql.run("UPDATE employees SET failed_hash = 'failed' WHERE id = 'p1'")
    })
    for (const text of ['one', 'two']) await insert('operations', { hash: text, state: 'pending' })
    await keyAll()
    const sealed = (text: string): string => sealing.sealHash(text)
    assert.deepEqual(await valuesOf('operations', 'hash'), ['one', 'two'].map(sealed))
    const accepted = Array.from({ length: 1_001 }, (_, index) => sealed(`hash ${index + 1}`))
    assert.deepEqual(new Set(await valuesOf('employees', 'accepted_hash')), new Set(accepted))
    const failed = await valuesOf('employees', 'failed_hash')
    assert.deepEqual(
      failed.filter((value) => value !== null),
      [sealed('failed')],
    )
  })
})

void describe('a sealed value', () => {
  const key = 'p1\ne1'
  void test('opens only where it was sealed; what is not sealed opens until everything is', async () => {
    const text = await stored(sealing.seal('events.worker', key, 'Ann'))
    assert.equal(sealing.open('events.worker', key, text), 'Ann')
    const error = { code: 'LedgerValueUnreadable' }
    assert.throws(() => sealing.open('events.worker', 'p1\ne2', text), error)
    assert.throws(() => sealing.open('folds.events', key, text), error)
    const plain = await stored('Ann')
    assert.throws(() => sealing.open('events.worker', key, plain), { ...error, message: /not encrypted/ })
    assert.equal(begun.open('events.worker', key, plain), 'Ann')
    assert.equal(begun.open('events.worker', key, text), 'Ann')
    const foreign = encryptedSealing({ ...parts, all: new Map([[older.id, older]]), isWhole: true })
    assert.throws(() => foreign.open('events.worker', key, text), {
      ...error,
      message: new RegExp(writing.id),
    })
  })

  void test('of a message is sealed alike for all its events, and is looked for under every key', async () => {
    const one = sealing.seal('originals.original', 1, 'message')
    assert.equal(one, sealing.seal('originals.original', 2, 'message'))
    assert.equal(sealing.open('originals.original', 3, await stored(one)), 'message')
    const twice = [1, 2].map(() => sealing.seal('originals.body', 1, 'message'))
    assert.notEqual(twice[0], twice[1])
    const forms = sealing.formsOf('originals.original', 'message')
    assert.deepEqual([forms.length, forms[0]], [2, one])
    assert.deepEqual(begun.formsOf('originals.original', 'message'), [...forms, 'message'])
  })

  void test('is current with the newest key alone; hashes change only once everything is sealed', async () => {
    const old = encryptedSealing({ ...parts, writing: older, isWhole: true })
    const [text, past] = [sealing, old].map((one) => one.seal('events.worker', key, 'Ann'))
    assert.ok(text && past)
    assert.deepEqual(
      [sealing.isCurrent(await stored(text)), sealing.isCurrent(await stored(past))],
      [true, false],
    )
    assert.equal(sealing.isCurrent(await stored('Ann')), false)
    assert.deepEqual([begun.sealHash('h'), begun.keyedHash('h'), begun.keyedNumber(7)], ['h', 'h', 7])
    assert.equal(sealing.openHash(await stored(sealing.sealHash('h'))), 'h')
    assert.equal(sealing.sealHash('h'), old.sealHash('h'))
    assert.equal(sealing.openHash(await stored('h')), 'h')
    assert.ok(sealing.keyedNumber(7) >= 2 ** 48 && Number.isSafeInteger(sealing.keyedNumber(7)))
  })

  void test('of a row is named by the columns of its table, and only sealed columns are opened', async () => {
    const events = SEALED_TABLES['events']
    assert.ok(events)
    const row = { source: await stored('/hr'), event_id: await stored('e1'), seq: 1 }
    assert.equal(rowKeyOf(events, row), '/hr\ne1')
    assert.equal(rowKeyOf({ ...events, row: ['seq', 'missing'] }, row), '1\n')
    const worker = await stored(sealing.seal('events.worker', '/hr\ne1', 'Ann'))
    assert.deepEqual(openRow(sealing, 'events', { ...row, worker, reason: null }), {
      source: '/hr',
      event_id: 'e1',
      seq: 1,
      worker: 'Ann',
      reason: null,
    })
    const accepted_hash = await stored(sealing.sealHash('h'))
    assert.deepEqual(openRow(sealing, 'employees', { id: await stored('p1'), accepted_hash }), {
      id: 'p1',
      accepted_hash: 'h',
    })
    assert.deepEqual(openRow(sealing, 'events', { worker: null, seq: 1 }), { worker: null, seq: 1 })
    const text = await stored('text')
    assert.deepEqual([null, undefined, 0, 7, text].map(storedOf), [null, null, 0, 7, 'text'])
    assert.deepEqual(openRow(sealing, 'blocks', { hash: await stored('h') }), { hash: 'h' })
  })
})
