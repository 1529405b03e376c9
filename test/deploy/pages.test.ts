import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { ENTITIES, OF_NODE, read, root, VARIABLES } from './support.ts'

/** What the pages name in capitals that is nobody's variable of ours. */
const OTHERS = new Set([
  'ACCEPT_EULA',
  'SQL_PASSWORD',
  'POSTGRES_PASSWORD',
  'GRAPH_URL',
  'SERVICEBUS_PARTITIONED_CONNECTION_STRING',
])

for (const page of ['docs/guides/deploy.md', 'docs/guides/service-bus.md'])
  void describe(page, () => {
    const text = read(page)

    void test('every variable it names is one, and so is every queue', () => {
      const named = [...text.matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=[^`]*)?`/g)].map(
        ([, name = '']) => name,
      )
      assert.ok(named.length > 5)
      for (const name of named) assert.ok(VARIABLES.has(name) || OF_NODE.has(name) || OTHERS.has(name), name)
      for (const [, name = ''] of text.matchAll(/`((?:hr|rollcall)[-.][a-z-]+)`/g))
        assert.ok(ENTITIES.has(name) || name === 'rollcall.env' || name === 'rollcall.yaml', name)
    })

    void test('every file it names is there', () => {
      for (const [, path = ''] of text.matchAll(
        /(?:`|\s)((?:deploy|src|test)\/[\w./-]*\w|docker-compose\.yml|azure\.yaml)/g,
      ))
        assert.ok(existsSync(join(root, path)), path)
    })
  })
