import { expressionProcess } from '../../adapters/expression-process/client.ts'
import { unpack } from '../../adapters/service-bus/bodies/unpack.ts'
import type { Config } from '../../config/load.ts'
import { RollcallError } from '../../core/errors.ts'
import type { Unpack } from '../../core/intake/body/bytes.ts'
import { parseBody } from '../../core/intake/decode.ts'
import { answerRules, type HrAnswer } from '../../core/intake/hydrate/answer.ts'
import type { ReadAnswer } from '../../core/intake/hydrate/loop.ts'
import type { HrSystemSettings } from '../../core/intake/hydrate/settings.ts'
import { takeIn, takeInShaped, type TakenIn } from '../../core/intake/message.ts'
import type { ShapeRules } from '../../core/intake/shape.ts'
import { messageView } from '../../core/intake/shape/message-view.ts'
import { fromXml } from '../../core/intake/shape/xml-as-json.ts'
import type { ConfiguredSource } from '../../core/intake/sources.ts'
import type { Notice } from '../../core/ledger/port/intake.ts'
import type { HrEvent, Json } from '../../core/model.ts'
import { type Preview, previewEmployee } from '../../core/plan/preview.ts'
import type { SourceMessage } from '../../core/ports.ts'
import type { NamedRule } from './unmatched.ts'
import { planRules } from '../rules.ts'

/** Tries the rules of one source on samples. Reads no queue, no ledger and no HR system. */
export interface SampleRules {
  readonly source: ConfiguredSource
  takeIn(message: SourceMessage): Promise<TakenIn>
  /** Throws `ArgumentInvalid` when the source has no `read`. */
  read(answer: HrAnswer, notice: Notice): Promise<ReadAnswer>
  /**
   * What would be sent for each employee if these events were all there are, once all have taken
   * effect.
   */
  previews(events: readonly HrEvent[]): Promise<readonly Preview[]>
  /**
   * What the rules see of a message: its payload, and `$message` in it. `null` for a body that is
   * not JSON.
   */
  seen(message: SourceMessage): Json | null
  /** Unpacks what a file holds compressed. */
  readonly unpack: Unpack
  /** The rules of the shape. None for a source of canonical events. */
  readonly shapeRules: readonly NamedRule[]
  readonly readRules: readonly NamedRule[]
  readonly mappingRules: readonly NamedRule[]
}

/**
 * The rules of the source with this name; of the first that has a shape, or else the first, when
 * there is no name. Throws `ArgumentInvalid` for another name.
 */
export function sampleRules(config: Config, name: string | undefined): SampleRules {
  const source = sourceOf(config, name)
  const settings = config.file?.content.sources?.find((one) => one.name === source.name)?.read
  const answers =
    settings === undefined
      ? null
      : answerRules(settings, {
          evaluator: expressionProcess(),
          source: source.source,
          uses: config.rules.uses,
        })
  return {
    source,
    takeIn: async (message) =>
      source.shape === null
        ? takeIn(message, () => source.source)
        : takeInShaped(message, { name: source.name, shape: source.shape, source: source.source }),
    read: (answer, notice) => {
      if (answers === null)
        throw new RollcallError('ArgumentInvalid', `--read: the source ${source.name} has no read`)
      return answers.understand(answer, notice)
    },
    previews: (events) => previewsOf(config, events),
    seen: (message) => {
      const parsed = parseBody(message, source.shape ?? {})
      if (parsed.kind === 'rejected') return null
      const xml = source.shape?.rules.xml === true ? { $xml: fromXml(parsed.body) } : {}
      return { $body: parsed.body, $message: messageView(message), ...xml }
    },
    unpack,
    shapeRules: source.shape === null ? [] : rulesOfShape(source.shape.rules),
    readRules: settings === undefined ? [] : rulesOfRead(settings),
    mappingRules: rulesOfMapping(config),
  }
}

function sourceOf({ rules: { sources } }: Config, name: string | undefined): ConfiguredSource {
  const found =
    name === undefined
      ? (sources.find(({ shape }) => shape !== null) ?? sources[0])
      : sources.find((source) => source.name === name)
  if (found) return found
  throw new RollcallError(
    'ArgumentInvalid',
    `--source must be one of ${sources.map((source) => source.name).join(', ')}`,
  )
}

async function previewsOf(config: Config, events: readonly HrEvent[]): Promise<readonly Preview[]> {
  const rules = planRules(config)
  const previews: Preview[] = []
  for (const [employeeId, own] of Map.groupBy(events, (event) => event.employeeId)) {
    const employee = {
      employeeId,
      revision: 0,
      acceptedHash: null,
      known: false,
      unanswered: [],
      events: own.map((event, index) => ({
        ...event,
        seq: -1 - index,
        dead: false,
        state: 'received' as const,
        reason: null,
        by: null,
      })),
    }
    const at = Math.max(...own.flatMap(({ effectiveAt, recordedAt }) => [effectiveAt, recordedAt]))
    previews.push(await previewEmployee(employee, null, at, rules))
  }
  return previews
}

function rulesOfShape(rules: ShapeRules): readonly NamedRule[] {
  const { items, event, body, fields, id, access } = rules
  const ids = id === undefined ? [] : [id].flat()
  return [
    ...Object.keys(body ?? {}).map((path) => pathRule('body', path)),
    ...expressionRules({ items }),
    ...Object.keys(fields ?? {}).map((path) => pathRule('fields', path)),
    ...ids.map((path) => pathRule('id', path)),
    ...(access === undefined ? [] : [pathRule('access.from', access.from)]),
    ...expressionRules({ event }),
  ]
}

function rulesOfRead({ worker, at, found, employee, access }: HrSystemSettings): readonly NamedRule[] {
  return [
    ...expressionRules({ worker, at, found, employee }),
    ...(access === undefined ? [] : [pathRule('access.from', access.from)]),
  ]
}

/** Those that the file writes: the default mapping has more than any source sends. */
export function rulesOfMapping({ file }: Config): readonly NamedRule[] {
  return Object.entries(file?.content.mapping?.attributes ?? {}).flatMap(([to, rule]) => {
    if (rule === null) return []
    if (typeof rule === 'string') return [pathRule(`mapping of ${to}`, rule)]
    const { from, jsonata } = rule
    return [
      ...(from === undefined ? [] : [pathRule(`mapping of ${to}`, from)]),
      ...expressionRules({ [`mapping of ${to}`]: jsonata }),
    ]
  })
}

function pathRule(rule: string, path: string): NamedRule {
  return { kind: 'path', rule, path }
}

function expressionRules(texts: Readonly<Record<string, string | undefined>>): readonly NamedRule[] {
  return Object.entries(texts).flatMap(([rule, text]) =>
    text === undefined ? [] : [{ kind: 'expression' as const, rule, text }],
  )
}
