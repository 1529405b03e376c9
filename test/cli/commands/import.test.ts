import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { openSqliteLedger } from '../../../src/adapters/ledger-sql/driver/sqlite/client.ts'
import { command } from '../../fakes/cli.ts'
import { reconcile } from '../../../src/cli/support/reconcile.ts'

const AS_OF = ['--as-of', '2026-01-10T12:00:00Z']
let folder = ''
let path = ''
let number = 0

before(async () => void (folder = await mkdtemp(join(tmpdir(), 'rollcall-import-'))))
beforeEach(() => void (path = join(folder, `ledger-${++number}.db`)))
after(() => rm(folder, { recursive: true }))

async function importing(
  name: string,
  text: string,
  ...argv: readonly string[]
): Promise<{ code: number; out: string; err: string; file: string }> {
  const file = join(folder, name)
  await writeFile(file, text)
  const { code, stdout, stderr } = await command(['import', file, '--output', 'json', ...argv], {
    LEDGER: path,
  })
  return { code, out: stdout, err: stderr, file }
}

async function inLedger(): Promise<{ workers: unknown[]; wrong: readonly string[]; imported: number }> {
  const ledger = await openSqliteLedger({ path, readOnly: true, now: Date.now })
  try {
    const views = await ledger.listEmployees(null, 1_000)
    const { totals, stateCounts } = await ledger.readCounts()
    return {
      workers: views.flatMap(({ employee }) =>
        employee.events.map(({ employeeId, worker }) => ({ employee: employeeId, ...worker })),
      ),
      wrong: reconcile(totals, stateCounts).wrong,
      imported: totals.imported,
    }
  } finally {
    await ledger.close()
  }
}

void describe('import', () => {
  void test('a table becomes records: dotted columns, empty cells left out, a byte order mark and quotes', async () => {
    const text =
      '\ufeffemployee,userName,name.givenName,active\n1,ann@x.com,"Ann, ""A""",true\n2,bob@x.com,,FALSE\n'
    const { code, out, file } = await importing('good.csv', text, ...AS_OF)
    assert.equal(code, 0)
    assert.deepEqual(
      { ...JSON.parse(out), elapsedMs: 0 },
      { rows: 2, imported: 2, known: 0, rejected: 0, elapsedMs: 0 },
    )
    assert.deepEqual(await inLedger(), {
      workers: [
        { employee: '1', userName: 'ann@x.com', name: { givenName: 'Ann, "A"' }, active: true },
        { employee: '2', userName: 'bob@x.com', active: false },
      ],
      wrong: [],
      imported: 2,
    })
    assert.equal(existsSync(`${file}.rejected.csv`), false)
  })

  void test('JSON lines become records, nested or dotted', async () => {
    const { code } = await importing(
      'good.jsonl',
      '{"employee":"1","name":{"givenName":"Ann"},"emails.work":"a@x.com","active":true}\n',
      ...AS_OF,
    )
    assert.equal(code, 0)
    assert.deepEqual((await inLedger()).workers, [
      { employee: '1', name: { givenName: 'Ann' }, emails: { work: 'a@x.com' }, active: true },
    ])
  })

  void test('rows that are wrong are listed with number and reason, without a value, and the others are taken', async () => {
    const text =
      'employee,userName,active\n1,S3cret,true\n1,S3cret,true\n,S3cret,true\n3,S3cret,maybe\n4,S3cret\n5,ok,true\n'
    const { code, out, file } = await importing('bad.csv', text, ...AS_OF)
    assert.equal(code, 1)
    assert.deepEqual([JSON.parse(out).imported, JSON.parse(out).rejected], [2, 4])
    const listed = await readFile(`${file}.rejected.csv`, 'utf8')
    assert.deepEqual(
      listed.split('\n').map((line) => line.split(',').slice(0, 2).join()),
      ['row,code', '3,DuplicatePerson', '4,FieldMissing', '5,FieldInvalid', '6,ColumnCount', ''],
    )
    assert.doesNotMatch(listed, /S3cret|maybe/)
  })

  void test('an import that was cut off is begun again and ends the same', async () => {
    const rows = Array.from({ length: 2_500 }, (_, index) => `${index},u${index}@x.com,true`)
    const header = 'employee,userName,active'
    await importing('half.csv', [header, ...rows.slice(0, 1_200)].join('\n'), ...AS_OF)
    const { out } = await importing('half.csv', [header, ...rows].join('\n'), ...AS_OF)
    assert.deepEqual([JSON.parse(out).imported, JSON.parse(out).known], [1_300, 1_200])
    const whole = await inLedger()
    assert.deepEqual([whole.imported, whole.wrong], [2_500, []])
  })

  void test('a file that cannot be used is one line, imports nothing and ends with the documented code', async () => {
    const lines = async (file: string, content: Buffer | string): Promise<readonly unknown[]> => {
      const name = join(folder, file)
      await writeFile(name, content)
      const { code, stderr } = await command(['import', name, ...AS_OF], { LEDGER: path })
      const [line, ...others] = stderr.trimEnd().split('\n')
      return [code, others.length, line?.replace(name, 'FILE')]
    }
    // "J\xf6rg" in Latin-1.
    const latin1 = Buffer.from(
      'ZW1wbG95ZWUsdXNlck5hbWUsbmFtZS5naXZlbk5hbWUsYWN0aXZlCjAwMzAxLGwub25lQGNvbnRvc28uY29tLEr2cmcsdHJ1ZQo=',
      'base64',
    )
    assert.deepEqual(await lines('latin1.csv', latin1), [
      1,
      0,
      'rollcall: FILE: line 2 is not UTF-8; save it as UTF-8 (in Excel: "CSV UTF-8") and import it again [FileInvalid]',
    ])
    assert.equal(existsSync(path), false)
    const [code, others, line] = await lines('near.csv', 'employee,user_name\n1,S3cret\n')
    assert.deepEqual([code, others], [1, 0])
    assert.match(String(line), /did you mean userName\?.*--any-columns \[FileInvalid\]$/)
    const missing = await command(['import', join(folder, 'none.csv'), ...AS_OF], { LEDGER: path })
    assert.equal(missing.code, 2)
    assert.match(
      missing.stderr,
      /^rollcall: the file: .*none\.csv does not exist; check the path \[FileUnreadable\]\n$/,
    )
  })

  void test('a table of another region is taken as it is: semicolons, quotes and CRLF', async () => {
    const text = 'employee;userName;name.familyName;active\r\n1;ann@x.com;"Ärmel; Ä.";TRUE\r\n'
    const { code } = await importing('region.csv', text, ...AS_OF)
    assert.equal(code, 0)
    assert.deepEqual((await inLedger()).workers, [
      { employee: '1', userName: 'ann@x.com', name: { familyName: 'Ärmel; Ä.' }, active: true },
    ])
  })

  void test('without the moment of the export, with one in the future or a file of another kind it is called wrongly', async () => {
    assert.equal((await importing('a.csv', 'employee\n1\n')).code, 2)
    assert.equal((await importing('a.csv', 'employee\n1\n', '--as-of', '2999-01-01')).code, 2)
    assert.equal((await importing('a.txt', 'employee\n1\n', ...AS_OF)).code, 2)
    assert.match((await importing('a.csv', 'name\n1\n', ...AS_OF)).err, /no column names the employee/)
  })
})
