import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { rollcall } from '../fakes/rollcall.ts'

void it('compiled code is kept in a folder of the user’s own, and a start does without where there is none', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'rollcall-home-'))
  t.after(() => rm(home, { recursive: true, force: true }))
  for (const _ of [1, 2]) assert.equal((await rollcall(['--help'], { HOME: home })).code, 0)
  assert.ok((await readdir(join(home, '.cache', 'rollcall'))).length > 0)
  assert.equal((await rollcall(['--help'], { HOME: '/dev/null' })).code, 0)
  assert.equal((await rollcall(['--help'])).code, 0)
})
