import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readPatchTable } from '../../../../../src/core/report/replay/patch/read-table.ts'

const read = (text: string) =>
  readPatchTable(text, (why) => {
    throw new Error(why)
  })

void describe('a table of patches in a file', () => {
  void it('has a row for each event or employee, with its line and the cells that have a value', () => {
    assert.deepEqual(read('\uFEFFid, source ,title,name.givenName\n e-1 ,/hr,Head,\n\ne-2,,,"Ada, née"\n'), [
      { line: 2, id: 'e-1', source: '/hr', employee: null, cells: [{ path: 'title', text: 'Head' }] },
      {
        line: 4,
        id: 'e-2',
        source: null,
        employee: null,
        cells: [{ path: 'name.givenName', text: 'Ada, née' }],
      },
    ])
    assert.deepEqual(read('employee;title\n10001;Head\n'), [
      { line: 2, id: null, source: null, employee: '10001', cells: [{ path: 'title', text: 'Head' }] },
    ])
  })

  void it('may say the same of two sources, and has no row where it has a header only', () => {
    assert.equal(read('id,source,title\ne-1,/a,x\ne-1,/b,x\n').length, 2)
    assert.deepEqual(read('id,title\n'), [])
  })

  const wrong: readonly (readonly [text: string, why: RegExp])[] = [
    ['id,,title\ne-1,,x\n', /^column 2 of the header has no name$/],
    ['id,title,title,note,note\ne-1,x,y,z,z\n', /column title twice/],
    ['title\nx\n', /id \(of the event\) or employee/],
    ['id,employee,title\ne-1,10001,x\n', /id \(of the event\) or employee/],
    ['employee,source,title\n10001,/hr,x\n', /source only goes with the column id/],
    ['id,source\ne-1,/hr\n', /no column with a new value/],
    ['id,title\ne-1,x\ne-2\n', /^line 3 has 1 cells, and the header has 2$/],
    ['id,title\n ,Head\n', /^line 2 does not say what it is about$/],
    ['id,title\ne-1,x\ne-2,y\ne-1,z\n', /^lines 2 and 4 are about the same$/],
    ['id,title\ne-1,J\uFFFDrg\n', /not UTF-8/],
    ['id,title\ne-1,"Head\n', /not CSV/],
  ]
  void it('is refused with the column or the line that is wrong, and without a value', () => {
    for (const [text, why] of wrong)
      assert.throws(
        () => read(text),
        (error: Error) => why.test(error.message) && !/e-1|Head|10001/.test(error.message),
        JSON.stringify(text),
      )
  })
})
