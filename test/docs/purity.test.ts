import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile, copyFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'

const root = fileURLToPath(new URL('../../', import.meta.url))

const BAD = `import { readFileSync } from 'node:fs'
import { ServiceBusClient } from '@azure/service-bus'
import { jsonLogger } from '../adapters/logger.ts'
export const bad = [readFileSync, ServiceBusClient, jsonLogger, Date.now(), Math.random(), setTimeout(() => {}, 1)]
`

void test('the core may not reach outside: lint refuses a file that does', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-lint-'))
  try {
    await mkdir(join(folder, 'src/core'), { recursive: true })
    await copyFile(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'))
    await writeFile(join(folder, 'src/core/bad.ts'), BAD)
    const { code, output } = await lint(folder)
    assert.notEqual(code, 0)
    for (const told of [
      'node:fs',
      '@azure/service-bus',
      '../adapters/logger.ts',
      'Runtime.now()',
      'Runtime.random()',
      "'setTimeout'",
    ])
      assert.ok(output.includes(told), `${told} is refused:\n${output}`)
  } finally {
    await rm(folder, { recursive: true })
  }
})

function lint(cwd: string): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve) => {
    execFile(join(root, 'node_modules/.bin/oxlint'), ['src'], { cwd }, (error, stdout, stderr) =>
      resolve({ code: error ? 1 : 0, output: stdout + stderr }),
    )
  })
}
