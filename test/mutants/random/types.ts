import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RandomMutant } from './sample.ts'

const ROOT = join(import.meta.dirname, '../../..')

/**
 * Whether the compiler refuses the mutant. It works on a copy, because others may read the files.
 */
export function isTypeError({ mutant, file }: RandomMutant): boolean {
  const copy = mkdtempSync(join(tmpdir(), 'rollcall-mutant-'))
  try {
    for (const name of ['src', 'test', 'scripts', 'tsconfig.json', 'package.json'])
      cpSync(join(ROOT, name), join(copy, name), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
    const text = readFileSync(join(copy, file), 'utf8')
    writeFileSync(
      join(copy, file),
      text.replace(mutant.find, () => mutant.replace),
    )
    return spawnSync(join(ROOT, 'node_modules/.bin/tsc'), ['--noEmit', '-p', copy]).status !== 0
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}
