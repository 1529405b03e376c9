import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { checkWritable } from '../../adapters/files.ts'
import { RollcallError } from '../../core/errors.ts'
import { shortened } from '../../core/visible.ts'
import {
  DEAD_LETTER_REASONS,
  type DeadLetter,
  type DeadLetterSelection,
  deadLetterId,
  factsOf,
  parseDeadLetterId,
  ledgerReason,
} from '../../core/report/dead-letters/dead-letter.ts'
import {
  type DeadLetterGroup,
  findInDeadLetterQueue,
  groupDeadLetters,
  listDeadLetters,
} from '../../core/report/dead-letters/list.ts'
import { reasonOf, UNCATALOGUED } from '../../core/report/outcomes/reason-catalogue.ts'
import { type Home, type OpenStores, withStores } from './stores.ts'
import { type Format, jsonText, printJson, printLines, printTable, say } from '../support/output.ts'
import { type Column, instantOf, iso, keepSmall, type RowFormat, rowWriter } from '../support/rows.ts'

export interface SelectionOptions {
  readonly reason?: string
  readonly code?: string
  readonly type?: string
  readonly employee?: string
  readonly since?: string
  readonly until?: string
  readonly store?: Home
  readonly archived?: boolean
}
export interface ListOptions extends SelectionOptions {
  readonly limit?: number
  readonly output: RowFormat
}

/** What is asked for. Throws `ArgumentInvalid`, naming the option. */
export function selectionOf({
  reason,
  code,
  type,
  employee: employeeId,
  since,
  until,
}: SelectionOptions): DeadLetterSelection {
  const known = DEAD_LETTER_REASONS.find((one) => one === reason)
  if (reason !== undefined && !known)
    throw new RollcallError('ArgumentInvalid', `--reason takes one of ${DEAD_LETTER_REASONS.join(', ')}`)
  return {
    reason: known ?? null,
    code: code ?? null,
    type: type ?? null,
    employeeId: employeeId ?? null,
    since: since === undefined ? null : instantOf('--since', since),
    until: until === undefined ? null : instantOf('--until', until),
  }
}

/** A row each as it is found, nothing locked. 0, also when there is none. */
export function listDead(environment: NodeJS.ProcessEnv, options: ListOptions): Promise<number> {
  keepSmall()
  const selection = selectionOf(options)
  return withStores(environment, options.store, async (homes) => {
    const write = rowWriter(options.output, COLUMNS, readable)
    let left = options.limit ?? Infinity
    for await (const dead of listDeadLetters(homes, selection, options.archived)) {
      await write.row(dead)
      left -= 1
      if (left <= 0) break
    }
    await write.end()
    return 0
  })
}

const COLUMNS: readonly Column<DeadLetter>[] = [
  ['died', 24, (dead) => iso(factsOf(dead).at)],
  ['id', 24, deadLetterId],
  ['reason', 10, ({ reason }) => reason],
  ['code', 24, (dead) => factsOf(dead).code],
  ['type', 20, (dead) => factsOf(dead).type ?? ''],
  ['event', 26, (dead) => factsOf(dead).id ?? ''],
  ['employee', 14, (dead) => factsOf(dead).employeeId ?? ''],
  ['detail', 0, (dead) => [...marksOf(dead), detailOf(dead, false) ?? ''].filter(Boolean).join(', ')],
]

function marksOf(dead: DeadLetter): string[] {
  if (dead.store === 'bus') return dead.letter.stale ? ['stale'] : []
  const { archivedAt, blocksReactivation } = dead.letter
  return [
    ...(archivedAt === null ? [] : ['archived']),
    ...(blocksReactivation ? ['keeps its person out'] : []),
  ]
}

/** Codes that others made up come with words that others wrote, and those may quote a person's data. */
function detailOf(dead: DeadLetter, values: boolean): string | null {
  const { detail, code } = factsOf(dead)
  if (detail === null || values || dead.store === 'ledger') return detail
  return reasonOf(code) === UNCATALOGUED ? '(hidden)' : detail
}

function readable(dead: DeadLetter, values = false): object {
  const { at, id: event, ...facts } = factsOf(dead)
  const common = {
    id: deadLetterId(dead),
    store: dead.store,
    reason: dead.reason,
    event,
    ...facts,
    detail: detailOf(dead, values),
  }
  if (dead.store === 'ledger') {
    const { refused, operation, revision, replays, archivedAt, blocksReactivation } = dead.letter
    return {
      ...common,
      id: deadLetterId(dead),
      diedAt: iso(at),
      refused,
      operation,
      revision,
      replays,
      archivedAt: iso(archivedAt),
      blocksReactivation,
    }
  }
  const { message, events, stale } = dead.letter
  const { entity, sequence, messageId, sessionId, deliveryCount } = message
  return {
    ...common,
    enqueuedAt: iso(at),
    entity,
    sequence,
    messageId,
    sessionId,
    deliveryCount,
    events: events.length,
    stale,
  }
}

