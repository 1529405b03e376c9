import { main } from '../../src/main.ts'
import { printTo } from '../../src/cli/support/output.ts'
import type { Ran } from './rollcall.ts'

/**
 * Runs a command in this process, with this environment and no other, and answers what it printed: as quick as a
 * function call, and the same but for what libraries print. One at a time.
 */
export async function command(
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ran & { readonly code: number }> {
  let stdout = ''
  let stderr = ''
  using _printed = printTo({
    out: (text) => {
      stdout += text
      return true
    },
    err: (text) => {
      stderr += text
      return true
    },
  })
  const before = process.env
  process.env = { ...environment }
  try {
    const code = await main(argv)
    return { code, stdout, stderr }
  } finally {
    process.env = before
  }
}
