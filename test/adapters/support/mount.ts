import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const mount = (...parameters: readonly string[]): boolean =>
  spawnSync('mount', parameters, { stdio: 'ignore' }).status === 0

/** Mounts until it is disposed of. */
export function mounted(at: string, ...parameters: readonly string[]): Disposable {
  if (!mount(...parameters, at)) throw new Error(`mount ${parameters.join(' ')} ${at}`)
  return { [Symbol.dispose]: () => void spawnSync('umount', ['--lazy', at]) }
}

/** Reason to leave out a test that mounts, or `false`. */
export function whyNoMounts(): string | false {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-mount-'))
  const [one, two] = [join(folder, 'one'), join(folder, 'two')]
  try {
    mkdirSync(join(folder, 'disk'))
    for (const file of [one, two]) writeFileSync(file, '')
    const able =
      mount('--bind', one, two) &&
      spawnSync('umount', [two]).status === 0 &&
      mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', join(folder, 'disk')) &&
      spawnSync('umount', [join(folder, 'disk')]).status === 0
    return able ? false : 'this user may not mount'
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
