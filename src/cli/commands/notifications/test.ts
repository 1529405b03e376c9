import { EXIT_CODES } from '../../../core/errors.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { printLines, say } from '../../support/output.ts'

export const register: RegisterCommand = (notifications, { environment, finish }) => {
  notifications
    .command('test')
    .description('send one message to a channel at once, past rules and quiet hours')
    .argument('<channel>', 'its name under notifications.channels')
    .action(async (channel) => finish(await test(environment, channel)))
}

/** Exit 0 when the channel accepted the message, 1 when it did not. */
async function test(environment: NodeJS.ProcessEnv, name: string): Promise<number> {
  const [{ readConfig }, { sendTest }] = await Promise.all([
    import('../../../compose/config.ts'),
    import('../../../compose/alerts/channels.ts'),
  ])
  const sent = await sendTest(readConfig(environment), name)
  if (sent.kind === 'sent') {
    printLines(`${name} accepted a test message`)
    return EXIT_CODES.done
  }
  say(`${name} did not accept a test message (${sent.code}); rollcall check tests whether it can be reached`)
  return EXIT_CODES.failed
}
