import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formOf } from '../../../src/core/intake/table-form.ts'

void describe('the delimiter of a table', () => {
  void it('is that with which the header names the employee', () => {
    for (const [header, delimiter] of [
      ['employee,title', ','],
      ['employee,a,b;subject', ','],
      ['title;employee;name,given', ';'],
      ['a,b,c\temployee', '\t'],
      ['"externalId"|"a;b;c"', '|'],
      [' subject ; a,b,c,d', ';'],
      ['\n\nemployee;title', ';'],
    ] as const)
      assert.deepEqual(formOf(`${header}\r\n1,2;3`), { delimiter, preamble: '' }, header)
  })

  void it('is that which makes the most columns where none does, and a comma where nothing is separated', () => {
    assert.equal(formOf('a;b,c,d\n').delimiter, ',')
    assert.equal(formOf('a|b|c;d\n').delimiter, '|')
    assert.equal(formOf('"a;b;c;d",e\n').delimiter, ',')
    assert.equal(formOf('employee\n1;2\n').delimiter, ',')
    assert.equal(formOf('').delimiter, ',')
  })

  void it('is that which a line for Excel says', () => {
    for (const preamble of ['sep=;\r\n', '"sep=;"\n', 'SEP=;\n'])
      assert.deepEqual(formOf(`${preamble}employee,title\n`), { delimiter: ';', preamble })
  })
})
