import { filesOf } from '../one-process.ts'

for (const file of filesOf('test/cli/together.ts')) await import(`../../${file}`)
