import type { PageOf } from '../page.ts'
import { timesAt } from '../times.ts'
import { configurationReader } from './read.ts'
import { configurationView } from './view.ts'

export const configurationPage: PageOf = (context) => {
  let read: ReturnType<typeof configurationReader> | null = null
  return async () => {
    read ??= configurationReader(context.config)
    const { ledger } = await context.snapshot()
    const body = configurationView(await read(ledger), timesAt(context.now(), context.zone))
    return { title: 'Configuration', body, current: '/configuration' }
  }
}
