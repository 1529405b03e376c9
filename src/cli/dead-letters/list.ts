import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { withStores } from '../../compose/stores.ts'
import { readConfig } from '../../compose/config.ts'
import { checkFiles } from '../../compose/files.ts'
import { EXIT_CODES, RollcallError } from '../../core/errors.ts'
import type { DeadLetter } from '../../core/report/dead-letters/dead-letter.ts'
import { findMessage } from '../../core/report/dead-letters/find.ts'
import { type DeadLetterGroup, groupDeadLetters } from '../../core/report/dead-letters/groups.ts'
import { listDeadLetters } from '../../core/report/dead-letters/list.ts'
import type { Stores } from '../../core/report/dead-letters/stores.ts'
import { type Format, jsonText, printJson, printTable, say } from '../support/output.ts'
import { iso } from '../support/instants.ts'
import { keepSmall, type RowFormat, rowWriter } from '../support/rows.ts'
import { sayNearlyMatching, type SelectionOptions, selectionOf } from './options.ts'
import { COLUMNS, readable } from './row.ts'

export interface ListOptions extends SelectionOptions {
  readonly limit?: number
  readonly output: RowFormat
}

/** Prints a row for each as it is found; nothing is locked. Exit 0, also when there is none. */
export async function listDead(environment: NodeJS.ProcessEnv, options: ListOptions): Promise<number> {
  keepSmall()
  const selection = selectionOf(options)
  return await withStores(readConfig(environment), options.store ?? null, say, async (stores) => {
    const write = rowWriter(options.output, COLUMNS, readable)
    let found = 0
    for await (const dead of listDeadLetters(stores, selection, options.archived)) {
      await write.row(dead)
      found += 1
      if (found >= (options.limit ?? Infinity)) break
    }
    await write.end()
    if (found === 0) await sayNearlyMatching(stores.ledger, options.employee)
    return EXIT_CODES.done
  })
}

/** Counts dead letters that failed in the same way. Exit 0, also when there is none. */
export async function groupDead(
  environment: NodeJS.ProcessEnv,
  options: SelectionOptions & { readonly output: Format },
): Promise<number> {
  keepSmall()
  const selection = selectionOf(options)
  return await withStores(readConfig(environment), options.store ?? null, say, async (stores) => {
    const groups = await groupDeadLetters(listDeadLetters(stores, selection, options.archived))
    if (options.output === 'json')
      printJson(groups.map((group) => ({ ...group, firstAt: iso(group.firstAt), lastAt: iso(group.lastAt) })))
    else
      printTable(['count', 'reason', 'code', 'attribute', 'first', 'last', 'example'], groups.map(groupRow))
    return EXIT_CODES.done
  })
}

function groupRow(group: DeadLetterGroup): (string | number)[] {
  const { count, reason, code, attribute, firstAt, lastAt, example } = group
  return [count, reason, code, attribute ?? '', iso(firstAt), iso(lastAt), example]
}

interface ExportOptions extends SelectionOptions {
  readonly showValues: boolean
}

/**
 * Writes a new file that only its owner can read, one JSON object a line. It holds bodies and
 * values of properties only with `showValues`. Throws `FileExists`.
 */
export async function exportDead(
  environment: NodeJS.ProcessEnv,
  file: string,
  options: ExportOptions,
): Promise<number> {
  keepSmall()
  const selection = selectionOf(options)
  checkFiles({ writable: { 'the file': file } })
  return await withStores(readConfig(environment), options.store ?? null, say, async (stores) => {
    let count = 0
    async function* lines(): AsyncGenerator<string> {
      for await (const dead of listDeadLetters(stores, selection, options.archived)) {
        count += 1
        yield `${jsonText(await exported(stores, dead, options))}\n`
      }
    }
    try {
      await pipeline(Readable.from(lines()), createWriteStream(file, { flags: 'wx', mode: 0o600 }))
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
        throw new RollcallError('FileExists', `${file} exists already; name another`, { cause: error })
      throw error
    }
    const content = options.showValues ? 'with personal data' : 'without bodies (--show-values)'
    say(`${count} dead letters written to ${file}, ${content}`)
    return EXIT_CODES.done
  })
}

async function exported(stores: Stores, dead: DeadLetter, { showValues }: ExportOptions): Promise<object> {
  const message = showValues ? await findMessage(stores, dead) : null
  if (!message) return readable(dead, showValues)
  const { contentType, properties, text: body } = message
  return { ...readable(dead, showValues), contentType, properties, body }
}
