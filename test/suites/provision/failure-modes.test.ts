import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { HOLDS } from '../../../src/core/ledger/port.ts'

const here = new URL('../../provision/', import.meta.url)
const page = readFileSync(new URL('../../../docs/guides/failure-modes.md', here), 'utf8')

/** Names of the tests of this folder; what a name takes from its case may be anything. */
const names = globSync('*.test.ts', { cwd: here }).flatMap((file) => {
  const source = readFileSync(new URL(file, here), 'utf8')
  return [...source.matchAll(/\btest\(\s*(?:'([^']+)'|`([^`]+)`)/g)].map(([, plain, template]) => {
    const parts = (plain ?? template ?? '')
      .split(/\$\{(?:[^{}]|\{[^}]*\})*\}/)
      .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    return new RegExp(`^${parts.join('.+')}$`)
  })
})

interface Row {
  readonly what: string
  readonly see: string
  readonly act: string
  readonly name: string
}
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| what happens'))
  .map((line): Row => {
    const [what = '', see = '', act = '', name = ''] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim())
    return { what, see, act, name }
  })

void describe('the page of failure modes', () => {
  void test('says of every fault what shows, what to do, and which test makes it happen', () => {
    assert(rows.length >= 30)
    assert(names.length >= 60)
    for (const { what, see, act, name } of rows) {
      assert(what && see && act && name, what)
      assert(
        names.some((pattern) => pattern.test(name)),
        `no test is called: ${name}`,
      )
    }
  })

  void test('knows every hold and every answer of the reference', () => {
    const all = rows.map(({ what, see }) => `${what} ${see}`).join('\n')
    for (const hold of HOLDS) assert.match(all, new RegExp(`\\(${hold}`))
    for (const status of [400, 401, 403, 404, 413, 429, 500, 502, 503, 504])
      assert.match(all, new RegExp(`\\b${status}\\b`))
  })
})
