import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wordsOf } from '../fakes/command-line.ts'
import { unknownNames } from './support/tools/names.ts'
import { readToolLine } from './support/tools/read-line.ts'

void test('a tool is typed with names that the deployment has: a wrong one in a line of a guide is noticed', async () => {
  const noticed = async (line: string, folder = '.'): Promise<readonly string[]> =>
    unknownNames(readToolLine(wordsOf(line)), folder)
  const production = 'deploy/compose'
  for (const [right, wrong, unknown] of [
    ['docker compose restart connector', 'docker compose restart conector', 'conector'],
    [
      'docker compose exec -T postgres pg_dump --username=rollcall rollcall',
      'docker compose exec -T postgrez pg_dump --username=rollcall rollcall',
      'postgrez',
    ],
    [
      'docker compose exec connector node src/rollcall.mjs check',
      'docker compose exec connector node src/rollcal.mjs check',
      'src/rollcal.mjs',
    ],
    [
      'kubectl rollout restart deployment/rollcall --namespace rollcall',
      'kubectl rollout restart deployment/rolcall --namespace rollcall',
      'deployment/rolcall',
    ],
  ] as const) {
    assert.deepEqual(await noticed(right, production), [], right)
    assert.deepEqual(await noticed(wrong, production), [unknown], wrong)
  }
  assert.deepEqual(await noticed('docker compose restart postgres', 'docs'), ['postgres'], 'no file is there')
})
