import { EXIT_CODES } from '../../../core/errors.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { printJson } from '../../support/output.ts'
import { progress } from '../../support/screen/progress.ts'

export const register: RegisterCommand = (local, { environment, finish }) => {
  local
    .command('feed')
    .description('send a file of events to the configured queue')
    .argument('<file>', 'events as JSON lines')
    .action(async (file) => finish(await feed(file, environment)))
}

async function feed(file: string, environment: NodeJS.ProcessEnv): Promise<number> {
  const [{ readConfig }, { checkFiles }, { feedFile }] = await Promise.all([
    import('../../../compose/config.ts'),
    import('../../../compose/files.ts'),
    import('../../../compose/bus.ts'),
  ])
  const config = readConfig(environment)
  checkFiles({ readable: { 'the file of events': file } })
  const line = progress('messages')
  const sent = await feedFile(config, file, (messages) => line.at(messages))
  line.end()
  printJson({ sent, queue: config.SERVICEBUS_QUEUE })
  return EXIT_CODES.done
}
