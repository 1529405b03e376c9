import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { command } from '../../../fakes/cli.ts'

const FILE = `
sources:
  - { name: /hr/plain, queue: plain }
  - name: /hr/contracts
    queue: contracts
    shape:
      fields: { Number: id, Salary: number?, $message.properties.Acme.Type: text }
      id: $message.messageId
      event: |
        { "type": $contains($message.properties."Acme.Type", "Ended") ? "worker.terminated" : "worker.hired",
          "subject": Number, "data": { "worker": { "userName": Mail, "title": JobTitel } } }
    read:
      url: https://hr.contoso.example/{employee}
      worker: '{ "userName": mail, "title": role, "active": status = "A" }'
mapping:
  attributes:
    title: { jsonata: "title & ' (' & grade & ')'" }
`
const MISNAMED = `
sources:
  - name: /hr/nsb
    queue: nsb
    shape:
      fields: { Number: id }
      id: Number
      event: |
        ( $type := NServiceBus.EnclosedMessageTypes;
          { "type": $contains($type, "Ended") ? "worker.terminated" : "worker.hired", "subject": Number,
            "data": { "worker": { "userName": Mail } } } )
`

let folder = ''
const at = (name: string): string => join(folder, name)
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-shape-'))
  await writeFile(at('rollcall.yaml'), FILE)
  await writeFile(at('misnamed.yaml'), MISNAMED)
  const message = (type: string): object => ({ messageId: 'm-1', properties: { 'Acme.Type': type } })
  const body = { Number: 90101, Mail: 'ida@contoso.com', JobTitle: 'Lead' }
  await writeFile(at('hired.json'), JSON.stringify({ message: message('Hired'), body }))
  await writeFile(at('ended.json'), JSON.stringify({ message: message('Ended'), body }))
  await writeFile(at('bare.json'), JSON.stringify(body))
  await writeFile(at('packed.json.gz'), gzipSync(JSON.stringify(body)))
  await writeFile(at('answer.json'), JSON.stringify({ mail: 'ida@contoso.com', role: 'Lead', status: 'A' }))
  await writeFile(at('empty.json'), JSON.stringify({ employee: '7', body: [] }))
})
after(() => rm(folder, { recursive: true }))

/** Runs `shape test` on these samples with the file of that name. */
async function run(names: readonly string[], options: readonly string[] = [], config = 'rollcall.yaml') {
  const argv = ['shape', 'test', ...names.map(at), ...options]
  const ran = await command(argv, { ROLLCALL_CONFIG: at(config) })
  return { ...ran, json: () => JSON.parse(ran.stdout) }
}

