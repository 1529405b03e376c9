import { EXIT_CODES } from '../../../core/errors.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { printJson } from '../../support/output.ts'
import { progress } from '../../support/screen/progress.ts'

export const register: RegisterCommand = (local, { environment, finish }) => {
  local
    .command('feed')
    .description('send a file of events to a queue')
    .argument('<file>', 'events as JSON lines')
    .option('--queue <name>', 'the queue or topic (default: SERVICEBUS_QUEUE)')
    .option('--session <id>', 'the session of every message, for a queue that requires sessions')
    .action(async (file, options) => finish(await feed(file, options, environment)))
}

interface FeedOptions {
  readonly queue?: string | undefined
  readonly session?: string | undefined
}

async function feed(file: string, options: FeedOptions, environment: NodeJS.ProcessEnv): Promise<number> {
  const [{ readConfig }, { checkFiles }, { feedFile }] = await Promise.all([
    import('../../../compose/config.ts'),
    import('../../../compose/files.ts'),
    import('../../../compose/bus.ts'),
  ])
  const config = readConfig(environment)
  checkFiles({ readable: { 'the file of events': file } })
  const line = progress('messages')
  const queue = options.queue ?? config.SERVICEBUS_QUEUE
  const target = { queue, session: options.session ?? null }
  const sent = await feedFile(config, file, (messages) => line.at(messages), target)
  line.end()
  printJson({ sent, queue })
  return EXIT_CODES.done
}
