import { runGroup } from '../one-process.ts'

await runGroup('e2e')
