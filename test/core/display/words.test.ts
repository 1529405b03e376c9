import assert from 'node:assert/strict'
import { test } from 'node:test'
import { csvLine } from '../../../src/core/display/csv.ts'
import { erasureInWords, valuesLeft } from '../../../src/core/display/erasure.ts'
import { escapedHtml } from '../../../src/core/display/html.ts'
import { maskedValue, MASK } from '../../../src/core/display/mask.ts'
import { displayValue, HIDDEN, showing } from '../../../src/core/display/personal.ts'
import { asReferences } from '../../../src/core/display/visible.ts'

void test('a cell of a table is quoted, and one that a spreadsheet would compute begins with an apostrophe', () => {
  assert.equal(csvLine(['a', 'say "x"', '']), '"a","say ""x""",""')
  for (const formula of ['=1+1', '+1', '-1', '@a', ' =1']) assert.equal(csvLine([formula]), `"'${formula}"`)
  assert.equal(csvLine(['a=1', 'x\ny']), String.raw`"a=1","x\ny"`)
})

void test('a text cannot become markup', () => {
  assert.equal(escapedHtml(`<a href="x" id='y'>&`), '&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;')
  assert.equal(asReferences('<b>a\u202eb</b>'), '<b>a&#x202e;b</b>')
})

void test('values of personal attributes are hidden until they are asked for; access and what was cleared never are', () => {
  const hidden = showing(false)
  assert.deepEqual(
    [hidden('title', 'Head'), hidden('title', null), hidden('active', false)],
    [HIDDEN, null, false],
  )
  assert.equal(showing(true)('title', 'Head'), 'Head')
  assert.deepEqual([null, 'Head', 7, ['a']].map(displayValue), ['cleared', 'Head', '7', '["a"]'])
})

void test('a value that is always a secret is masked, unless it is a variable', () => {
  assert.equal(maskedValue('k3y'), MASK)
  assert.equal(maskedValue('${KEY:-k3y}'), MASK)
  assert.equal(maskedValue('${KEY}'), '${KEY}')
})

void test('an erasure says how much it removed, and where values are left', () => {
  const erased = { events: 1, operations: 2, outcomesWithheld: 0, filesClean: true }
  assert.equal(erasureInWords(erased), 'erased: 1 event, 2 operations; 0 outcomes will not be published')
  assert.equal(valuesLeft(erased, true), null)
  assert.match(valuesLeft({ filesClean: false }, true) ?? '', /PostgreSQL/)
  assert.match(valuesLeft({ filesClean: false }, false) ?? '', /-wal/)
})
