import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { command } from '../../fakes/cli.ts'
import { rollcall } from '../../fakes/rollcall.ts'

void it('compiled code is kept in a folder of the user’s own, and a start does without where there is none', async (t) => {
  const store = await mkdtemp(join(tmpdir(), 'rollcall-store-'))
  t.after(() => rm(store, { recursive: true, force: true }))
  for (const _ of [1, 2])
    assert.equal((await rollcall(['--help'], { HOME: store, NODE_COMPILE_CACHE: '' })).code, 0)
  assert.ok((await readdir(join(store, '.cache', 'rollcall'))).length > 0)
  assert.equal((await rollcall(['--help'], { HOME: '/dev/null', NODE_COMPILE_CACHE: '' })).code, 0)
  assert.equal((await rollcall(['--help'], { NODE_COMPILE_CACHE: '' })).code, 0)
})

void it('the bundled samples end with balanced books and one dead letter, which a replay with another user name would put right', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-samples-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const ledger = join(folder, 'ledger.db')
  const demo = await command(['demo', '--fast', '--exit', '--ledger', ledger, '--output', 'json'], {
    LOG_LEVEL: 'silent',
  })
  assert.equal(demo.code, 0, demo.stderr)
  const { balanced, events } = JSON.parse(demo.stdout) as {
    balanced: boolean
    events: Record<string, number>
  }
  assert.deepEqual(
    [balanced, events['dead-lettered'], events['received'], events['planned']],
    [true, 1, 0, 0],
  )
  assert.match(demo.stderr, /dead-letters list --store ledger/)
  const patch = '{"data":{"worker":{"userName":"ines.moreau2@contoso.com"}}}'
  const plan = await command(
    ['replay', '--store', 'ledger', '--dry-run', '--patch', patch, '--output', 'json'],
    { LEDGER: ledger },
  )
  assert.equal(plan.code, 0, plan.stderr)
  const { operations, leftOut } = JSON.parse(plan.stdout) as {
    operations: number
    leftOut: readonly unknown[]
  }
  assert.deepEqual([operations, leftOut], [1, []])
})
