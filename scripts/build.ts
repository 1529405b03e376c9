/**
 * Compiles src/ into dist/: JavaScript with source maps, and declarations where others import from.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const DIST = join(ROOT, 'dist')
/** What is used as it is. */
const COPIED = [
  'rollcall.mjs',
  'assert-node.mjs',
  'private-cache.mjs',
  'cli/doubles/sample-events.jsonl',
  ...globSync('http/console/assets/*', { cwd: join(ROOT, 'src') }),
]
/** A worker or a child process is named by its file, which the compiler does not rewrite. */
const OWN_FILE = /(new URL\('[^']+)\.ts(', import\.meta\.url\))/g
const RELATIVE = /(?:from|import\()\s*["'](\.[^"']+)["']/g

rmSync(DIST, { recursive: true, force: true })
const compiled = spawnSync(
  process.execPath,
  [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', join(ROOT, 'tsconfig.build.json')],
  { stdio: 'inherit' },
)
if (compiled.status !== 0) process.exit(1)
for (const file of globSync('**/*.js', { cwd: DIST }).map((name) => join(DIST, name))) {
  const text = readFileSync(file, 'utf8')
  const written = text.replace(OWN_FILE, '$1.js$2')
  if (written !== text) writeFileSync(file, written)
}
for (const name of COPIED) {
  mkdirSync(dirname(join(DIST, name)), { recursive: true })
  copyFileSync(join(ROOT, 'src', name), join(DIST, name))
}
chmodSync(join(DIST, 'rollcall.mjs'), 0o755)
const needed = declarationsOf(globSync('package/*.d.ts', { cwd: DIST }).map((name) => join(DIST, name)))
for (const file of globSync('**/*.d.ts', { cwd: DIST }).map((name) => join(DIST, name)))
  if (!needed.has(file)) rmSync(file)

/** These declarations and all that they import. */
function declarationsOf(entries: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>()
  const visit = (file: string): void => {
    if (found.has(file)) return
    found.add(file)
    for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(RELATIVE))
      visit(join(dirname(file), path).replace(/\.[jt]s$/, '.d.ts'))
  }
  for (const file of entries) visit(file)
  return found
}
