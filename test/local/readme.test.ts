import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'

for (const double of ['service-bus', 'entra'])
  void test(`the example in the README of ${double} runs as it stands`, async (t) => {
    const source = new URL(`../../src/local/${double}/`, import.meta.url)
    const readme = await readFile(new URL('README.md', source), 'utf8')
    const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1]
    assert.ok(example !== undefined, 'the README has an example')

    const folder = await mkdtemp(join(tmpdir(), 'rollcall-readme-'))
    t.after(() => rm(folder, { recursive: true }))
    // The example is not in the folder of the double, so its packages and its relative imports need
    // help.
    await symlink(
      fileURLToPath(new URL('../../node_modules/', import.meta.url)),
      join(folder, 'node_modules'),
    )
    const file = join(folder, 'example.mts')
    await writeFile(file, example.replaceAll("from './", `from '${source.href}`))
    await import(pathToFileURL(file).href)
  })
