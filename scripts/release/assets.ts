import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sectionOf } from './changelog.ts'

/** Runs a program in a folder, and returns what it printed. Throws when it fails. */
export type Run = (program: string, args: readonly string[], folder: string) => string

export interface Assets {
  readonly root: string
  /** The tag of the release, such as `v1.2.3`. */
  readonly tag: string
  /** The folder to make. */
  readonly to: string
  readonly run: Run
}

type Manifest = Readonly<Record<string, unknown>>

const SUMS = 'SHA256SUMS'

/**
 * Makes what a release publishes: the npm package, a bill of materials, the licences, the notes,
 * and the checksums of them. Throws an `Error` when the tag is not that of package.json, or the
 * changelog has no section for it.
 */
export function makeAssets({ root, tag, to, run }: Assets): readonly string[] {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest
  const version = String(manifest['version'])
  if (tag !== `v${version}`) throw new Error(`the tag is ${tag}, and package.json has ${version}`)
  const notes = sectionOf(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'), version)
  if (notes === null)
    throw new Error(`CHANGELOG.md has no section ${version}; run node scripts/release.ts prepare ${version}`)
  rmSync(to, { recursive: true, force: true })
  mkdirSync(to, { recursive: true })
  run('npm', ['pack', '--pack-destination', to], root)
  writeFileSync(join(to, 'rollcall.cdx.json'), billOfMaterials(root, manifest, join(to, '.sbom'), run))
  copyFileSync(join(root, 'docs/reference/licences.md'), join(to, 'LICENCES.md'))
  writeFileSync(join(to, 'NOTES.md'), `${notes}\n`)
  const files = readdirSync(to).toSorted()
  writeFileSync(join(to, SUMS), files.map((file) => `${sumOf(join(to, file))}  ${file}\n`).join(''))
  return [...files, SUMS]
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>
}

/**
 * CycloneDX of the production dependencies. With `--omit=dev`, npm leaves out what both the
 * connector and its tests use, so development dependencies are taken out of the files that it reads
 * instead.
 */
function billOfMaterials(root: string, manifest: Manifest, folder: string, run: Run): string {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock
  const production = withoutDevelopment(manifest)
  const packages = Object.entries(lock.packages).filter(([path, { dev = false }]) => path !== '' && !dev)
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), JSON.stringify(production))
  const pruned = { ...lock, packages: { '': production, ...Object.fromEntries(packages) } }
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(pruned))
  const bill = run('npm', ['sbom', '--package-lock-only', '--sbom-format=cyclonedx'], folder)
  rmSync(folder, { recursive: true })
  return bill
}

function withoutDevelopment(manifest: Manifest): Manifest {
  return Object.fromEntries(Object.entries(manifest).filter(([name]) => name !== 'devDependencies'))
}

/** SHA-256 as `sha256sum --check` reads it. */
function sumOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}
