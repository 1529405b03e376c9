import type { SampleRules } from '../../../compose/samples/sample-rules.ts'
import { EXIT_CODES, RollcallError } from '../../../core/errors.ts'
import type { Unmatched } from '../../../compose/samples/unmatched.ts'
import type { HrEvent, Json, JsonObject } from '../../../core/model.ts'
import type { Preview } from '../../../core/plan/preview.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { differences, goldenFile, readGolden, writeGolden } from '../../support/files/golden.ts'
import { iso } from '../../support/instants.ts'
import { formatOption, showValuesOption } from '../../support/options/options.ts'
import { type Format, printJson, printLines, say } from '../../support/output.ts'
import { displayValue, type Show, showing } from '../../../core/display/personal.ts'
import type { Sample } from '../../support/files/sample-file.ts'

export const register: RegisterCommand = (shape, { environment, finish }) => {
  shape
    .command('test')
    .description(
      'what a source makes of sample messages, each in a file: a body, or {"message": {…}, "body": …}; sends nothing',
    )
    .argument('<files...>', 'the samples')
    .option('--source <name>', 'the source (default: the first with a shape)')
    .option('--read', 'the files are answers of its HR system: a body, or {"employee": …, "body": …}', false)
    .option('--mapping', 'also show the record that the mapping makes of it', false)
    .option('--expect <folder>', 'compare with the expected results in this folder')
    .option('--update', 'with --expect: write the results there instead', false)
    .addOption(showValuesOption())
    .addOption(formatOption())
    .action(async (files, options) => finish(await testShape(files, options, environment)))
}

interface TestOptions {
  readonly source?: string | undefined
  readonly read: boolean
  readonly mapping: boolean
  readonly expect?: string | undefined
  readonly update: boolean
  readonly output: Format
  readonly showValues: boolean
}

/** The result of one sample as JSON, as a golden file holds it, values included. */
interface Result {
  readonly sample: Sample
  readonly result: JsonObject
  /** Differences from the golden file, by their paths; `null` when nothing is compared. */
  readonly differs: readonly string[] | null
}

/** Exit 0, or 1 when a result is not the expected one. A refused sample may well be expected. */
async function testShape(
  files: readonly string[],
  options: TestOptions,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const [{ readConfig }, { checkFiles }, { sampleRules }, { readSample }] = await Promise.all([
    import('../../../compose/config.ts'),
    import('../../../compose/files.ts'),
    import('../../../compose/samples/sample-rules.ts'),
    import('../../support/files/sample-file.ts'),
  ])
  checkOptions(files, options)
  for (const file of files) checkFiles({ readable: { 'a sample': file } })
  const rules = sampleRules(readConfig(environment), options.source)
  const results: Result[] = []
  for (const file of files) {
    const sample = await readSample(file, rules)
    const result = options.read
      ? await readResult(sample, rules, options)
      : await takenIn(sample, rules, options)
    results.push({ sample, result, differs: compare(sample, result, options) })
  }
  const unmatched = await unmatchedIn(results, rules, options)
  report(results, unmatched.map(warningOf), options)
  return results.some(({ differs }) => differs !== null && differs.length > 0)
    ? EXIT_CODES.failed
    : EXIT_CODES.done
}

function checkOptions(files: readonly string[], { expect, update }: TestOptions): void {
  if (update && expect === undefined)
    throw new RollcallError('ArgumentInvalid', '--update needs --expect, the folder to write to')
  if (expect === undefined) return
  const names = files.map((file) => goldenFile(expect, file))
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined)
    throw new RollcallError('ArgumentInvalid', `two samples would both have ${twice}; rename one of them`)
}

async function takenIn(sample: Sample, rules: SampleRules, { mapping }: TestOptions): Promise<JsonObject> {
  const { events, findings, rejected } = await rules.takeIn(sample.message)
  if (rejected) {
    const { code, field, description } = rejected
    return { refused: { code, field, description } }
  }
  return {
    events: events.map(eventJson),
    ...(findings.length > 0 ? { findings: findings.map(({ code }) => code) } : {}),
    ...(mapping ? { records: recordsOf(await rules.previews(events)) } : {}),
  }
}

async function readResult(sample: Sample, rules: SampleRules, { mapping }: TestOptions): Promise<JsonObject> {
  const { name, source } = rules.source
  const { enqueuedAt } = sample.message
  if (sample.json === null)
    return { refused: { code: 'AnswerInvalid', field: null, description: 'the answer is not JSON' } }
  const event: HrEvent = {
    source: name,
    id: 'sample',
    type: 'worker.snapshot',
    employeeId: sample.employeeId,
    recordedAt: enqueuedAt,
    effectiveAt: enqueuedAt,
    effectiveRaw: null,
    order: null,
    rank: source.rank,
    mode: 'snapshot',
    worker: {},
    rescinds: null,
    traceparent: null,
  }
  const calls = Object.entries(sample.calls).map(([call, answer]) => [call, [answer]] as const)
  const answer = await rules.read(
    { pages: [sample.json], calls: Object.fromEntries(calls) },
    { ...event, seq: 1, attempts: 0 },
  )
  if (answer.kind === 'record') {
    const { worker, at } = answer
    const records = mapping ? recordsOf(await rules.previews([{ ...event, worker }])) : null
    return { worker, ...(at === null ? {} : { at: iso(at) }), ...(records === null ? {} : { records }) }
  }
  if (answer.kind === 'gone')
    return {
      refused: { code: 'gone', field: null, description: 'the answer says that there is no such employee' },
    }
  return { refused: { code: answer.code, field: null, description: answer.why ?? '' } }
}

