import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { command } from '../fakes/cli.ts'
import { at, files, read } from '../deploy/support.ts'

const page = read('docs/start/connect-a-tenant.md')

void describe('the page that connects a tenant', () => {
  void test('its first user and first leaver are events that are taken in, and the leaver is disabled', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-tenant-'))
    t.after(() => rm(folder, { recursive: true }))
    const lines = [...page.matchAll(/^```json\n(.*)\n```$/gm)].map(([, line = '']) => line)
    assert.equal(lines.length, 2)
    const lane = async (events: readonly string[]): Promise<unknown> => {
      const file = join(folder, `${events.length}.jsonl`)
      await writeFile(file, `${events.join('\n')}\n`)
      const args = ['plan', '--events', file, '--output', 'json']
      const { code, stdout, stderr } = await command(args, { LEDGER: join(folder, 'ledger.db') })
      assert.equal(code, 0, stderr)
      return at(JSON.parse(stdout), 'plan', 0, 'operation', 'lane')
    }
    assert.equal(await lane(lines.slice(0, 1)), 'joiner')
    assert.equal(await lane(lines), 'leaver')
  })

  void test('the lines of check that it explains are those of check', () => {
    const source = files('src/compose/check/*.ts')
      .map((path) => read(path))
      .join('\n')
    const [, table = ''] = /\| line \| when it fails \| step \|\n([\s\S]*?)\n\n/.exec(page) ?? []
    const lines = [...table.matchAll(/^\| (.*?) \|/gm)]
      .flatMap(([, cell = '']) => [...cell.matchAll(/`([a-z ]+?)(?: …| hr-events)?`/g)])
      .map(([, line = '']) => line)
    assert.ok(lines.length > 8, lines.join())
    for (const line of lines) assert.match(source, new RegExp(`['\`]${line}(?: \\$|['\`])`), line)
  })
})
