import { filesOf } from '../one-process.ts'

for (const file of filesOf('test/local/together.ts')) await import(`../../${file}`)
