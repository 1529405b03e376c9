import assert from 'node:assert/strict'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Look, soak } from './soak.ts'

void test('days of events leave the directory as HR said, each event with its outcome, and nothing held that grows', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'rollcall-soak-'))
  const looked: Look[] = []
  const { violations, operations, looks } = await soak({
    events: 1_000,
    employees: 300,
    seed: 1,
    file: join(folder.path, 'ledger.db'),
    onDay: (look) => void looked.push(look),
  })
  assert.deepEqual(violations, [])
  assert.ok(operations > 300)
  assert.deepEqual(looked, looks)
})
