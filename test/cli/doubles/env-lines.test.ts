import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { envLines } from '../../../src/cli/doubles/env-lines.ts'

void test('a shell reads every value back as it is', () => {
  const value = `Endpoint=sb://x;Key=a b$HOME\`id\`"'\\;& #*`
  const script = `${envLines({ PLAIN: '1', ODD: value }).join('\n')}\nprintf '%s|%s' "$PLAIN" "$ODD"`
  assert.equal(execFileSync('sh', ['-c', script], { encoding: 'utf8' }), `1|${value}`)
})
