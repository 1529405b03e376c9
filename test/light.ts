import { filesOf } from './one-process.ts'

for (const file of filesOf('test/light.ts')) await import(`../${file}`)