/** An event without what its source decides for all of them. */
function eventJson({ recordedAt, effectiveAt, ...event }: HrEvent): JsonObject {
  const { source, id, type, employeeId, mode, worker, order, rescinds, changedFields } = event
  return {
    source,
    id,
    type,
    employeeId,
    mode,
    recordedAt: iso(recordedAt),
    effectiveAt: iso(effectiveAt),
    worker,
    ...(order === null ? {} : { order }),
    ...(changedFields === undefined ? {} : { changedFields }),
    ...(rescinds === null ? {} : { rescinds: { source: rescinds.source, id: rescinds.id } }),
  }
}

/** The record of each employee once all events have taken effect, by its targets. */
function recordsOf(previews: readonly Preview[]): Json {
  return previews.map(({ employeeId, operation, decisions }): Json => {
    if (operation)
      return {
        employeeId,
        record: Object.fromEntries(
          operation.changes.flatMap((change) =>
            change.kind === 'left out' ? [] : [[change.target, change.to]],
          ),
        ),
      }
    const [decision] = decisions
    return {
      employeeId,
      record: null,
      why: decision ? { state: decision.state, reason: decision.reason, detail: decision.detail } : null,
    }
  })
}

function compare({ file }: Sample, result: JsonObject, options: TestOptions): readonly string[] | null {
  if (options.expect === undefined) return null
  const golden = goldenFile(options.expect, file)
  if (options.update) {
    writeGolden(golden, result)
    return []
  }
  const expected = readGolden(golden)
  return expected === null
    ? [`${golden} does not exist; write it with --update`]
    : // What is written and read again: numbers and missing values are as in the file.
      differences(expected, JSON.parse(JSON.stringify(result)) as Json)
}

/** Names in the rules that no sample has. */
async function unmatchedIn(
  results: readonly Result[],
  rules: SampleRules,
  { read, mapping }: TestOptions,
): Promise<readonly Unmatched[]> {
  const { unmatchedNames } = await import('../../../compose/samples/unmatched.ts')
  const payloads = results.flatMap(({ sample }): readonly Json[] => {
    const seen = read ? { $body: sample.json, calls: sample.calls } : rules.seen(sample.message)
    return seen === null ? [] : [seen]
  })
  const workers = results.flatMap(({ result }) => [result['worker'] ?? null, result['events'] ?? null])
  return [
    ...unmatchedNames(read ? rules.readRules : rules.shapeRules, payloads),
    ...(mapping ? unmatchedNames(rules.mappingRules, workers) : []),
  ]
}

function warningOf({ rule, name, meant }: Unmatched): string {
  const hint = meant === null ? '' : `; did you mean ${meant}?`
  return `${rule} names ${name}, which is in none of the samples${hint}`
}

function report(
  results: readonly Result[],
  warnings: readonly string[],
  { output, showValues, update, expect }: TestOptions,
): void {
  const show = showing(showValues)
  if (output === 'json')
    printJson({
      samples: results.map(({ sample, result, differs }) => ({
        file: sample.file,
        ...hidden(result, show),
        ...(differs === null ? {} : { differs }),
      })),
      warnings,
    })
  else
    for (const { sample, result, differs } of results) {
      printLines(sample.file, ...linesOf(result, show).map((line) => `  ${line}`))
      for (const difference of differs ?? []) printLines(`  DIFFERS: ${difference}`)
    }
  for (const warning of warnings) say(`warning: ${warning}`)
  if (expect === undefined) return
  const wrong = results.filter(({ differs }) => differs !== null && differs.length > 0).length
  say(
    update
      ? `${results.length} result(s) written to ${expect}`
      : `${results.length - wrong} of ${results.length} as expected`,
  )
}

/** The values of personal attributes are those of workers and records. */
function hidden(result: JsonObject, show: Show): JsonObject {
  const values = (of: Json): Json =>
    typeof of === 'object' && of !== null && !Array.isArray(of)
      ? Object.fromEntries(Object.entries(of).map(([name, value]) => [name, show(name, value)]))
      : of
  const inside = (of: Json): Json =>
    Array.isArray(of)
      ? of.map((one: JsonObject) => ({
          ...one,
          ...('worker' in one ? { worker: values(one['worker'] ?? null) } : {}),
          ...('record' in one ? { record: values(one['record'] ?? null) } : {}),
        }))
      : values(of)
  return Object.fromEntries(
    Object.entries(result).map(([name, value]) => [
      name,
      ['events', 'records', 'worker'].includes(name) ? inside(value) : value,
    ]),
  )
}

function linesOf(result: JsonObject, show: Show): readonly string[] {
  return Object.entries(hidden(result, show)).flatMap(([part, value]) => {
    const rows = Array.isArray(value) ? (value as readonly Json[]) : [value]
    if (rows.length === 0) return [`${part}: none`]
    return rows.map((row) => `${part}: ${typeof row === 'string' ? row : lineOf(row)}`)
  })
}

function lineOf(row: Json): string {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return displayValue(row)
  // No record is not a cleared one.
  const shown = (name: string, value: Json): string =>
    name === 'record' && value === null ? 'none' : displayValue(value)
  return Object.entries(row)
    .map(([name, value]) => `${name} ${shown(name, value)}`)
    .join(', ')
}
