import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { delimiter } from '../../../src/cli/baseline/delimiter.ts'
import { type FileRow, readBaseline } from '../../../src/cli/baseline/rows.ts'
import { checkUtf8 } from '../../../src/cli/baseline/utf8.ts'

let folder = ''
before(async () => void (folder = await mkdtemp(join(tmpdir(), 'rollcall-rows-'))))
after(() => rm(folder, { recursive: true }))

const ATTRIBUTES = ['userName', 'name.givenName', 'title', 'active', 'department']

interface Given {
  readonly name?: string
  readonly delimiter?: string
  readonly anyColumns?: boolean
}

async function rows(content: string | Buffer, given: Given = {}): Promise<readonly FileRow[]> {
  const file = join(folder, given.name ?? 'f.csv')
  await writeFile(file, content)
  const found: FileRow[] = []
  const known = {
    attributes: ATTRIBUTES,
    uses: (path: string) => ATTRIBUTES.includes(path),
    anyColumns: given.anyColumns ?? false,
  }
  for await (const row of readBaseline({ file, delimiter: given.delimiter ?? null, known })) found.push(row)
  return found
}
/** Line and attributes, or line and code. */
const inShort = (found: readonly FileRow[]): readonly unknown[] =>
  found.map((row) => ('code' in row ? [row.row, row.code] : [row.row, { ...row.attributes }]))
const refusal = async (content: string | Buffer, given: Given = {}): Promise<string> => {
  try {
    await rows(content, given)
  } catch (error) {
    assert(error instanceof Error && 'code' in error && error.code === 'FileInvalid')
    return error.message.replace(join(folder, given.name ?? 'f.csv'), 'FILE')
  }
  return 'taken'
}

void describe('the encoding of a file', () => {
  const ann = { employee: '1', 'name.givenName': 'Jörg' }
  const text = 'employee,name.givenName\n1,Jörg\n'

  void test('is UTF-8, with a byte order mark or without', async () => {
    assert.deepEqual(inShort(await rows(text)), [[2, ann]])
    assert.deepEqual(inShort(await rows(`\ufeff${text}`)), [[2, ann]])
    const line = `\ufeff{"employee":"1","name.givenName":"Jörg"}\n`
    assert.deepEqual(inShort(await rows(line, { name: 'f.jsonl' })), [[1, ann]])
  })

  void test('is refused with the line when it is another, and nothing of a name is shown', async () => {
    const latin1 = Buffer.from(text, 'latin1')
    assert.match(await refusal(latin1), /^FILE: line 2 is not UTF-8; save it as UTF-8/)
    const late = Buffer.concat([
      Buffer.from(`employee,title\n${`7,${'o'.repeat(60)}\n`.repeat(2_000)}`),
      Buffer.from([0x38, 0x2c, 0x80, 0x0a]),
    ])
    assert.match(await refusal(late), /line 2002 is not UTF-8/)
    const cut = Buffer.from('employee,title\n1,a\n2,ö').subarray(0, -1)
    assert.match(await refusal(cut), /line 3 is not UTF-8/)
    assert.match(await refusal(latin1, { name: 'f.jsonl' }), /line 2 is not UTF-8/)
    await writeFile(join(folder, 'late.csv'), late)
    await assert.rejects(checkUtf8(join(folder, 'late.csv')), { code: 'FileInvalid' })
  })

  void test('is named when it is UTF-16 or a workbook', async () => {
    const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le')
    for (const content of [
      utf16,
      utf16.subarray(2),
      Buffer.from(utf16).swap16(),
      Buffer.from(utf16).swap16().subarray(2),
    ])
      assert.match(await refusal(content), /^FILE is UTF-16; save it as UTF-8/)
    assert.match(await refusal('PK\u0003\u0004…'), /^FILE is a ZIP archive or an Excel workbook/)
  })

  void test('may split a character between two reads of the file', async () => {
    const title = 'ö'.repeat(99)
    const found = await rows(`employee,title\n${`1,${title}\n`.repeat(1_000)}`)
    assert.equal(
      found.filter((row) => 'attributes' in row && row.attributes['title'] === title).length,
      1_000,
    )
  })
})

void describe('the delimiter of a table', () => {
  const found = [[2, { employee: '1', title: 'a,b' }]]

  void test('is read off the header', async () => {
    assert.deepEqual(inShort(await rows('employee,title\n1,"a,b"\n')), found)
    assert.deepEqual(inShort(await rows('employee;title\n1;a,b\n')), found)
    assert.deepEqual(inShort(await rows('employee\ttitle\r\n1\ta,b\r\n')), found)
    assert.deepEqual(inShort(await rows('"title";"employee"\n"a,b";"1"\n')), [
      [2, { title: 'a,b', employee: '1' }],
    ])
    assert.deepEqual(inShort(await rows('employee;"a, b, c, d"\n1;x\n')), [
      [2, { employee: '1', 'a, b, c, d': 'x' }],
    ])
    assert.deepEqual(inShort(await rows('employee\n1\n')), [[2, { employee: '1' }]])
  })

  void test('is that of the line sep= of Excel, of a .tsv file, or given', async () => {
    assert.deepEqual(inShort(await rows('sep=;\r\nemployee;title\r\n1;a,b\r\n')), [
      [3, { employee: '1', title: 'a,b' }],
    ])
    assert.deepEqual(inShort(await rows('employee\ttitle\n1\ta,b\n', { name: 'f.TSV' })), found)
    assert.deepEqual(inShort(await rows('employee^title\n1^a,b\n', { delimiter: '^' })), found)
  })

  void test('can be called by its name', () => {
    assert.deepEqual(['semicolon', 'tab', ';', '^'].map(delimiter), [';', '\t', ';', '^'])
    for (const wrong of ['', 'x', '"', ';;', '\n']) assert.throws(() => delimiter(wrong), wrong)
  })
})

