import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { threadCommitter } from '../../../src/adapters/intake-thread/client.ts'
import { openLedgerThread } from '../../../src/adapters/ledger-sql/open.ts'
import { ledgerAddress } from '../../../src/compose/addresses.ts'
import { readConfig } from '../../../src/compose/config.ts'
import { intakeModule } from '../../../src/compose/intake/module.ts'
import type { SourceMessage } from '../../../src/core/ports.ts'
import { silentTelemetry } from '../../../src/core/runtime.ts'
import { cloudEvent, message } from '../../fakes/messages.ts'

const YAML = `
mapping:
  attributes: { title: title }
sources:
  - name: own
    queue: hr-own
    shape: own
  - name: acme
    match: /hr/acme
    employeeId: { pad: 8 }
shapes:
  own:
    id: nr
    event: '{ "type": "worker.updated", "subject": who, "time": "2026-01-01T12:00:00Z", "data": { "worker": { "title": $uppercase(what) } } }'
`

void describe('intake in the thread of the ledger', () => {
  void it('reads by the configuration of this process: shapes, expressions and sources', async () => {
    // The folder goes last: a ledger whose file is gone stops.
    await using stack = new AsyncDisposableStack()
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-intake-'))
    stack.defer(() => rm(folder, { recursive: true }))
    const file = join(folder, 'rollcall.yaml')
    await writeFile(file, YAML)
    const config = readConfig({ ROLLCALL_CONFIG: file, LEDGER: join(folder, 'ledger.db') })
    const { ledger, ask } = await openLedgerThread(
      ledgerAddress(config),
      { module: intakeModule(config) },
      Date.now,
    )
    stack.defer(() => ledger.close())
    const { read } = threadCommitter<SourceMessage>(ask, { telemetry: silentTelemetry })
    const batch = await read([
      message({ nr: '7', who: 'ann', what: 'clerk' }, { entity: 'hr-own', contentType: 'application/json' }),
      message({ ...cloudEvent, subject: '42' }, { sequence: '2' }),
      message({ ...cloudEvent, id: 'e-2', source: '/hr/other' }, { sequence: '3' }),
    ])
    const settled = (await batch.commit(false)).map((one) =>
      one.kind === 'complete' ? one.kind : one.reason,
    )
    assert.deepEqual(settled, ['complete', 'complete', 'SourceUnknown'])
    const { events } = await ledger.listEvents({ state: null, since: null, next: null, limit: 10 })
    assert.deepEqual(events.map(({ employeeId }) => employeeId).sort(), ['00000042', 'ann'])
  })

  void it('answers with the failure when the module cannot be loaded, and the ledger goes on', async (t) => {
    const config = readConfig({ LEDGER: ':memory:' })
    const { ledger, ask } = await openLedgerThread(
      ledgerAddress(config),
      { module: { url: new URL('./none.ts', import.meta.url).href, data: null } },
      Date.now,
    )
    t.after(() => ledger.close())
    await assert.rejects(ask('readMessages', []), { code: 'ERR_MODULE_NOT_FOUND' })
    assert.equal((await ledger.readTotals()).messages, 0)
  })
})
