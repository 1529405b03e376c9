import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { proveLedger } from '../../../src/compose/check/ledger.ts'
import { readConfig } from '../../../src/compose/config.ts'
import { openFileLedger } from '../../adapters/support/file-ledger.ts'

const folder = mkdtempSync(join(tmpdir(), 'rollcall-check-'))
after(() => rmSync(folder, { recursive: true }))

void test('a ledger that cannot be used is reported with its own cure, and with no other', async () => {
  const LEDGER = join(folder, 'missing', 'ledger.db')
  assert.deepEqual(await proveLedger(readConfig({ LEDGER })), [
    {
      what: 'ledger',
      outcome: 'failed',
      say: `LEDGER: ${LEDGER} is in a folder that does not exist; make ${join(folder, 'missing')} first`,
    },
  ])
})

void test('a ledger that is there can be written', async () => {
  const LEDGER = join(folder, 'ledger.db')
  const ledger = await openFileLedger(LEDGER)
  await ledger.close()
  const [proof] = await proveLedger(readConfig({ LEDGER }))
  assert.deepEqual(proof, { what: 'ledger', outcome: 'ok', say: `${LEDGER} can be written` })
})
