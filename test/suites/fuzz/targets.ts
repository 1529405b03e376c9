import { gzipSync } from 'node:zlib'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { sha256 } from '../../../src/adapters/system.ts'
import { jobOf } from '../../../src/adapters/graph/endpoint.ts'
import { httpReader } from '../../../src/adapters/hr-reader/http-reader.ts'
import { checkChannel } from '../../../src/adapters/notify/check.ts'
import { examineConfig } from '../../../src/config/load.ts'
import { printTo } from '../../../src/cli/support/output.ts'
import { evaluateHere } from '../../../src/core/expression/evaluate.ts'
import { readBytes } from '../../../src/core/intake/body/bytes.ts'
import { takeIn, takeInShaped } from '../../../src/core/intake/message.ts'
import { compileShape } from '../../../src/core/intake/shape.ts'
import { SHIPPED_SHAPES } from '../../../src/core/intake/shapes/shipped.ts'
import { DEFAULT_SOURCE } from '../../../src/core/intake/sources.ts'
import { readJson } from '../../../src/core/parse-json.ts'
import { missingFields, parseLogRecord } from '../../../src/core/report/correlate/log-record.ts'
import { commandOf } from '../../fakes/command-line.ts'
import { rawLogRecord } from '../../fakes/log.ts'
import { cloudEvent, inboxMessage } from '../../fakes/messages.ts'
import type { Chance } from '../../fakes/plain-event.ts'
import { spoilBytes, spoilText, spoilValue } from './spoil.ts'
import { amqp } from './targets/amqp.ts'
import { http } from './targets/http.ts'
import { type Target, unaccounted } from './targets/target.ts'

const EVENT = {
  ...cloudEvent,
  data: { ...cloudEvent.data, worker: { title: 'Engineer', name: { givenName: 'Ann' }, active: true } },
}
/** As different vendors write them. */
const PAYLOADS: readonly [unknown, ...unknown[]] = [
  {
    employeeId: '4711',
    eventType: 'employee.terminated',
    effectiveDate: '2026-01-31',
    data: { status: 'Active' },
  },
  {
    type: 'worker.updated',
    subject: '1',
    employee: { id: 1, work: { email: 'a@example.com' } },
    changes: [{ field: 'title' }],
  },
  [{ id: 'a', operation: 'update', attributes: { active: false } }, { id: 'b' }],
]

const shapes = Object.entries(SHIPPED_SHAPES).map(([name, rules]) => ({
  name: `/hr/${name}`,
  shape: compileShape(name, rules, sha256, evaluateHere()),
  source: { ...DEFAULT_SOURCE, notices: true },
}))

const CONFIG = {
  settings: { LEDGER: 'ledger.db' },
  sources: [{ name: '/hr/a', queue: 'hr-events', employeeId: { pad: 8 } }],
  mapping: { attributes: { userName: 'userName', active: 'active', title: { jsonata: 'title' } } },
}
const COMMANDS = [
  'replay --all --actor a --justification b --yes',
  'dead-letters list --reason failed --since 2d --output json',
  'plan --events x.jsonl --employee 1',
  'ledger restored --since 2d --actor a --justification b',
  'block 20011 --until 2026-12-01 --actor a --justification b',
] as const

function spoiltBody(chance: Chance, value: unknown): string {
  const text = JSON.stringify(spoilValue(value, chance)) ?? 'null'
  return chance.oneIn(2) ? text : spoilText(text, chance)
}

/** `folder` takes a file of configuration, and `stack` a server that a layer starts. */
export function targetsIn(folder: string, stack: AsyncDisposableStack): Readonly<Record<string, Target>> {
  const tools = { evaluator: evaluateHere(), digest: sha256, makeReader: httpReader, jobOf, checkChannel }
  return {
    bytes: {
      share: 15,
      run: (chance) => {
        const text = Buffer.from(JSON.stringify(EVENT), chance.pick(['utf8', 'utf16le', 'latin1']))
        const bytes = spoilBytes(chance.oneIn(5) ? gzipSync(text) : text, chance)
        const contentType = spoilText(
          chance.pick(['application/json; charset=utf-16', 'text/xml', '']),
          chance,
        )
        const encodings = [chance.pick(['gzip', 'br', 'utf-8', 'identity', 'x']), 'deflate'].slice(
          0,
          chance.below(3),
        )
        readBytes(bytes, { contentType, encodings })
        return null
      },
    },
    JSON: {
      share: 15,
      run: (chance) => {
        const text = spoiltBody(chance, EVENT)
        const read = readJson(text)
        let isJson = true
        try {
          JSON.parse(text)
        } catch {
          isJson = false
        }
        return isJson || read.kind !== 'json' ? null : 'what is not JSON was read as JSON'
      },
    },
    CloudEvents: {
      share: 29,
      run: (chance) => {
        const body = spoiltBody(chance, chance.oneIn(4) ? [EVENT, { ...EVENT, id: 'e-2' }] : EVENT)
        const { contentType } = inboxMessage(null)
        return unaccounted(takeIn(inboxMessage(body, { contentType }), () => DEFAULT_SOURCE))
      },
    },
    'vendor payloads': {
      share: 12,
      run: async (chance) => {
        const shaped = shapes[chance.below(shapes.length)]
        if (!shaped) return null
        return unaccounted(
          await takeInShaped(inboxMessage(spoiltBody(chance, chance.pick(PAYLOADS))), shaped),
        )
      },
    },
    'log records': {
      share: 15,
      run: (chance) => {
        const record = spoilValue(rawLogRecord('r-1', { echo: { title: 'Head' }, scoping: 'True' }), chance)
        const parsed = parseLogRecord(record)
        missingFields(record)
        return parsed !== null && !Number.isFinite(parsed.activityAt) ? 'a record has no time' : null
      },
    },
    'AMQP types': amqp,
    HTTP: http(stack),
    configuration: {
      share: 2,
      run: (chance) => {
        const file = join(folder, 'rollcall.yaml')
        writeFileSync(file, spoilText(stringify(spoilValue(CONFIG, chance)), chance))
        const { config, problems } = examineConfig({ ROLLCALL_CONFIG: file }, tools)
        return config === null && problems.length === 0
          ? 'a configuration was refused without a reason'
          : null
      },
    },
    arguments: {
      share: 1,
      run: async (chance) => {
        const words = spoilText(chance.pick(COMMANDS), chance).split(' ')
        using _silent = printTo({ out: () => true, err: () => true })
        await commandOf(words).catch((error: unknown) => {
          if (!(error instanceof Error) || !('code' in error)) throw error
        })
        return null
      },
    },
  }
}
