import type { RegisterCommand } from '../../support/command.ts'
import { port } from '../../support/options.ts'

export const register: RegisterCommand = (local, { finish }) => {
  local
    .command('bus')
    .description('the Service Bus double alone, for any client')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'AMQP port', port, 5672)
    .option('--config <file>', 'Config.json of the official emulator (default: the one of the demo)')
    .option('--file <file>', 'keep what it holds in this file, so that killing it loses nothing')
    .option('--settings <file>', 'settings and faults as JSON')
    .option('--tls <folder>', 'speak TLS with a certificate made in this folder')
    .option('--tls-port <port>', 'a port for TLS alone (clients look for it at 5671)', port)
    .action(async (options) => {
      const { runBus } = await import('../../doubles/bus.ts')
      finish(await runBus(options))
    })
}
