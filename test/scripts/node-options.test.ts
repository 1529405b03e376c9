import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { OPTIONS } from '../fakes/rollcall.ts'

const read = (path: string): string => readFileSync(join(import.meta.dirname, '../..', path), 'utf8')

void test('every way to start Rollcall gives Node the same options', () => {
  const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Record<string, string> }
  const [firstLine] = read('src/rollcall.mjs').split('\n')
  const given = OPTIONS.join(' ')
  assert.equal(firstLine, `#!/usr/bin/env -S node ${given}`)
  for (const name of ['start', 'rollcall'])
    assert.ok(scripts[name]?.startsWith(`node ${given} src/rollcall.mjs`), name)
  assert.match(read('deploy/Dockerfile'), RegExp(`^ENV NODE_OPTIONS=${given}$`, 'm'))
})
