import { readOptionFile } from '../../compose/option-file.ts'
import { RollcallError } from '../../core/errors.ts'
import { compileExpression } from '../../core/expression/compile.ts'
import type { Evaluator } from '../../core/expression/evaluator.ts'
import { MAX_DEPTH } from '../../core/json.ts'
import type { Json } from '../../core/model.ts'
import type { Editor } from '../../core/report/dead-letters/selection/edit.ts'
import { expressionPatching } from '../../core/report/replay/patch/expression-patch.ts'
import { mergePatching, readMergePatch } from '../../core/report/replay/patch/merge-patch.ts'
import { readPatchTable } from '../../core/report/replay/patch/read-table.ts'
import { type PatchRow, tablePatching } from '../../core/report/replay/patch/table-patch.ts'
import { visible } from '../../core/display/visible.ts'
import { say } from '../support/output.ts'

/**
 * Reads what `--patch` says: a file of one JSONata expression (`.jsonata`), a table (`.csv`), or a
 * JSON Merge Patch, in the option itself or in a file named after `@`. Throws `ArgumentInvalid`,
 * `FileUnreadable`, and `FileInvalid` for a table that cannot be used.
 */
export function readPatch(given: string, evaluator: Evaluator): Editor {
  const file = given.replace(/^@/, '')
  if (/\.jsonata$/i.test(file)) return expressionPatching(readExpression(file), evaluator)
  if (/\.csv$/i.test(file)) return tablePatching(readTable(file), sayUnused)
  return mergePatching(mergePatchIn(given))
}

function readExpression(file: string) {
  try {
    return compileExpression(readOptionFile('--patch', file))
  } catch (error) {
    if (!(error instanceof RollcallError) || error.code !== 'ExpressionInvalid') throw error
    throw new RollcallError('ArgumentInvalid', `--patch: ${visible(file)} ${error.message}`, { cause: error })
  }
}

function mergePatchIn(given: string): Json {
  const read = readMergePatch(given.startsWith('@') ? readOptionFile('--patch', given.slice(1)) : given)
  switch (read.kind) {
    case 'patch':
      return read.patch
    case 'not-json':
      throw new RollcallError(
        'ArgumentInvalid',
        '--patch needs a JSON Merge Patch, @ and the name of a file that contains one, or the name of a .jsonata or .csv file',
      )
    case 'too-deep':
      throw new RollcallError('ArgumentInvalid', `--patch is nested deeper than ${MAX_DEPTH} levels`)
  }
}

function readTable(file: string): readonly PatchRow[] {
  return readPatchTable(readOptionFile('--patch', file), (why) => {
    throw new RollcallError('FileInvalid', `${visible(file)}: ${why}`)
  })
}

const MOST_LINES = 20

function sayUnused(lines: readonly number[]): void {
  if (lines.length === 0) return
  const shown = lines.slice(0, MOST_LINES).join(', ')
  say(
    `no selected dead letter is about these lines of the file: ${shown}${lines.length > MOST_LINES ? ', …' : ''}`,
  )
}
