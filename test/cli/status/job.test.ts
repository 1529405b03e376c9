import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openFileLedger } from '../../adapters/support/file-ledger.ts'
import { command } from '../../fakes/cli.ts'

void test('status shows what the job says about itself: its quarantine, and its failures beside all three limits', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-job-'))
  t.after(() => rm(folder, { recursive: true }))
  const LEDGER = join(folder, 'ledger.db')
  const ledger = await openFileLedger(LEDGER)
  const status = (...more: readonly string[]) => command(['status', '--allow-stopped', ...more], { LEDGER })
  await ledger.close()
  assert.match((await status()).stdout, /provisioning job +not known +\n/)

  const again = await openFileLedger(LEDGER)
  await again.recordJobReport({
    seenAt: Date.UTC(2026, 10, 2),
    code: 'Quarantine',
    quarantine: {
      reason: 'EncounteredEscrowProportionThreshold',
      since: Date.UTC(2026, 10, 1),
      nextAttempt: Date.UTC(2026, 10, 3),
    },
    failures: { escrowed: 6_000, withReferences: 7_000, synchronized: 3_000 },
  })
  await again.close()
  const { stdout } = await status()
  assert.match(
    stdout,
    /provisioning job +Quarantine as of 2026-11-02\S+: EncounteredEscrowProportionThreshold, since 2026-11-01/,
  )
  assert.match(stdout, /, disabled 2026-11-29/)
  assert.match(stdout, / 6,000 of 5,000 for the share of 40 %, 6,000 of 40,001 .*, 7,000 of 60,001 for/)
  const { job } = JSON.parse((await status('--output', 'json')).stdout)
  assert.deepEqual(job, {
    code: 'Quarantine',
    seenAt: '2026-11-02T00:00:00.000Z',
    quarantine: {
      reason: 'EncounteredEscrowProportionThreshold',
      since: '2026-11-01T00:00:00.000Z',
      nextAttemptAt: '2026-11-03T00:00:00.000Z',
      disabledAt: '2026-11-29T00:00:00.000Z',
    },
    synchronized: 3_000,
    failures: [
      { limit: 'share', count: 6_000, quarantineAt: 5_000 },
      { limit: 'failures', count: 6_000, quarantineAt: 40_001 },
      { limit: 'with-references', count: 7_000, quarantineAt: 60_001 },
    ],
  })
})