void describe('shape test', () => {
  void it('shows the events of each sample, and hides values unless asked', async () => {
    const { code, stdout } = await run(['hired.json', 'ended.json'])
    assert.equal(code, 0)
    assert.match(
      stdout,
      /hired\.json\n {2}events: source \/hr\/contracts, id m-1, type worker\.hired, employeeId 90101/,
    )
    assert.match(stdout, /ended\.json\n.*type worker\.terminated/)
    assert.doesNotMatch(stdout, /ida@contoso/)
    const shown = (await run(['hired.json'], ['--show-values', '--output', 'json'])).json()
    assert.equal(shown.samples[0].events[0].worker.userName, 'ida@contoso.com')
    assert.equal(shown.samples[0].events[0].recordedAt, '2026-01-01T00:00:00.000Z')
  })

  void it('shows why a sample is refused, also one that is packed or misses a property', async () => {
    const { code, json } = await run(['bare.json', 'packed.json.gz'], ['--output', 'json'])
    assert.equal(code, 0)
    for (const { refused } of json().samples)
      assert.deepEqual([refused.code, refused.field], ['FieldMissing', '$message.properties.Acme.Type'])
  })

  void it('names what no sample has, and what was probably meant', async () => {
    const { stderr } = await run(['hired.json'])
    assert.match(stderr, /warning: fields names Salary, which is in none of the samples\n/)
    assert.match(stderr, /warning: event names JobTitel, .*did you mean JobTitle\?/)
    assert.doesNotMatch(stderr, /names (Mail|Number|userName|worker|Acme\.Type)/)
    const { stderr: misnamed } = await run(['hired.json'], [], 'misnamed.yaml')
    assert.doesNotMatch(misnamed, /did you mean/)
    const sent = {
      message: { properties: { 'NServiceBus.EnclosedMessageTypes': 'Hired' } },
      body: { Number: 1, Mail: 'x' },
    }
    await writeFile(at('nsb.json'), JSON.stringify(sent))
    const { stderr: meant } = await run(['nsb.json'], [], 'misnamed.yaml')
    assert.match(
      meant,
      /event names EnclosedMessageTypes, .*did you mean \$message\.properties\."NServiceBus\.EnclosedMessageTypes"\?/,
    )
  })

  void it('writes the expected results, and fails on one that differs, by its path and without its value', async () => {
    await mkdir(at('golden'), { recursive: true })
    const expect = ['--expect', at('golden')]
    assert.equal((await run(['hired.json', 'bare.json'], expect)).code, 1)
    const updated = await run(['hired.json', 'bare.json'], [...expect, '--update'])
    assert.deepEqual([updated.code, /2 result\(s\) written/.test(updated.stderr)], [0, true])
    const same = await run(['hired.json', 'bare.json'], expect)
    assert.deepEqual([same.code, /2 of 2 as expected/.test(same.stderr)], [0, true])
    const file = join(at('golden'), 'hired.json')
    await writeFile(
      file,
      (await readFile(file, 'utf8')).replace('ida@', 'ada@').replace('"delta"', '"snapshot"'),
    )
    const different = await run(['hired.json', 'bare.json'], expect)
    assert.equal(different.code, 1)
    assert.match(
      different.stdout,
      /DIFFERS: events\[0\]\.mode differs\n {2}DIFFERS: events\[0\]\.worker\.userName differs/,
    )
    assert.doesNotMatch(different.stdout, /ada@|ida@/)
  })

  void it('shows the record that the mapping makes, and names of the mapping that no sample has', async () => {
    const { json, stderr } = await run(['hired.json'], ['--mapping', '--show-values', '--output', 'json'])
    assert.deepEqual(json().samples[0].records, [
      { employeeId: '90101', record: { userName: 'ida@contoso.com', title: ' ()', active: true } },
    ])
    assert.match(stderr, /mapping of title names grade, which is in none of the samples/)
  })

  void it('shows the event of an answer from the HR system, and its record', async () => {
    const options = ['--read', '--mapping', '--show-values', '--output', 'json']
    const { json, stderr } = await run(['answer.json', 'empty.json'], options)
    const [answer, empty] = json().samples
    assert.deepEqual(answer.worker, { userName: 'ida@contoso.com', title: 'Lead', active: true })
    assert.equal(answer.records[0].record.userName, 'ida@contoso.com')
    assert.equal(empty.refused.code, 'AnswerEmpty')
    assert.doesNotMatch(stderr, /worker names/)
  })

  void it('reads canonical events too, and says which source is not there', async () => {
    const event = {
      specversion: '1.0',
      id: 'e-1',
      source: '/hr/plain',
      type: 'worker.terminated',
      subject: '1',
      data: {},
    }
    await writeFile(at('event.json'), JSON.stringify(event))
    const { json } = await run(['event.json'], ['--source', '/hr/plain', '--output', 'json'])
    assert.equal(json().samples[0].events[0].type, 'worker.terminated')
    const wrong = await run(['event.json'], ['--source', '/hr/other'])
    assert.deepEqual([wrong.code, /--source must be one of/.test(wrong.stderr)], [2, true])
    const none = await run(['none.json'])
    assert.deepEqual([none.code, /does not exist/.test(none.stderr)], [2, true])
    assert.equal((await run(['event.json'], ['--update'])).code, 2)
    const unread = await run(['event.json'], ['--source', '/hr/plain', '--read'])
    assert.match(unread.stderr, /has no read/)
  })
})