void describe('a header', () => {
  void test('without the employee says which columns there are, and what may be meant', async () => {
    assert.equal(
      await refusal('userName,title,salary\na,b,c\n'),
      'FILE: no column names the employee; name one column employee or externalId or subject. The columns are userName, title, salary',
    )
    assert.match(await refusal('Employee ID,userName\n1,a\n'), /Did you mean employee by Employee ID\?$/)
    assert.match(await refusal('EMPLOYEE,userName\n1,a\n'), /Did you mean employee by EMPLOYEE\?$/)
  })

  void test('that is not a header shows nothing of the employee in it', async () => {
    const said = await refusal('S3cret,s3cret@contoso.com,true\n2,b,true\n')
    assert.match(said, /is it the header, and is --delimiter right\?$/)
    assert.doesNotMatch(said, /S3cret/i)
  })

  void test('with a misspelt attribute is refused before a row is taken, unless it is meant', async () => {
    assert.equal(
      await refusal('employee,username,given_name,shoe\n1,a,b,c\n'),
      'FILE: the mapping takes no username; did you mean userName?; the mapping takes no given_name; did you mean name.givenName? Rename the columns, or import them as they are with --any-columns',
    )
    assert.deepEqual(inShort(await rows('employee,username\n1,a\n', { anyColumns: true })), [
      [2, { employee: '1', username: 'a' }],
    ])
    assert.equal(await refusal('employee,userName,username\n1,a,b\n'), 'taken')
    assert.equal(await refusal('employee,userName,shoe size\n1,a,b\n'), 'taken')
  })

  void test('with a column twice, without a name, or as a whole and in parts is refused', async () => {
    assert.match(await refusal('employee,title,title\n'), /has the column title twice/)
    assert.match(await refusal('employee,,title\n'), /column 2 of the header has no name/)
    assert.match(await refusal('employee,name,name.givenName\n'), /column name is also given in parts/)
    assert.match(await refusal(''), /FILE is empty/)
  })
})

void describe('quotes that do not fit', () => {
  void test('reject their row, and say which lines were lost with it', async () => {
    const open = await rows('employee,title\n1,a\n2,"b\n3,c\n4,d\n')
    assert.deepEqual(inShort(open), [
      [2, { employee: '1', title: 'a' }],
      [3, 'QuoteNotClosed'],
    ])
    assert.match(JSON.stringify(open[1]), /lines 3 to 5 were not read/)
    const crossed = await rows('employee,title\n2,"b\n3,c\n4,"d"\n5,e\n')
    assert.deepEqual(inShort(crossed), [
      [2, 'TextBehindQuote'],
      [5, { employee: '5', title: 'e' }],
    ])
    assert.match(JSON.stringify(crossed[0]), /lines 2 to 4 were not read/)
  })

  void test('end the import when they take a whole file for one row', async () => {
    const endless = `employee,title\n1,a\n2,"b\n${'3,c\n'.repeat(400_000)}`
    assert.match(await refusal(endless), /the row that begins in line 3 has more than 1000000 characters/)
  })

  void test('in a quoted cell are written twice, and a line break may stand there', async () => {
    assert.deepEqual(inShort(await rows('employee,title\n1,"a ""b""\nc"\n2,d\n')), [
      [3, { employee: '1', title: 'a "b"\nc' }],
      [4, { employee: '2', title: 'd' }],
    ])
  })
})

void describe('JSON lines', () => {
  void test('lose no digit, and a line that could be read in two ways is rejected', async () => {
    const lines = [
      '{"employee":90071992547409931234,"title":"A"}',
      '{"employee":"1","active":true,"active":false}',
      '["1"]',
      '{"employee":"1"',
      `{"employee":"1","deep":${'['.repeat(40)}${']'.repeat(40)}}`,
    ]
    const found = await rows(`${lines.join('\n')}\n`, { name: 'f.jsonl' })
    assert.deepEqual(inShort(found), [
      [1, { employee: '90071992547409931234', title: 'A' }],
      [2, 'DuplicateKey'],
      [3, 'NotAnObject'],
      [4, 'NotAnObject'],
      [5, 'TooDeep'],
    ])
  })
})
