import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { test } from 'node:test'
import { startDoubles } from '../../../src/cli/doubles/doubles.ts'
import { start } from '../../fakes/rollcall.ts'

/** Ends every thread but the first a moment after it began, as running out of memory does. */
const DIES = `import { isMainThread } from 'node:worker_threads'
if (!isMainThread) setTimeout(() => { throw new Error('out of memory') }, Number(process.env.DIES_AFTER_MS))
`

void test('a process whose ledger thread died ends with a reason, so that it is restarted', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-thread-'))
  const doubles = await startDoubles({ fast: true })
  t.after(async () => {
    await doubles.stop()
    await rm(folder, { recursive: true })
  })
  const preload = join(folder, 'dies.mjs')
  await writeFile(preload, DIES)
  // The first dies while the connection to the bus is still opening.
  for (const [loops, ms] of [
    ['intake', 100],
    ['intake', 1_500],
    ['publish', 1_500],
  ] as const) {
    const child = start(['run', '--loops', loops], {
      ...doubles.environment,
      LEDGER: join(folder, `${loops}-${ms}.db`),
      DIES_AFTER_MS: String(ms),
      NODE_OPTIONS: `--import ${pathToFileURL(preload).href}`,
    })
    let said = ''
    child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const ended = once(child, 'exit', { signal: AbortSignal.timeout(60_000) })
    const [code] = (await ended.catch((error: unknown) => {
      child.kill('SIGKILL')
      throw error
    })) as [number | null]
    assert.equal(code, 1, said)
    assert.match(said, /\[LedgerGone\]/)
  }
})
