import type { RegisterCommand } from '../../support/command.ts'
import { port } from '../../support/options/options.ts'

export const register: RegisterCommand = (local, { finish }) => {
  local
    .command('bus')
    .description('run only the Service Bus double, for any client')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'AMQP port', port, 5672)
    .option('--config <file>', 'Config.json of the official emulator (default: the one of the demo)')
    .option('--file <file>', 'store its messages in this file, so that they survive a crash')
    .option('--settings <file>', 'settings and faults as JSON')
    .option('--tls <folder>', 'speak TLS with a certificate made in this folder')
    .option('--tls-port <port>', 'a port for TLS only (clients expect 5671)', port)
    .action(async (options) => {
      const { runBus } = await import('../../doubles/bus.ts')
      finish(await runBus(options))
    })
}
