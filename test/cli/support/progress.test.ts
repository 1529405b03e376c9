import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { printLines, printTo } from '../../../src/cli/support/output.ts'
import { progress } from '../../../src/cli/support/screen/progress.ts'

/** What is written to stderr by `work` of 1,000 rows, one each 10 ms. */
function written(width: number | undefined, work: (at: (done: number) => void) => void = () => {}): string {
  let said = ''
  let now = 0
  using _ = printTo({ out: () => true, err: (text) => ((said += text), true), width })
  const line = progress('rows', 1_000, () => now)
  for (let row = 1; row <= 1_000; row += 1) {
    now += 10
    line.at(row)
  }
  work((done) => line.at(done))
  line.end()
  return said
}

void describe('progress', () => {
  void test('off a terminal is a line every five seconds, with rate and remaining time', () => {
    assert.equal(
      written(undefined),
      'rows: 500 of 1000, 100 a second, 5.0 s left\nrows: 1000 of 1000, 100 a second\n',
    )
  })

  void test('on a terminal rewrites one line, from the first second on, and removes it at the end', () => {
    const said = written(80)
    assert.ok(!said.includes('\n'))
    const lines = said.split('\r\u001b[2K').slice(1)
    assert.equal(lines[0], 'rows: 100 of 1000, 100 a second, 9.0 s left')
    assert.equal(lines.length, 92)
    assert.equal(lines.at(-1), '')
  })

  void test('is cut to the width of the terminal, because a line that wraps cannot be rewritten', () => {
    for (const line of written(20).split('\r\u001b[2K')) assert.ok(line.length < 20, line)
  })

  void test('is removed before anything else is printed', () => {
    assert.ok(written(80, () => printLines('a row')).endsWith('a second\r\u001b[2K'))
  })
})
