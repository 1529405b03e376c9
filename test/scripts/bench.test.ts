import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { expect, type Round, readRound, summarize } from '../bench/support/figures.ts'
import { BENCHMARKS } from '../bench/support/list.ts'

const BENCH = join(import.meta.dirname, '../bench')

void describe('npm run bench', () => {
  void it('each benchmark has a name of its own and a script', () => {
    const names = BENCHMARKS.map(({ name }) => name)
    assert.deepEqual(names, [...new Set(names)])
    for (const { script } of BENCHMARKS) assert.ok(existsSync(join(BENCH, script)), script)
  })

  void it('the summary is the median with the least and the most', () => {
    assert.deepEqual(summarize([9, 1, 5]), { median: 5, least: 1, most: 9 })
    assert.deepEqual(summarize([4, 1, 9, 2]), { median: 3, least: 1, most: 9 })
  })

  void it('the last round of an output counts; an output without one has none', () => {
    const round = { figures: { a: 2 }, settings: {}, wrong: [] }
    assert.deepEqual(readRound(`text\nround {"figures":{"a":1}}\nround ${JSON.stringify(round)}\n`), round)
    assert.equal(readRound('it did not get that far'), null)
  })

  void it('a count that is not the one expected is wrong', () => {
    assert.deepEqual(expect('messages', 2, 2), [])
    assert.deepEqual(expect('messages', 1, 2), ['messages: 1 instead of 2'])
  })

  void it('a benchmark runs to its end, with its end state checked, and its rounds are kept', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'rollcall-bench-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const json = join(folder, 'rounds.json')
    const ran = spawnSync(
      process.execPath,
      [join(BENCH, 'run.ts'), '--smoke', '--only', 'intake', '--json', json],
      { encoding: 'utf8' },
    )
    assert.equal(ran.status, 0, ran.stderr)
    assert.match(ran.stdout, /synchronous=FULL/)
    const kept = JSON.parse(readFileSync(json, 'utf8')) as {
      readonly results: Readonly<Record<string, readonly Round[]>>
    }
    const [round] = kept.results['intake'] ?? []
    assert.ok((round?.figures['messages/s'] ?? 0) > 0)
    assert.deepEqual(round?.wrong, [])
  })

  void it('an unknown benchmark is a mistake', () => {
    const ran = spawnSync(process.execPath, [join(BENCH, 'run.ts'), '--only', 'none'], { encoding: 'utf8' })
    assert.equal(ran.status, 2)
    assert.match(ran.stderr, /--list/)
  })
})
