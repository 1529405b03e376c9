import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RandomMutant } from './sample.ts'

const ROOT = join(import.meta.dirname, '../../..')

/**
 * Those of the mutants that the compiler refuses. It sees as many at once as are in different files,
 * and takes an error for the fault of the mutant of that file. Where an error is in another file, it
 * sees each of them alone.
 */
export function typeErrorsAmong(mutants: readonly RandomMutant[]): ReadonlySet<RandomMutant> {
  const refused = new Set<RandomMutant>()
  for (let left = mutants; left.length > 0;) {
    const byFile = new Map(left.map((one) => [one.file, one]))
    const errors = filesWithErrors([...byFile.values()])
    const isAlone = errors.some((file) => !byFile.has(file))
    for (const one of byFile.values())
      if (isAlone ? filesWithErrors([one]).length > 0 : errors.includes(one.file)) refused.add(one)
    left = left.filter((one) => byFile.get(one.file) !== one)
  }
  return refused
}

/** From the root of the repository. The compiler works on a copy, because others may read the files. */
export function filesWithErrors(mutants: readonly RandomMutant[]): readonly string[] {
  const copy = mkdtempSync(join(tmpdir(), 'rollcall-mutant-'))
  try {
    for (const name of ['src', 'test', 'scripts', 'tsconfig.json', 'package.json'])
      cpSync(join(ROOT, name), join(copy, name), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
    for (const { mutant, file } of mutants) {
      const text = readFileSync(join(copy, file), 'utf8')
      writeFileSync(
        join(copy, file),
        text.replace(mutant.find, () => mutant.replace),
      )
    }
    const { stdout } = spawnSync(
      join(ROOT, 'node_modules/.bin/tsc'),
      ['--noEmit', '--pretty', 'false', '-p', '.'],
      {
        cwd: copy,
        encoding: 'utf8',
      },
    )
    return [...new Set([...stdout.matchAll(/^(\S+?)\(\d+,\d+\): error/gm)].map(([, file = '']) => file))]
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}
