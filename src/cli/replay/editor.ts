import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RollcallError } from '../../core/errors.ts'
import type { Evaluator } from '../../core/expression/evaluator.ts'
import type { Json } from '../../core/model.ts'
import type { Editable, Edited, Editor } from '../../core/report/dead-letters/selection/edit.ts'
import { readPatch } from './patch-file.ts'

export interface EditOptions {
  readonly patch?: string
  readonly edit: boolean
}

/** The editor that the options ask for; `null` for none. Throws `ArgumentInvalid`. */
export function editorOf(
  { patch, edit }: EditOptions,
  environment: NodeJS.ProcessEnv,
  evaluator: Evaluator,
): Editor | null {
  if (patch !== undefined) return readPatch(patch, evaluator)
  if (!edit) return null
  const command = environment['VISUAL'] || environment['EDITOR']
  if (!command)
    throw new RollcallError('ArgumentInvalid', '--edit needs an editor in VISUAL or EDITOR; --patch does not')
  return { kind: 'edit', edit: async (deadLetters) => editInTerminal(command, deadLetters) }
}

/** The most bodies that are opened in an editor at once. */
const MOST_IN_EDITOR = 50

/** Opens a text editor on all bodies, one JSON object with the ids as keys. */
function editInTerminal(command: string, deadLetters: readonly Editable[]): ReadonlyMap<string, Edited> {
  if (deadLetters.length > MOST_IN_EDITOR)
    throw new RollcallError(
      'ArgumentInvalid',
      `--edit opens at most ${MOST_IN_EDITOR} dead letters, and ${deadLetters.length} are selected: narrow the selection, or use --patch`,
    )
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-edit-'))
  const file = join(folder, 'dead-letters.json')
  try {
    const before = Object.fromEntries(deadLetters.map(({ id, body }) => [id, parsed(body)]))
    writeFileSync(file, `${JSON.stringify(before, null, 2)}\n`, { mode: 0o600 })
    const { status } = spawnSync(`${command} "${file}"`, { stdio: 'inherit', shell: true })
    if (status !== 0)
      throw new RollcallError(
        'EditAborted',
        `${command} ended with ${status ?? 'a signal'}: nothing was replayed`,
      )
    const after = readEdited(file)
    // A body that was not edited keeps its exact text.
    const edited = deadLetters.filter(
      ({ id }) => after[id] !== undefined && JSON.stringify(after[id]) !== JSON.stringify(before[id]),
    )
    return new Map(edited.map(({ id }) => [id, { kind: 'body', body: JSON.stringify(after[id]) }]))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function parsed(body: string): Json {
  try {
    return JSON.parse(body) as Json
  } catch {
    return body
  }
}

function readEdited(file: string): Readonly<Record<string, Json>> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, Json>>
  } catch (error) {
    throw new RollcallError('EditAborted', 'the edited file is not JSON: nothing was replayed', {
      cause: error,
    })
  }
}
