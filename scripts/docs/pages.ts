import { renderConfiguration } from './configuration.ts'
import { renderReasons } from './reasons.ts'

/** The pages that are generated: path in the repository → text. `npm run docs` writes them. */
export const GENERATED_PAGES: Readonly<Record<string, () => string>> = {
  'docs/reference/configuration.md': renderConfiguration,
  'docs/reference/reasons.md': renderReasons,
}
