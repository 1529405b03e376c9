import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { GENERATED_PAGES } from './pages.ts'

for (const [path, render] of Object.entries(GENERATED_PAGES)) {
  const file = new URL(`../../${path}`, import.meta.url)
  writeFileSync(file, render(existsSync(file) ? readFileSync(file, 'utf8') : ''))
}
