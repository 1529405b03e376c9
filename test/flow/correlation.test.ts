import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { correlation } from '../../src/core/report/correlation.ts'
import { EVERYTHING } from './disturbances.ts'
import { type FlowResult, runFlow } from './correlation-truth.ts'

/** Nothing wrong, nothing without an end, nothing untold, and the directory as the events have it. */
function holds(result: FlowResult): void {
  assert.deepEqual(result.wrong, [], 'wrong joins')
  assert.deepEqual(result.endless, [], 'operations without an end')
  assert.deepEqual(result.untold, [], 'events without exactly one outcome')
  assert.deepEqual(result.differing, [], 'people the directory has otherwise')
}

void describe('what the ledger believes of the log is what the service did', () => {
  void test('two thousand operations over five hundred people, in disorder but without loss: not one record is joined to another operation', async (t) => {
    const result = await runFlow({ seed: 1, people: 500, events: 2_800, skewMs: 45_000 })
    t.diagnostic(`${result.operations} operations, ${result.records} records, ${result.joined} joined`)
    holds(result)
    assert.deepEqual(result.twins, [])
    assert.equal(result.unjoined, 0)
    assert.ok(result.operations > 1_800, `${result.operations} operations`)
  })

  for (const [seed, skewMs] of [
    [2, -60_000],
    [3, 60_000],
  ] as const)
    void test(`with losses, failures, retries, delays and other programs too (seed ${seed})`, async (t) => {
      const result = await runFlow({ seed, people: 200, events: 1_200, skewMs, disturbance: EVERYTHING })
      t.diagnostic(
        `${result.operations} operations, ${result.joined} joined, ${result.twins.length} to a twin, ${JSON.stringify(result.states)}`,
      )
      holds(result)
    })
})

const source = fileURLToPath(new URL('../../src/core/', import.meta.url))
const modules = fileURLToPath(new URL('../../node_modules/', import.meta.url))
type Correlation = typeof correlation

/** The correlator with one place of its join changed, from a copy of the sources. */
async function mutant(folder: string, from: string, to: string): Promise<Correlation> {
  cpSync(source, join(folder, 'core'), { recursive: true })
  symlinkSync(modules, join(folder, 'node_modules'))
  const path = join(folder, 'core', 'report', 'join.ts')
  const text = readFileSync(path, 'utf8')
  assert.ok(text.includes(from), `join.ts no longer contains: ${from}`)
  writeFileSync(
    path,
    text.replace(from, () => to),
  )
  const module: { readonly correlation: Correlation } = await import(pathToFileURL(join(folder, 'core', 'report', 'correlation.ts')).href)
  return module.correlation
}

void describe('the comparison with the truth notices', () => {
  void test('a join that gives the latest record of a person to the open operation', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'rollcall-join-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    // Whatever the record says of values, time and earlier submissions.
    const naive = await mutant(
      folder,
      'if (primary === undefined || retry',
      'if (primary !== undefined) return true\n  if (primary === undefined || retry',
    )
    const { wrong, operations } = await runFlow({ seed: 2, people: 100, events: 600, disturbance: EVERYTHING, correlate: naive })
    t.diagnostic(`${wrong.length} wrong joins in ${operations} operations`)
    assert.ok(wrong.length > 0)
  })
})
