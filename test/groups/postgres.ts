import { runGroup } from '../one-process.ts'

await runGroup('postgres')
