import { writeFileSync } from 'node:fs'
import { GENERATED_PAGES } from './pages.ts'

for (const [path, render] of Object.entries(GENERATED_PAGES))
  writeFileSync(new URL(`../../${path}`, import.meta.url), render())
