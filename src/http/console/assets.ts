import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { RoutePath } from '../access/routes.ts'

export interface Asset {
  readonly type: string
  readonly body: string
  readonly etag: string
}

const FILES: readonly (readonly [path: RoutePath, file: string, type: string])[] = [
  ['/assets/console.css', 'console.css', 'text/css; charset=utf-8'],
  ['/assets/live.js', 'live.js', 'text/javascript; charset=utf-8'],
  ['/assets/icon.svg', 'icon.svg', 'image/svg+xml'],
]

/** The files that pages refer to, as they are in the package. */
export function readAssets(): ReadonlyMap<RoutePath, Asset> {
  return new Map(
    FILES.map(([path, file, type]) => {
      const body = readFileSync(new URL(`assets/${file}`, import.meta.url), 'utf8')
      return [path, { type, body, etag: etagOf(body) }]
    }),
  )
}

export const etagOf = (body: string): string => `"${createHash('sha256').update(body).digest('base64url')}"`