/** How many failed in which way. 0, also when there is none. */
export function groupDead(
  environment: NodeJS.ProcessEnv,
  options: SelectionOptions & { readonly output: Format },
): Promise<number> {
  keepSmall()
  const selection = selectionOf(options)
  return withStores(environment, options.store, async (homes) => {
    const groups = await groupDeadLetters(listDeadLetters(homes, selection, options.archived))
    if (options.output === 'json')
      printJson(groups.map((group) => ({ ...group, firstAt: iso(group.firstAt), lastAt: iso(group.lastAt) })))
    else
      printTable(['count', 'reason', 'code', 'attribute', 'first', 'last', 'example'], groups.map(groupRow))
    return 0
  })
}

function groupRow({
  count,
  reason,
  code,
  attribute,
  firstAt,
  lastAt,
  example,
}: DeadLetterGroup): (string | number)[] {
  return [count, reason, code, attribute ?? '', iso(firstAt), iso(lastAt), example]
}

/** One of them with what its code means and what to do. 4 when there is none of that name. */
export function showDead(
  environment: NodeJS.ProcessEnv,
  id: string,
  { output, showValues }: { readonly output: Format; readonly showValues: boolean },
): Promise<number> {
  const name = parseDeadLetterId(id)
  if (!name)
    throw new RollcallError(
      'ArgumentInvalid',
      'a dead letter is named dl-<number> in the ledger and <queue>#<number> on the bus',
    )
  return withStores(environment, name.store, async (homes) => {
    const dead =
      name.store === 'bus' ? await findInDeadLetterQueue(homes, name) : await findInLedger(homes, name.seq)
    if (!dead) {
      say(`there is no dead letter ${shortened(id)} any more; rollcall dead-letters list shows what there is`)
      return 4
    }
    const { cause, fix, owner, waitingHelps } = reasonOf(factsOf(dead).code)
    const original = await originalOf(homes, dead)
    const body = original?.body ?? null
    const known = {
      arrivedAs: original?.arrivedAs ?? null,
      contentType: original?.contentType ?? null,
      properties: showValues ? (original?.properties ?? {}) : Object.keys(original?.properties ?? {}),
      bytes: body === null ? null : Buffer.byteLength(body),
    }
    if (output === 'json')
      printJson({
        ...readable(dead, showValues),
        ...known,
        ...(showValues ? { body } : {}),
        cause,
        fix,
        owner,
        waitingHelps,
      })
    else {
      const rows = Object.entries({ ...readable(dead, showValues), ...known }).filter(
        ([, value]) => value !== null,
      )
      printTable(
        [id, ''],
        [
          ...rows.map(([key, value]) => [key, cell(value)]),
          ['cause', cause],
          ['what to do', fix],
          ['owner', owner],
        ],
      )
      if (showValues && body !== null) printLines('', ...body.split('\n'))
    }
    return 0
  })
}

function cell(value: unknown): string {
  if (Array.isArray(value)) return value.map(String).join(', ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}

async function findInLedger(homes: OpenStores, seq: number): Promise<DeadLetter | null> {
  const found = await homes.ledger?.findDeadLetter(seq)
  return found ? { store: 'ledger', reason: ledgerReason(found.letter), letter: found.letter } : null
}

interface Kept {
  /** The message it came in, where that is gone. */
  readonly arrivedAs: string | null
  readonly contentType: string | null
  readonly body: string | null
  readonly properties: Readonly<Record<string, unknown>>
}
async function originalOf(homes: OpenStores, dead: DeadLetter): Promise<Kept | null> {
  if (dead.store === 'bus') {
    const { contentType, text, properties } = dead.letter.message
    return { arrivedAs: null, contentType, body: text, properties }
  }
  const original = (await homes.ledger?.findDeadLetter(dead.letter.seq))?.original
  return original ? { ...original, arrivedAs: `${original.entity}#${original.sequence}` } : null
}

/**
 * Writes a new file that only its owner can read, one JSON object a line. Bodies and values of properties only when they are asked for. Throws
 * `FileExists`.
 */
export function exportDead(
  environment: NodeJS.ProcessEnv,
  file: string,
  options: SelectionOptions & { readonly showValues: boolean },
): Promise<number> {
  keepSmall()
  const selection = selectionOf(options)
  checkWritable('the file', file)
  return withStores(environment, options.store, async (homes) => {
    let count = 0
    async function* lines(): AsyncGenerator<string> {
      for await (const dead of listDeadLetters(homes, selection, options.archived)) {
        count += 1
        const original = options.showValues ? await originalOf(homes, dead) : null
        const { contentType, properties, body } = original ?? {}
        yield `${jsonText({ ...readable(dead, options.showValues), ...(original ? { contentType, properties, body } : {}) })}\n`
      }
    }
    try {
      await pipeline(Readable.from(lines()), createWriteStream(file, { flags: 'wx', mode: 0o600 }))
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
        throw new RollcallError('FileExists', `${file} is there already; name another`, { cause: error })
      throw error
    }
    say(
      `${count} dead letters written to ${file}${options.showValues ? ', with personal data' : ', without bodies (--show-values)'}`,
    )
    return 0
  })
}
