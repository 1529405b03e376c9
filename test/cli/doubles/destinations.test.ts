import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { test } from 'node:test'
import { parse } from 'yaml'
import { destinationLines, destinationList } from '../../../src/cli/doubles/destinations.ts'
import { printTo } from '../../../src/cli/support/output.ts'
import { readConfig } from '../../../src/compose/config.ts'
import { destinationsIn } from '../../../src/compose/destinations/list.ts'
import { main } from '../../../src/main.ts'
import { writtenFiles } from '../../config/written-files.ts'

const { file } = writtenFiles()

void test('local runs an Entra double for each destination, and what it prints is a configuration of them', async () => {
  const names = ['north', 'south-2']
  const path = file(destinationLines(names).join('\n'))
  const printed = new EventEmitter()
  let told = ''
  using _printed = printTo({
    out: (text) => printed.emit('text', text),
    err: (text) => (told += text) !== '',
  })
  process.env['ROLLCALL_CONFIG'] = path
  const ended = main(['local', '--fast', '--destinations', names.join()])
  const [line] = (await once(printed, 'text')) as [string]
  const { env, entraPorts } = JSON.parse(line) as {
    readonly env: Readonly<Record<string, string>>
    readonly entraPorts: Readonly<Record<string, number>>
  }
  const config = readConfig({ ...env, ROLLCALL_CONFIG: path })
  const directories = Object.values(entraPorts).map(async (port) =>
    (await fetch(`http://127.0.0.1:${port}/directory`)).json(),
  )
  assert.deepEqual(await Promise.all(directories), [{}, {}])
  process.emit('SIGINT', 'SIGINT')
  assert.equal(await ended, 0)
  delete process.env['ROLLCALL_CONFIG']

  assert.equal('PROVISIONING_ENDPOINT' in env, false)
  assert.deepEqual(
    destinationsIn(config).map(({ name, endpoint }) => [name, endpoint.origin]),
    names.map((name) => [name, `http://127.0.0.1:${entraPorts[name]}`]),
  )
  assert.deepEqual(parse(told.replace('For rollcall.yaml:\n', '')), parse(destinationLines(names).join('\n')))
})

void test('the names of destinations are small letters, digits and hyphens, each once', () => {
  assert.deepEqual(destinationList('north, south-2'), ['north', 'south-2'])
  for (const wrong of ['', 'north,', 'North', 'north,north'])
    assert.throws(() => destinationList(wrong), wrong)
})
