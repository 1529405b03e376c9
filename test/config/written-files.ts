import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { readConfig } from '../../src/compose/config.ts'
import { RollcallError } from '../../src/core/errors.ts'

type Variables = Readonly<Record<string, string>>

/** A folder of configuration files, which is removed after the tests, and what is read from them. */
export function writtenFiles() {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-config-'))
  after(() => rmSync(folder, { recursive: true }))
  let files = 0
  const file = (content: string, name = `rollcall-${(files += 1)}.yaml`): string => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  }
  const read = (yaml: string, environment: Variables = {}): ReturnType<typeof readConfig> =>
    readConfig({ ...environment, ROLLCALL_CONFIG: file(yaml) })
  /** What is complained of, a line each, without the folder. */
  const complaints = (yaml: string, environment: Variables = {}): readonly string[] => {
    try {
      read(yaml, environment)
    } catch (error) {
      assert(error instanceof RollcallError)
      assert.equal(error.code, 'ConfigInvalid')
      return error.message.split('\n').map((line) => line.replace(/^.*\.yaml:/, ''))
    }
    return []
  }
  return { folder, file, read, complaints }
}
